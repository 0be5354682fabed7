"""Search: panel on select, race on select, winner against panel on confirm.

A task with parts is raced part by part, each with its own metric, then in turn by the metric of
the whole; the winners together are compared with a panel of joint prompts by this metric.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.errors import PainterKitError
from painter_kit.evaluation.cost import Rate
from painter_kit.evaluation.evaluate import orientation, primary, scores
from painter_kit.evaluation.gain import Comparison, compare, plain_gain
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import components, panel_stats
from painter_kit.evaluation.splits import Splits
from painter_kit.inference.parted import AnyPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Reporter, Spec, silent
from prompt_search.alternate import RacedPart, race_together, standing
from prompt_search.budget import Budget, Stop
from prompt_search.plan import SearchConfig, open_budget, within
from prompt_search.pool_risk import cap_risks
from prompt_search.race import Race, number
from prompt_search.refine import over_winner, refine
from prompt_search.result import SearchResult, Trace, Winner
from prompt_search.setting import (
    Part,
    Setting,
    Yardstick,
    draw_members,
    join_names,
    join_prompts,
    measure,
    measure_panel,
    prepare,
)


@dataclass(frozen=True)
class Raced:
    """What the races left: the winning candidate of every part, and how each came about."""

    names: dict[str, str]
    prompts: dict[str, Prompt]
    trace: Trace
    parts: Sequence[RacedPart] = ()

    def join(self, setting: Setting) -> AnyPrompt:
        """The winners as one searched prompt of the task."""
        spec = setting.judge.spec
        provenance = {
            "data": spec.data,
            "candidate": join_names(self.names),
            "search": asdict(setting.config),
        }
        prompt = join_prompts(self.prompts, spec, "searched", provenance)
        return replace(prompt, model_digest=setting.judge.model_digest)

    @property
    def stopped(self) -> str:
        """Why races ended early; empty if none did."""
        return self.trace.stopped


@dataclass(frozen=True)
class Confirmed:
    """The winner on select, against the panel on confirm, and the panel's metrics there."""

    on_select: float
    comparison: Comparison
    panel_values: Sequence[float]


def search_prompt(
    judge: Judge,
    splits: Splits,
    config: SearchConfig | None = None,
    *,
    include: Sequence[AnyPrompt] = (),
    out: Path | None = None,
    checkpoint: str = "",
    reporter: Reporter = silent,
    say: Callable[[str], object] = lambda text: None,
    quiet: bool = False,
    rate: Rate | None = None,
    stop: Stop = lambda: "",
) -> SearchResult:
    """Find the pair of ``splits.pool`` that makes the judge's model best at its task.

    A random panel is measured on select, the strategy races candidates on select, and the
    winner, or a refinement of it that is better there, is compared with the panel on confirm,
    which chose nothing. A task with parts needs ``splits.parts``; each of them is raced for itself,
    then with the others. ``include`` are given prompts that join the candidates. ``say`` gets the
    plan before any forward, with the time it takes at ``rate``; ``checkpoint`` is the name to
    report; with ``out`` the result is written there. Progress goes to stderr unless ``quiet`` or
    stderr is no terminal.

    ``stop`` is asked after every block of pictures: once it gives a reason, the races end with
    the leader of the moment, which is confirmed as ever. Raises ``Stopped`` when that happens
    before the panel is measured, because then nothing can be said, and ``InputError`` when the
    pool has fewer than two usable pairs, the budget is too small or a given prompt is of another
    task or spec.
    """
    setting = prepare(judge, splits, config, include)
    plan = setting.plan
    budget = open_budget(plan, setting.config, stop)
    say(plan.told(rate))
    new, reused, marks = judge.new, judge.reused, [judge.requested]
    with judge.progress(plan.total, "search", quiet):
        with budget.watching(judge):
            panel = measure_panel(setting)
            own = part_panels(setting, panel)
            marks.append(judge.requested)
            raced = race_parts(setting, own, reporter, budget)
            budget.allot(1)
            if not budget.ended:
                raced = race_together(setting, panel, raced, partial(race_part, reporter=reporter))
            refined = None if budget.ended else refine(setting, panel, raced, reporter)
        marks.append(judge.requested)
        if budget.ended:
            left = f"{plan.closing} forwards" + (f", {rate.time(plan.closing)}" if rate else "")
            say(f"stopped early ({budget.ended}); confirming the leader: {left}")
        prompt = refined.prompt if refined and refined.used else raced.join(setting)
        if judge.task.parts:  # no race has judged the winners together
            judge.records(prompt, setting.splits.select)
        marks.append(judge.requested)
        confirmed = confirm(setting, panel, prompt)
        marks.append(judge.requested)
        refined = over_winner(setting, panel, refined, raced)
        marks.append(judge.requested)
    on_panel, on_select, jointly, on_confirm, on_winner = np.diff(marks).tolist()
    ours = on_confirm // (1 + len(panel.prompts))
    forwards = {
        "panel": on_panel + on_confirm - ours,
        "select": on_select,
        "confirm": jointly + ours + on_winner,
        "new": judge.new - new,
        "reused": judge.reused - reused,
    }
    result = _result(setting, panel, own, raced, prompt, confirmed, forwards)
    result = replace(result, checkpoint=checkpoint, folder=out, refined=refined)
    if out:
        result.write(out)
    _report(result, reporter)
    return result


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
    race.decide("start", **_header(setting, part, panel))
    race.know(panel.names, panel.on_select)
    winner, value = run_race(part, setting.config, race)
    order = standing(race.rows(), winner, setting.config.keep)
    prompt = _searched(setting, part, winner, value)
    return RacedPart(part, winner, prompt, order, race.trace())


