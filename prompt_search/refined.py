"""What a refinement found, as a value, as JSON, as words and as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.evaluation.gain import Gain
from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Spec
from prompt_search.studies import save_studies

if TYPE_CHECKING:
    import optuna

STUDY_FILE = "study.journal"
_NO_GAIN: dict[str, Any] = dict.fromkeys(
    ("value", "ci_low", "ci_high", "p_value", "confirmed", "optimism")
)


@dataclass(frozen=True)
class Refined:
    """The outcome of ``trials`` edits of each winning pair.

    ``prompt`` is the best edit, ``select`` its metric there and ``over_select`` how much better
    than the winner it is there, positive is better; it is ``used`` if it is. ``gain`` over the
    winner is measured on confirm, if used. ``forwards`` are those of all this. ``table`` has one
    row per trial, ``decisions`` and ``studies`` tell how it came about.
    """

    spec: Spec[Any]
    prompt: AnyPrompt
    trials: int
    forwards: int
    select: float
    over_select: float
    gain: Gain | None = None
    table: Sequence[Mapping[str, object]] = field(default=(), repr=False)
    decisions: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    studies: Sequence[optuna.Study] = field(default=(), repr=False)

    @property
    def used(self) -> bool:
        """Whether the best edit takes the place of the winner."""
        return self.over_select > 0

    def to_json(self) -> dict[str, Any]:
        """Plain data; ``gain_over_winner`` on ``select``, and on confirm if it was measured."""
        gain: Mapping[str, object] = self.gain.to_json() if self.gain else _NO_GAIN
        return {
            "trials": self.trials,
            "forwards": self.forwards,
            "select": self.select,
            "gain_over_winner": {"select": self.over_select, **gain},
            "used": self.used,
        }

    @property
    def metrics(self) -> dict[str, float | None]:
        """The numbers, named as series of a run."""
        gain = self.gain.to_json() if self.gain else {}
        measured = {f"refined/gain_{k}": gain.get(k) for k in ("value", "ci_low", "ci_high")}
        return {"refined/select": self.select, "refined/over_select": self.over_select, **measured}

    @property
    def sentence(self) -> str:
        """What came of it, in one line."""
        spec, tried = self.spec, f"{self.trials} edits tried ({self.forwards} forwards)"
        if not self.used:
            return f"{tried}: none is better on select, the winner stays as it is"
        better = f"the best is {self.over_select:.3g} {spec.unit}".rstrip()
        said = f"; over the winner on confirm: {self.gain.sentence}" if self.gain else ""
        return f"{tried}: {better} better on select and used{said}"

    def write(self, folder: Path) -> None:
        """Write the studies into ``folder``."""
        save_studies(self.studies, folder / STUDY_FILE)
