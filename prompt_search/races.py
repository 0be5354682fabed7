"""Races of candidates: of every part by itself, or nothing to race; what they leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from painter_kit.evaluation.evaluate import orientation, primary, scores
from painter_kit.evaluation.released import RELEASED
from painter_kit.inference.parted import AnyPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Reporter, Spec, silent
from prompt_search.alternate import RacedPart, race_together, standing
from prompt_search.budget import Budget
from prompt_search.halving import Halving
from prompt_search.outcome import Strategy
from prompt_search.outlook import foresee, noted, nothing_to_choose, settled, tell
from prompt_search.pareto import by_all_metrics
from prompt_search.plan import within
from prompt_search.race import Race, number
from prompt_search.result import Trace
from prompt_search.setting import (
    WHOLE,
    Part,
    Setting,
    Yardstick,
    draw_members,
    join_names,
    join_prompts,
    measure,
    prompt_of,
)
from prompt_search.strategies import HalvingCertify


@dataclass(frozen=True)
class Raced:
    """What the races left: the winning candidate of every part, and how each came about."""

    names: dict[str, str]
    prompts: dict[str, Prompt]
    trace: Trace
    parts: Sequence[RacedPart] = ()
    kind: str = "searched"

    def join(self, setting: Setting) -> AnyPrompt:
        """The winners as one searched prompt of the task."""
        spec = setting.judge.spec
        provenance = {
            "data": spec.data,
            "candidate": join_names(self.names),
            "search": asdict(setting.config),
        }
        prompt = join_prompts(self.prompts, spec, self.kind, provenance)
        return replace(prompt, model_digest=setting.judge.model_digest)

    @property
    def stopped(self) -> str:
        """Why races ended early; empty if none did."""
        return self.trace.stopped


def choose(
    setting: Setting,
    panel: Yardstick,
    panels: Sequence[Yardstick],
    released: AnyPrompt | None,
    budget: Budget,
    reporter: Reporter = silent,
    say: Callable[[str], object] = lambda text: None,
) -> Raced:
    """Say what there is to gain, then race, unless nothing is to be chosen.

    ``panels`` are those of the parts. Nothing is raced when the strategy is the released prompt,
    and when prompts are interchangeable: then the best of the panel is taken.
    """
    outlooks = foresee(setting, panels)
    for outlook in outlooks:
        say(outlook.sentence)
    tell(outlooks, reporter)
    if released and setting.config.strategy == RELEASED:
        raced = take_released(setting, panel, panels, released)
        return replace(raced, trace=noted(raced.trace, outlooks, stopped=False))
    stopped = nothing_to_choose(setting, outlooks)
    if stopped:
        say("prompts are interchangeable for this model and task: the search stops here")
    raced = race_parts(settled(setting) if stopped else setting, panels, reporter, budget)
    raced = replace(raced, trace=noted(raced.trace, outlooks, stopped))
    if stopped or not setting.config.races:
        return replace(raced, parts=())
    if budget.ended:
        return raced
    budget.prepaid()
    race = partial(race_part, reporter=reporter, budget=budget)
    return race_together(setting, panel, raced, race, budget)


def take_released(
    setting: Setting, panel: Yardstick, panels: Sequence[Yardstick], released: AnyPrompt
) -> Raced:
    """The released prompt, judged on select; there is nothing to race."""
    judge, select = setting.judge, setting.splits.select
    records = judge.records(released, select)
    row = scores(judge.task, records, panel.reference)
    value = number(primary(judge.task, judge.spec, records))
    started = [
        {
            "event": "start",
            **({"part": part.name} if part.name else {}),
            **_header(setting, part, own),
        }
        for part, own in zip(setting.parts, panels, strict=True)
    ]
    decisions = [*started, {"event": "winner", "metric": {RELEASED: value}, "id": RELEASED}]
    # The columns of a race; what is released for all parts is judged as a whole.
    label: dict[str, object] = {"part": WHOLE, "round": 0} if judge.task.parts else {}
    candidate = {**label, "id": RELEASED, "group": "", "rung": 1, "images": len(row)}
    candidate["mean_score"] = number(row.mean())
    cells = {name: [value] * len(row) for name, value in label.items()}
    cells |= {"candidate": [RELEASED] * len(row), "image": [*select.ids], "score": row.tolist()}
    trace = Trace(decisions, [candidate], cells)
    own = {part.name: prompt_of(released, part.name) for part in setting.parts}
    # Confirm is about to be read for them.
    prompts = {n: replace(p, confirm_touches=p.confirm_touches + 1) for n, p in own.items()}
    return Raced(dict.fromkeys(prompts, RELEASED), prompts, trace, kind=RELEASED)


def part_panels(setting: Setting, panel: Yardstick) -> list[Yardstick]:
    """The panel of every part by itself: what its candidates' scores are first-order at."""
    if not setting.judge.task.parts:
        return [panel]
    return [
        measure(
            part.judge,
            part.select,
            [part.candidates.ids[i] for i in drawn],
            part.candidates.prompts(drawn),
        )
        for part, drawn in zip(setting.parts, zip(*draw_members(setting), strict=True), strict=True)
    ]


