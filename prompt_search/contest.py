"""What alternatives to the searched prompt work with and are compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from painter_kit.evaluation.evaluate import orientation, primary
from painter_kit.evaluation.gain import Comparison, Gain, compare
from painter_kit.evaluation.judge import Judge
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task
from painter_kit.types import Examples, Record, Spec
from prompt_search.alternatives import Alternative
from prompt_search.candidates import Candidates
from prompt_search.config import SearchConfig
from prompt_search.result import Trace
from prompt_search.setting import Setting, Yardstick


@dataclass(frozen=True)
class Contest:
    """A search that has been decided, for a task without parts.

    ``winner`` is known on select and on confirm; ``finalists`` are known on select, the winner
    first and the others by falling metric, ``ensemble_finalists`` at most. ``alike`` are these in
    the winner's colours, those that had others painted anew from their truth, where it is known.
    """

    setting: Setting
    panel: Yardstick
    winner: Prompt
    finalists: Sequence[Prompt]
    alike: Sequence[Prompt]

    @property
    def judge(self) -> Judge:
        """Measures prompts."""
        return self.setting.judge

    @property
    def task(self) -> Task:
        """The task that was searched."""
        return self.judge.task

    @property
    def spec(self) -> Spec[Any]:
        """The constants of the task on the data."""
        return self.judge.spec

    @property
    def config(self) -> SearchConfig:
        """Settings of the search."""
        return self.setting.config

    @property
    def candidates(self) -> Candidates:
        """The usable pairs of the pool."""
        return self.setting.parts[0].candidates

    @property
    def select(self) -> Examples:
        """The images that chose the winner."""
        return self.setting.parts[0].select

    @property
    def confirm(self) -> Examples:
        """The images that chose nothing."""
        return self.setting.splits.confirm

    def against_winner(
        self, ours: Sequence[Record], task: Task | None = None, spec: Spec[Any] | None = None
    ) -> Comparison:
        """Records on confirm compared with the winner's there, image by image; by the task's
        primary metric unless another task and spec are given."""
        return compare(
            task or self.task,
            spec or self.spec,
            ours,
            [self.judge.recall(self.winner, self.confirm)],
            self.confirm.groups,
            self.panel.reference,
            seed=self.config.seed,
            resamples=self.config.resamples,
        )

    def nothing(self, name: str, forwards: int, note: str, **details: Any) -> Alternative:
        """An alternative that comes to the winner itself, because of what ``note`` says."""
        value = primary(self.task, self.spec, self.judge.recall(self.winner, self.confirm))
        same = Gain(0.0, 0.0, 0.0, 1.0, False, metric=self.spec.metric, unit=self.spec.unit)
        return Alternative(name, "", value, same, 1, forwards, note, details=details)


def make_contest(setting: Setting, panel: Yardstick, winner: Prompt, trace: Trace) -> Contest:
    """The contest after a search that decided as ``trace`` says."""
    candidates, sign = setting.parts[0].candidates, orientation(setting.judge.spec)
    decided = next(d for d in reversed(trace.decisions) if d["event"] == "winner")
    metric: Mapping[str, float | None] = decided["metric"]

    def loss(name: str) -> float:
        value = metric[name]
        return math.inf if value is None else -sign * value

    places = {name: place for place, name in enumerate(candidates.ids)}
    known = [name for name in metric if name in places]  # the winner may come from elsewhere
    best = sorted(known, key=loss)[: setting.config.ensemble_finalists]
    distinct = {winner.digest: winner}
    alike = dict(distinct)
    for name in best:
        prompt = candidates.prompt(places[name])
        distinct.setdefault(prompt.digest, prompt)
        same = prompt if prompt.coding == winner.coding else None
        if shown := same or candidates.recoded(places[name], winner.coding):
            alike.setdefault(shown.digest, shown)
    most = setting.config.ensemble_finalists
    finalists, similar = (list(found.values())[:most] for found in (distinct, alike))
    return Contest(setting, panel, winner, finalists, similar)