def run_race(part: Part, config: SearchConfig, race: Race) -> tuple[int, float]:
    """The winning candidate: of the strategy's finalists, the best by the exact metric.

    Returns its index and the metric. The schedule fits what the race's budget has left.
    """
    judge, candidates, select, budget = part.judge, part.candidates, part.select, race.budget
    shape = len(candidates), len(select)
    strategy = within(config.build(), shape, budget.cells, len(race.known))
    outcome = strategy.run(race.ask, race.log, *shape, race.known, budget.may)
    if outcome.stopped:
        race.decide("stopped", reason=budget.reason or outcome.stopped, cut=budget.promised)
    finalists = outcome.finalists
    values = [
        primary(judge.task, judge.spec, judge.recall(candidates.prompt(i), select))
        for i in finalists
    ]
    oriented = orientation(judge.spec) * np.array(values)
    # argmax takes the first of equals, which is the one with the best mean score.
    best = int(np.argmax(np.nan_to_num(oriented, nan=-np.inf)))
    names = [candidates.ids[i] for i in finalists]
    exact = {name: number(value) for name, value in zip(names, values, strict=True)}
    race.decide("winner", metric=exact, id=names[best])
    if outcome.certificate:
        race.certify(outcome.certificate, finalists, oriented, best)
    return finalists[best], values[best]


def confirm(setting: Setting, panel: Yardstick, prompt: AnyPrompt) -> Confirmed:
    """Compare ``prompt``, judged on select before, with the panel on confirm."""
    judge, splits = setting.judge, setting.splits
    task, spec = judge.task, judge.spec
    on_select = judge.recall(prompt, splits.select)
    ours = judge.records(prompt, splits.confirm)
    others = [judge.records(p, splits.confirm) for p in panel.prompts]
    values = [primary(task, spec, row) for row in others]
    if not np.isfinite([*values, primary(task, spec, ours)]).all():
        raise PainterKitError(
            f"{spec.metric} on confirm is not a finite number: the model paints none or the "
            "pictures hold no truth; check --checkpoint and --data"
        )
    comparison = compare(
        task,
        spec,
        ours,
        others,
        splits.confirm.groups,
        panel.reference,
        seed=setting.config.seed,
        on_select=plain_gain(task, spec, on_select, panel.on_select),
        resamples=setting.config.resamples,
    )
    return Confirmed(primary(task, spec, on_select), comparison, values)


def _header(setting: Setting, part: Part, panel: Yardstick) -> dict[str, Any]:
    """Everything that the decisions follow from, scores apart."""
    judge, candidates = part.judge, part.candidates
    return {
        "task": judge.task.name,
        "data": judge.spec.data,
        "spec": judge.spec.digest,
        "model": judge.model_digest,
        "config": {k: v for k, v in asdict(setting.config).items() if k != "cut"},
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


def _result(
    setting: Setting,
    panel: Yardstick,
    own: Sequence[Yardstick],
    raced: Raced,
    prompt: AnyPrompt,
    confirmed: Confirmed,
    forwards: dict[str, int],
) -> SearchResult:
    judge, plan = setting.judge, setting.plan
    table = np.array([scores(judge.task, row, panel.reference) for row in panel.on_select])
    comparison = confirmed.comparison
    measured = {
        **named(judge.spec),
        "select": {"value": confirmed.on_select},
        "confirm": comparison.ours.to_json(),
        "gain": comparison.gain.to_json(),
    }
    return SearchResult(
        spec=judge.spec,
        config=setting.config,
        model_digest=judge.model_digest,
        splits={**setting.splits.counts, "pool": plan.pool},
        forwards=forwards,
        exhaustive_forwards=plan.exhaustive_forwards,
        winner=Winner(join_names(raced.names), confirmed.on_select, comparison.ours),
        prompt=prompt.with_scores(measured, max(p.confirm_touches for p in raced.prompts.values())),
        panel=panel_stats(np.array(confirmed.panel_values)),
        panel_prompts=panel.prompts,
        panel_values=confirmed.panel_values,
        components=components(table),
        gain=comparison.gain,
        dropped=setting.dropped,
        cap_risks=cap_risks(setting, own),
        trace=raced.trace,
    )


def _report(result: SearchResult, reporter: Reporter) -> None:
    """Final numbers, the candidates' table and the written files."""
    spec, gain, confirm = result.spec, result.gain, result.winner.confirm
    values = {
        f"{spec.task}/{spec.metric}": confirm.value,
        f"{spec.task}/{spec.metric}_ci_low": confirm.low,
        f"{spec.task}/{spec.metric}_ci_high": confirm.high,
        "gain/value": gain.value,
        "gain/ci_low": gain.ci_low,
        "gain/ci_high": gain.ci_high,
        "gain/p_value": gain.p_value,
        "gain/optimism": gain.optimism,
        "panel/mean": result.panel.mean,
        "panel/sd": result.panel.sd,
        **{f"components/{k}": v for k, v in result.components.to_json().items()},
        **{f"forwards/{k}": float(v) for k, v in result.forwards.items()},
        **(result.refined.metrics if result.refined else {}),
    }
    reporter.metrics({k: v for k, v in values.items() if v is not None and np.isfinite(v)})
    reporter.table("candidates.json", result.trace.candidates)
    if result.refined:
        reporter.table("refinement.json", result.refined.table)
    if result.folder:
        for path in sorted(result.folder.iterdir()):
            reporter.artifact(path, path.name if path.is_dir() else "")
