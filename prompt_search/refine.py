"""Refinement: edits of the winning pair, proposed by Optuna and judged like any other candidate.

Trials come in generations. Those of one are raced by halving on the common images, beside the
winner, whose scores are known; Optuna is told after every rung what it has shown, and never of a
single image. The best edit is used if it beats the winner on all select images by the exact
metric; what that is worth is told on confirm, which chooses nothing.

A study follows from the seed and the scores alone, so that one that was interrupted, or is to be
longer, repeats its beginning from the store. Parts of a task are refined one after the other by
the metric of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from painter_kit.evaluation.coupled import CoupledJudge
from painter_kit.evaluation.evaluate import orientation, primary, scores
from painter_kit.evaluation.gain import compare
from painter_kit.evaluation.judge import Judge
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Examples, Record, Reporter, silent
from prompt_search.alternate import RacedPart
from prompt_search.budget import Budget
from prompt_search.config import SearchConfig
from prompt_search.edits import Edits, edited_prompt
from prompt_search.race import Race, number
from prompt_search.refined import Refined
from prompt_search.setting import Setting, Yardstick
from prompt_search.studies import open_study, propose, tell
from prompt_search.table import Floats, Stopped

if TYPE_CHECKING:
    import optuna

    from prompt_search.races import Raced


@dataclass(frozen=True)
class Edited:
    """The winner and edits of it, to be raced; all belong to the winner's group."""

    ids: Sequence[str]
    prompts: Sequence[Prompt]
    group: str

    @property
    def groups(self) -> Sequence[str]:
        """The group of each."""
        return [self.group] * len(self.ids)

    def prompt(self, index: int) -> Prompt:
        """One of them."""
        return self.prompts[index]


@dataclass
class Refiner:
    """Refines the winner of one part on ``select``; scores are first-order at ``reference``.

    ``judge`` measures by the metric that decides and has judged the winner on all of ``select``.
    ``best`` and its ``value``, oriented so that more is better, are the best prompt so far,
    ``table`` has a row per edit, ``stopped`` says why no more were tried. Cells count in
    ``budget``.
    """

    raced: RacedPart
    judge: Judge
    select: Examples
    reference: Record
    config: SearchConfig
    budget: Budget
    best: Prompt = field(init=False)
    value: float = field(init=False)
    decisions: list[Mapping[str, Any]] = field(default_factory=list)
    table: list[dict[str, object]] = field(default_factory=list)
    stopped: str = ""

    def __post_init__(self) -> None:
        self.best, self.value = self.raced.prompt, self._metric(self.raced.prompt)

    def run(self, reporter: Reporter = silent) -> optuna.Study:
        """Try all edits, generation by generation; the study that proposed them."""
        part, rungs = self.raced.part.name, self.config.refining.rungs(len(self.select))
        study = open_study(part, self._winner_row(), rungs)
        name = "/".join(filter(None, ("refine", part, "best")))
        for turn, count in enumerate(self.config.generations):
            asked = propose(study, self.config.sampler, self.config.seed, turn, count)
            rows = self._judge([edits for _, edits in asked], turn)
            for (trial, _), row, entry in zip(asked, rows, self.table[-count:], strict=True):
                entry["state"] = tell(study, trial, row, rungs)
            best = number(orientation(self.judge.spec) * self.value)
            reporter.metrics({} if best is None else {name: best}, step=len(self.table))
            if self.stopped:
                break
        return study

    def _judge(self, edits: Sequence[Edits], turn: int) -> list[Floats]:
        """Scores of a generation's edits on the first images, as far as they came."""
        pairs, start = self.raced.part.candidates, len(self.table)
        example, winner = pairs.example(self.raced.winner), self.raced.prompt
        made = [edited_prompt(pairs.task, pairs.spec, example, winner, e) for e in edits]
        names = [f"{self.raced.id} edit {start + place}" for place in range(len(edits))]
        able = [place for place, (_, flaw) in enumerate(made) if not flaw]
        edited = Edited(
            [self.raced.id, *(names[place] for place in able)],
            [winner, *(made[place][0] for place in able)],
            pairs.groups[self.raced.winner],
        )
        found = self._race(edited, turn, dict(zip(names, map(asdict, edits), strict=True)))
        index = {place: number for number, place in enumerate(able, start=1)}
        rows = [found.get(index.get(place, -1), np.empty(0)) for place in range(len(edits))]
        for name, edit, (prompt, flaw), row in zip(names, edits, made, rows, strict=True):
            self._note(name, edit, prompt, row, flaw)
        return rows

    def _race(self, edited: Edited, turn: int, edits: Mapping[str, Any]) -> dict[int, Floats]:
        """Scores of the winner, which are known, and of the edits, by their numbers."""
        labels = {"stage": "refine", "generation": turn}
        of = self.judge, edited, self.select, self.reference
        race = Race(*of, part=self.raced.part.name, budget=self.budget, **labels)
        race.decide("start", winner=self.raced.id, edits=dict(edits))
        race.know(edited.ids[:1], [self.judge.recall(self.raced.prompt, self.select)])
        shape = len(edited.ids), len(self.select)
        may = self.budget.may
        outcome = self.config.refining.run(race.ask, race.log, *shape, race.known, may)
        if outcome.stopped:
            self.stopped = self.budget.reason or outcome.stopped
            race.decide("stopped", reason=self.stopped, cut=self.budget.promised)
        self.decisions += race.decisions
        return race.rows()

    def _note(self, name: str, edits: Edits, prompt: Prompt, row: Floats, flaw: str) -> None:
        """A row of the table; a prompt that is better than all before is the best."""
        value = self._metric(prompt) if len(row) == len(self.select) else np.nan
        if value > self.value:
            self.best, self.value = prompt, value
        part = {"part": self.raced.part.name} if self.raced.part.name else {}
        told = {
            "images": len(row),
            "mean_score": number(row.mean()) if len(row) else None,
            self.judge.spec.metric: number(orientation(self.judge.spec) * value),
            "flaw": flaw,
        }
        self.table.append({**part, "id": name, **asdict(edits), **told})

    def _winner_row(self) -> Floats:
        records = self.judge.recall(self.raced.prompt, self.select)
        return scores(self.judge.task, records, self.reference)

    def _metric(self, prompt: Prompt) -> float:
        records = self.judge.recall(prompt, self.select)
        return orientation(self.judge.spec) * primary(self.judge.task, self.judge.spec, records)


