"""Search: panel on select, race on select, winner against panel on confirm.

A task with parts is raced part by part, each with its own metric, then in turn by the metric of
the whole; the winners together are compared with a panel of joint prompts by this metric.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from painter_kit.errors import PainterKitError
from painter_kit.evaluation.cost import Rate
from painter_kit.evaluation.evaluate import primary, scores
from painter_kit.evaluation.gain import Comparison, compare, plain_gain
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import components, panel_stats
from painter_kit.evaluation.splits import Splits
from painter_kit.inference.parted import AnyPrompt
from painter_kit.keys import CANDIDATES, REFINEMENT, gain_values, metric_values
from painter_kit.types import Reporter, silent
from prompt_search.also import measure_also
from prompt_search.alternatives import check_also, numbers
from prompt_search.budget import Stop
from prompt_search.config import SearchConfig
from prompt_search.plan import open_budget
from prompt_search.pool_risk import cap_risks
from prompt_search.races import Raced, choose, named, part_panels
from prompt_search.readings import counted
from prompt_search.refine import over_winner, refine
from prompt_search.released import against_released, find_released
from prompt_search.result import SearchResult, Winner
from prompt_search.sensitivity import sensitivity, touched
from prompt_search.setting import (
    Setting,
    Yardstick,
    join_names,
    measure_panel,
    prepare,
)


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
    which chose nothing, and with the released prompt where ``splits.dataset`` has one. A task with
    parts needs ``splits.parts``; each of them is raced for itself, then with the others.
    ``include`` are given prompts that join the candidates. ``say`` gets the plan before any
    forward, with the time it takes at ``rate``, and the outlook before the race; ``checkpoint`` is
    the name to report; with ``out`` the result is written there. Progress goes to stderr unless
    ``quiet`` or stderr is no terminal.

    ``stop`` is asked after every block of pictures: once it gives a reason, the races end with
    the leader of the moment, which is confirmed as ever; neither a diagnosis nor alternatives are
    measured then. Raises ``Stopped`` when that happens before the panel is measured, because then
    nothing can be said, and ``InputError`` when the pool has fewer than two usable pairs, the
    budget is too small, a given prompt is of another task or spec, the strategy is the released
    prompt and the data have none, or the task cannot have an alternative that ``config.also``
    names.
    """
    setting = prepare(judge, splits, config, include)
    check_also(setting.config.also, judge.task, judge.spec)
    released, plan = find_released(setting, say), setting.plan
    budget = open_budget(plan, setting.config, stop)
    say(plan.told(rate))
    new, reused, marks = judge.new, judge.reused, [judge.requested]
    with judge.progress(plan.total, "search", quiet):
        with budget.watching(judge):
            panel = measure_panel(setting)
            own = part_panels(setting, panel)
            marks.append(judge.requested)
            raced = choose(setting, panel, own, released, budget, reporter, say)
            refined = None if budget.ended else refine(setting, panel, raced, budget, reporter)
        marks.append(judge.requested)
        if budget.ended:
            left = f"{plan.closing} forwards" + (f", {rate.time(plan.closing)}" if rate else "")
            say(f"stopped early ({budget.ended}); confirming the leader: {left}")
        prompt = refined.prompt if refined and refined.used else raced.join(setting)
        if judge.task.parts and raced.kind == "searched":  # no race has judged the winners together
            judge.records(prompt, setting.splits.select)
        marks.append(judge.requested)
        confirmed = confirm(setting, panel, prompt)
        prompt = counted(setting, prompt, raced.trace.decisions)
        marks.append(judge.requested)
        refined = over_winner(setting, panel, refined, raced)
        other = None
        if released and raced.kind == "searched":
            other = against_released(setting, panel, prompt, released)
        marks.append(judge.requested)
        sensed, skipped = None, list[str]()
        if setting.config.diagnose:
            look = partial(sensitivity, setting, prompt, panel.prompts)
            sensed = budget.beside(judge, look)
            skipped += [] if sensed else ["--diagnose"]
        marks.append(judge.requested)
        alternatives, others = measure_also(setting, panel, prompt, raced.trace, budget)
        marks.append(judge.requested)
    spent = np.diff(marks).tolist()
    on_panel, on_select, jointly, on_confirm, on_others, on_sensed, on_alternatives = spent
    ours = on_confirm // (1 + len(panel.prompts))
    forwards = {
        "panel": on_panel + on_confirm - ours,
        "select": on_select,
        "confirm": jointly + ours + on_others,
        **({"sensitivity": on_sensed} if sensed or on_sensed else {}),
        **({"alternatives": on_alternatives} if alternatives or on_alternatives else {}),
        "new": judge.new - new,
        "reused": judge.reused - reused,
    }
    result = _result(setting, panel, own, raced, prompt, confirmed, forwards)
    result = replace(result, checkpoint=checkpoint, folder=out, refined=refined)
    result = replace(result, released=other, sensitivity=sensed, alternatives=alternatives)
    result = replace(result, skipped=(*skipped, *others), ended=budget.ended)
    if sensed:
        result = replace(result, prompt=touched(result.prompt))
    if out:
        result.write(out)
    _report(result, reporter)
    return result


def confirm(setting: Setting, panel: Yardstick, prompt: AnyPrompt) -> Confirmed:
    """Compare ``prompt``, judged on select before, with the panel on confirm."""
    judge, splits = setting.judge, setting.splits
    task, spec = judge.task, judge.spec
    on_select = judge.recall(prompt, splits.select)
    ours = judge.records(prompt, splits.confirm)
    others = judge.table(panel.prompts, splits.confirm)
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
        prompt=prompt.with_scores(measured, prompt.confirm_touches),
        panel=panel_stats(np.array(confirmed.panel_values)),
        panel_prompts=panel.prompts,
        panel_values=confirmed.panel_values,
        components=components(table),
        gain=comparison.gain,
        metrics=comparison.metrics,
        dropped=setting.dropped,
        cap_risks=cap_risks(setting, own),
        trace=raced.trace,
    )


def _report(result: SearchResult, reporter: Reporter) -> None:
    """Final numbers, the candidates' table and the written files."""
    spec, gain, confirm = result.spec, result.gain, result.winner.confirm
    values = {
        **metric_values(spec.task, spec.metric, confirm.to_json()),
        **gain_values(gain.to_json()),
        "panel/mean": result.panel.mean,
        "panel/sd": result.panel.sd,
        **{f"components/{k}": v for k, v in result.components.to_json().items()},
        **{f"forwards/{k}": float(v) for k, v in result.forwards.items()},
        **(result.refined.metrics if result.refined else {}),
        **numbers(result.alternatives),
    }
    reporter.metrics({k: v for k, v in values.items() if v is not None and np.isfinite(v)})
    reporter.table(CANDIDATES, result.trace.candidates)
    if result.refined:
        reporter.table(REFINEMENT, result.refined.table)
    if result.released:
        reporter.metrics(gain_values(result.released.over.to_json(), "over_released"))
    if result.sensitivity:
        result.sensitivity.report(reporter)
    if result.folder:
        for path in sorted(result.folder.iterdir()):
            reporter.artifact(path, path.name if path.is_dir() else "")
