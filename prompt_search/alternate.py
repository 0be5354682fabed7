"""Parts raced by the metric of the whole: one after the other, the prompts of the others fixed.

What is best for a part by its own metric need not be best for the whole. So the most promising
candidates of every part meet again, with the winners of the other parts; then these may change,
and so on until the pair stays or the rounds are used up. Scores come from 8-bit outputs
(``evaluation/coupled.py``), whose fixed half is kept, so that only the raced part is forwarded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from painter_kit.evaluation.coupled import CoupledJudge
from painter_kit.evaluation.evaluate import orientation, primary
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Record
from prompt_search.budget import Budget
from prompt_search.race import number
from prompt_search.result import Trace
from prompt_search.setting import Part, Setting, Yardstick
from prompt_search.table import Floats, Stopped, best_first

if TYPE_CHECKING:
    from prompt_search.races import Raced


@dataclass(frozen=True)
class RacedPart:
    """A part whose candidates were raced: the winner, the same as a searched prompt, and all that
    were judged, the most promising first."""

    part: Part
    winner: int
    prompt: Prompt
    standing: Sequence[int]
    trace: Trace

    @property
    def id(self) -> str:
        """The winner's name."""
        return self.part.candidates.ids[self.winner]


class RacePart(Protocol):
    """Races a part's candidates; the yardstick's are known and its reference is that of scores."""

    def __call__(
        self, setting: Setting, part: Part, known: Yardstick, /, *, round: int
    ) -> RacedPart:
        """The raced part; the ``round`` stands in all its decisions."""
        ...


def standing(rows: Mapping[int, Floats], winner: int, keep: int) -> list[int]:
    """Judged candidates, most promising first; ``rows`` are their scores on the first images.

    First the winner, then the best ``keep`` of those judged on most images, then the others by
    the images that all were judged on, which alone compare them fairly.
    """
    judged = sorted(rows)
    most, least = (limit(len(row) for row in rows.values()) for limit in (max, min))
    full = [c for c in judged if len(rows[c]) == most]
    finalists = best_first(full, np.array([rows[c].mean() for c in full]))[:keep]
    others = best_first(judged, np.array([rows[c][:least].mean() for c in judged]))
    return list(dict.fromkeys([winner, *finalists, *others]))


def race_together(
    setting: Setting, panel: Yardstick, raced: Raced, race_part: RacePart, budget: Budget
) -> Raced:
    """Race the parts in turn by the metric of the task; as it is, a task without parts.

    ``race_part`` counts in ``budget``. Of the winners before and after the better are taken, by the
    exact metric on select of the outputs as they are used (not of their 8 bits), the later ones of
    equals.
    """
    if len(raced.parts) < 2 or not setting.config.rounds:
        return raced
    try:
        parts, traces = alternate(setting, panel.reference, raced.parts, race_part, budget)
    except Stopped as reason:  # outside of a race
        entry = {"event": "stopped", "stage": "together", "reason": str(reason)}
        entry |= {"cut": budget.promised}
        return replace(raced, trace=raced.trace.noting(entry))
    names = {part.part.name: part.id for part in parts}
    before = replace(raced, trace=Trace.of_parts([raced.trace, *traces]))
    if names == raced.names:
        return before
    prompts = {part.part.name: part.prompt for part in parts}
    after = replace(before, parts=parts, names=names, prompts=prompts)
    judge, select = setting.judge, setting.splits.select
    joined = [one.join(setting) for one in (before, after)]
    with budget.closing():
        values = [primary(judge.task, judge.spec, row) for row in judge.table(joined, select)]
    sign = orientation(judge.spec)
    best = before if sign * values[0] > sign * values[1] else after
    ids = [str(prompt.provenance["candidate"]) for prompt in joined]
    entry = {
        "event": "together",
        "metric": {name: number(value) for name, value in zip(ids, values, strict=True)},
        "id": ids[best is after],
    }
    return replace(best, trace=best.trace.noting(entry))


def alternate(
    setting: Setting,
    reference: Record,
    started: Sequence[RacedPart],
    race_part: RacePart,
    budget: Budget,
) -> tuple[list[RacedPart], list[Trace]]:
    """The parts as the last races left them, and the traces of these races.

    ``started`` are the parts raced by their own metrics; scores are first-order at ``reference``
    (of the whole). In every round each part is raced once, the last part first; a race that would
    repeat itself, or is stopped, ends all. Raises ``Stopped`` before the first race.
    """
    config, select = setting.config, setting.splits.select
    setting = replace(setting, config=config.jointly)
    now = {raced.part.name: raced for raced in started}
    traces: list[Trace] = []
    met: dict[str, list[str]] = {}  # part -> the fixed prompts that it was raced with
    row: list[Record] = []
    for turn in range(1, config.rounds + 1):
        for start in reversed(started):
            name, pool = start.part.name, start.part.candidates
            fixed = {other: raced.prompt for other, raced in now.items() if other != name}
            if met.get(name) == (against := [prompt.digest for prompt in fixed.values()]):
                return list(now.values()), traces
            met[name] = against
            judge, best = CoupledJudge(setting.judge, name, fixed), now[name]
            if not row:
                with budget.step(len(started) * len(select)):
                    row = judge.records(best.prompt, select)
            entrants = pool.only(start.standing[: config.entrants(len(pool))])
            known = Yardstick([best.id], [best.prompt], [row], reference)
            part = Part(name, judge, entrants, select)
            others = {other: raced.id for other, raced in now.items() if other != name}
            now[name] = race_part(setting, part, known, round=turn)
            traces.append(_beside(others, now[name].trace))
            if now[name].trace.stopped:
                return list(now.values()), traces
            row = judge.recall(now[name].prompt, select)
    return list(now.values()), traces


def _beside(others: Mapping[str, str], trace: Trace) -> Trace:
    """The trace of a race, its start naming the candidates that stay in the ``others``."""
    start, *rest = trace.decisions
    return replace(trace, decisions=[{**start, "fixed": dict(others)}, *rest])
