"""The winner's curse in a picture: every candidate on select and on confirm, and who is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from painter_kit.data.base import open_dataset
from painter_kit.data.specs import with_canvas
from painter_kit.evaluation.evaluate import orientation, primary
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.shared import AnyStore
from painter_kit.evaluation.splits import Sizes, make_splits
from painter_kit.inference.predictor import Predictor
from painter_kit.report.figures import BLUE, GREY, ORANGE, draw_row
from painter_kit.tasks.base import get_task
from painter_kit.types import Spec
from prompt_search.setting import prepare

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Candidates:
    """The primary metric of every candidate on the select and on the confirm images."""

    data: str
    spec: Spec
    on_select: Sequence[float]
    on_confirm: Sequence[float]

    @property
    def best(self) -> int:
        """The place of the candidate that select would choose."""
        return int(np.argmax(orientation(self.spec) * np.array(self.on_select)))

    def lead(self, values: Sequence[float]) -> float:
        """By how much the chosen candidate is better than the mean of all; less than 0: worse."""
        return orientation(self.spec) * float(values[self.best] - np.mean(values))

    @property
    def sentence(self) -> str:
        """What choosing promised and what it kept."""
        select, confirm = self.lead(self.on_select), self.lead(self.on_confirm)
        likeness = float(np.corrcoef(self.on_select, self.on_confirm)[0, 1])
        return (
            f"{self.data}: the best of {len(self.on_select)} leads their mean by {select:+.3f} "
            f"{self.spec.unit} on select and by {confirm:+.3f} {self.spec.unit} on confirm; "
            f"correlation {likeness:.2f}"
        )


def measure(
    predictor: Predictor, store: AnyStore, task: str, data: str, sizes: Sizes, seed: int
) -> Candidates:
    """Every usable pair of the pool on all select and all confirm images."""
    dataset = open_dataset(data)
    spec = with_canvas(dataset.spec(task), predictor.canvas)
    splits = make_splits(dataset, task, sizes, seed).loaded()
    judge = Judge.of(predictor, get_task(task), spec, store)
    (part,) = prepare(judge, splits).parts
    prompts = part.candidates.prompts(range(len(part.candidates)))
    on_select, on_confirm = (
        [primary(judge.task, spec, row) for row in judge.table(prompts, examples)]
        for examples in (splits.select, splits.confirm)
    )
    return Candidates(data, spec, on_select, on_confirm)


def draw(measured: Sequence[Candidates]) -> bytes:
    """SVG: a panel per dataset, a dot per candidate, the chosen one in another colour."""
    return draw_row([_panel(one) for one in measured], height=3.2, ground="white")


def _panel(one: Candidates) -> Callable[[Axes], None]:
    def paint(axes: Axes) -> None:
        values = [*one.on_select, *one.on_confirm]
        ends = [min(values), max(values)]
        axes.plot(ends, ends, color=GREY, lw=1, ls="--", label="as on select")
        axes.plot(one.on_select, one.on_confirm, "o", color=BLUE, ms=4, alpha=0.7, lw=0)
        chosen = [one.on_select[one.best]], [one.on_confirm[one.best]]
        axes.plot(*chosen, "o", color=ORANGE, ms=8, label="chosen")
        axes.set_title(one.data, fontsize=10)
        unit = f" ({one.spec.unit})" if one.spec.unit else ""
        axes.set_xlabel(f"{one.spec.metric} on select{unit}")
        axes.set_ylabel("on confirm")
        axes.legend(frameon=False, fontsize=8)

    return paint