def refine(
    setting: Setting,
    panel: Yardstick,
    raced: Raced,
    budget: Budget,
    reporter: Reporter = silent,
) -> Refined | None:
    """Try edits of the winning pair of every part; None where there is none to edit.

    It was set aside in ``budget``, which may end it.

    The best of all parts together and the winner are compared on select by the outputs as they
    are used (not by their 8 bits).
    """
    judge, select, config = setting.judge, setting.splits.select, setting.config
    if not config.refine or not raced.parts:
        return None
    budget.prepaid()
    before, refiners, studies = judge.requested, [], []
    decisions: list[Mapping[str, Any]] = []
    prompts = dict(raced.prompts)
    for part in raced.parts:
        if part.part.candidates.is_given(part.winner):
            continue  # no truth is known that could be painted anew
        try:
            own = _judge_of(setting, part, prompts, budget)
        except Stopped as reason:
            decisions.append(_stopped(part, str(reason), budget))
            break
        refiner = Refiner(part, own, select, panel.reference, config, budget)
        studies.append(refiner.run(reporter))
        refiners.append(refiner)
        decisions += refiner.decisions
        prompts[part.part.name] = _noted(refiner)
        if refiner.stopped:
            break
    if not refiners and not decisions:
        return None
    joined = [one.join(setting) for one in (raced, replace(raced, prompts=prompts))]
    # Without parts, all this is known.
    known = judge.records if judge.task.parts else judge.recall
    with budget.closing():
        values = [primary(judge.task, judge.spec, known(prompt, select)) for prompt in joined]
    over = orientation(judge.spec) * (values[1] - values[0])
    return Refined(
        spec=judge.spec,
        prompt=joined[1],
        trials=sum(len(refiner.table) for refiner in refiners),
        forwards=judge.requested - before,
        select=values[1],
        over_select=float(np.nan_to_num(over)),
        table=[row for refiner in refiners for row in refiner.table],
        decisions=decisions,
        studies=studies,
    )


def over_winner(
    setting: Setting, panel: Yardstick, refined: Refined | None, raced: Raced
) -> Refined | None:
    """The same with its gain over the winner on confirm, where it is used and judged already."""
    if not refined or not refined.used:
        return refined
    judge, confirm = setting.judge, setting.splits.confirm
    before = judge.requested
    theirs = judge.records(raced.join(setting), confirm)
    comparison = compare(
        judge.task,
        judge.spec,
        judge.recall(refined.prompt, confirm),
        [theirs],
        confirm.groups,
        panel.reference,
        seed=setting.config.seed,
        on_select=refined.over_select,
        resamples=setting.config.resamples,
    )
    forwards = refined.forwards + judge.requested - before
    return replace(refined, gain=comparison.gain, forwards=forwards)


def _stopped(part: RacedPart, reason: str, budget: Budget) -> dict[str, Any]:
    """The entry of a stop before the first edits of a part."""
    entry = {"event": "stopped", "part": part.part.name, "stage": "refine", "reason": reason}
    return entry | {"cut": budget.promised}


def _judge_of(
    setting: Setting, part: RacedPart, prompts: Mapping[str, Prompt], budget: Budget
) -> Judge:
    """A judge of the part by the metric of the whole, that has judged the winner on select."""
    name = part.part.name
    if not setting.judge.task.parts:
        return setting.judge
    fixed = {other: prompt for other, prompt in prompts.items() if other != name}
    judge = CoupledJudge(setting.judge, name, fixed)
    with budget.step(len(prompts) * len(setting.splits.select)):
        judge.records(part.prompt, setting.splits.select)
    return judge


def _noted(refiner: Refiner) -> Prompt:
    """The best prompt with the metric that chose it."""
    value = number(orientation(refiner.judge.spec) * refiner.value)
    measured = {**refiner.best.scores, "select": {"value": value}}
    return refiner.best.with_scores(measured, refiner.best.confirm_touches)