def race_parts(
    setting: Setting,
    panels: Sequence[Yardstick],
    reporter: Reporter = silent,
    budget: Budget | None = None,
) -> Raced:
    """Race the candidates of every part; ``panels`` are those of the parts."""
    budget = budget or Budget()
    parts = []
    for index, (part, panel) in enumerate(zip(setting.parts, panels, strict=True)):
        budget.allot(len(setting.parts) - index)
        own = race_part(setting, part, panel, round=0, reporter=reporter, budget=budget)
        parts.append(own)
    return Raced(
        {raced.part.name: raced.id for raced in parts},
        {raced.part.name: raced.prompt for raced in parts},
        Trace.of_parts([raced.trace for raced in parts]),
        parts,
    )


def race_part(
    setting: Setting,
    part: Part,
    panel: Yardstick,
    /,
    *,
    round: int,
    reporter: Reporter = silent,
    budget: Budget | None = None,
) -> RacedPart:
    """Race the candidates of one part; those of ``panel`` are known.

    Every entry of a part's race tells its ``round``: 0 by its own metric, then by the whole's.
    """
    label = {"round": round} if part.name else {}
    of = part.judge, part.candidates, part.select, panel.reference
    race = Race(*of, reporter, part.name, budget, **label)
    shape, cells = (len(part.candidates), len(part.select)), race.budget.cells
    strategy = within(setting.config.build(), shape, cells, len(panel.names))
    race.decide("start", **_header(setting, part, panel, strategy))
    race.know(panel.names, panel.on_select)
    before = part.judge.requested
    winner, value = run_race(part, strategy, race)
    spent = {part.name: part.judge.requested - before} if part.name else {}
    order = standing(race.rows(), winner, setting.config.keep)
    prompt = _searched(setting, part, winner, value)
    return RacedPart(part, winner, prompt, order, replace(race.trace(), forwards=spent))


def run_race(part: Part, strategy: Strategy, race: Race) -> tuple[int, float]:
    """The winning candidate: of the strategy's finalists, the best by the exact metric.

    Returns its index and the metric.
    """
    judge, candidates, select, budget = part.judge, part.candidates, part.select, race.budget
    outcome = race.run(strategy, candidates.order)
    if outcome.stopped:
        race.decide("stopped", reason=budget.reason or outcome.stopped, cut=budget.promised)
    finalists = outcome.finalists
    metrics = [
        judge.task.summarise(judge.recall(candidates.prompt(i), select), judge.spec)
        for i in finalists
    ]
    values = [float(found[judge.spec.metric]) for found in metrics]
    oriented = orientation(judge.spec) * np.array(values)
    # argmax takes the first of equals, which is the one with the best mean score.
    best = int(np.argmax(np.nan_to_num(oriented, nan=-np.inf)))
    names = [candidates.ids[i] for i in finalists]
    exact = {name: number(value) for name, value in zip(names, values, strict=True)}
    race.decide("winner", metric=exact, id=names[best])
    race.finalists = by_all_metrics(names, metrics, judge.spec)
    if outcome.certificate:
        race.certify(outcome.certificate, finalists, oriented, best)
    return finalists[best], values[best]


def _header(
    setting: Setting, part: Part, panel: Yardstick, strategy: Strategy | None = None
) -> dict[str, Any]:
    """Everything that decisions follow from, scores apart; with the schedule of ``strategy``."""
    judge, candidates, config = part.judge, part.candidates, setting.config
    schedule = strategy.halving if isinstance(strategy, HalvingCertify) else strategy
    halving = schedule if isinstance(schedule, Halving) else config.halving
    settled = {**asdict(config), "b0": halving.b0, "share": config.most_share}
    return {
        "task": judge.task.name,
        "data": judge.spec.data,
        "spec": judge.spec.digest,
        "model": judge.model_digest,
        "config": {name: value for name, value in settled.items() if name != "cut"},
        "dropped": dict(candidates.dropped),
        "candidates": candidates.ids,
        "select": list(part.select.ids),
        "panel": list(panel.names),
    }


def _searched(setting: Setting, part: Part, winner: int, value: float) -> Prompt:
    """The winning candidate of a part as a searched prompt."""
    candidate, spec = part.candidates.prompt(winner), part.judge.spec
    provenance = {**candidate.provenance, "search": asdict(setting.config)}
    prompt = replace(
        candidate,
        kind="searched",
        model_digest=part.judge.model_digest,
        provenance=provenance,
    )
    # Confirm is read for the task as a whole, and so for the prompts of all its parts.
    touches = candidate.confirm_touches + 1
    return prompt.with_scores({**named(spec), "select": {"value": number(value)}}, touches)


def named(spec: Spec[Any]) -> dict[str, str]:
    """The primary metric as prompts note it."""
    return {"metric": spec.metric, "direction": spec.direction, "unit": spec.unit}
