"""A whole tuning: start, learn, and decide on confirm what to use.

The parts of a task are learned one by one, each with its own metric, and decided on jointly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.gain import Comparison, Gain, compare
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import median_index, panel_stats
from painter_kit.evaluation.splits import Splits
from painter_kit.inference.parted import AnyPrompt
from painter_kit.model.painter import Painter
from painter_kit.types import Reporter, silent
from prompt_search.plan import SearchConfig
from prompt_search.race import number
from prompt_search.races import named
from prompt_search.search import search_prompt
from prompt_search.setting import (
    WHOLE,
    Setting,
    Yardstick,
    join_prompts,
    measure_panel,
    prepare,
    prompt_of,
)
from prompt_tuning.plan import make_tune_plan
from prompt_tuning.result import TuneResult
from prompt_tuning.starts import make_starts
from prompt_tuning.tune import Learned, TuneConfig, learn


@dataclass(frozen=True)
class Verdict:
    """What confirm says of the learned prompt and of the searched one, if there is one."""

    ours: Comparison
    over_searched: Gain | None
    chosen: str
    panel_values: list[float]


def tune_prompt(
    model: Painter,
    judge: Judge,
    splits: Splits,
    config: TuneConfig | None = None,
    init: str | AnyPrompt = "search",
    *,
    search: SearchConfig | None = None,
    out: Path | None = None,
    checkpoint: str = "",
    reporter: Reporter = silent,
    say: Callable[[str], object] = lambda text: None,
    quiet: bool = False,
) -> TuneResult:
    """Learn a prompt for the judge's task with ``model`` (the judge's own) frozen.

    ``init`` is a prompt, or ``search`` (runs the default search through the store, free when it
    has been run), ``random``, ``mean`` or ``grey``. Pool teaches, select chooses the snapshot,
    confirm decides between random, searched and learned; test is not read. ``say`` gets the
    plan before any forward; with ``out`` the result is written there.

    Raises ``InputError`` when the pool has fewer than two usable pairs or ``init`` is unknown.
    """
    config = config or TuneConfig()
    search = search or SearchConfig(
        seed=config.seed, panel=config.panel, resamples=config.resamples
    )
    setting = prepare(judge, splits, search)
    start = None if init == "search" else init
    if isinstance(start, str):
        start = make_starts(start, setting, config.seed)
    say(make_tune_plan(config, setting.plan, searched=start is None).sentence)
    new, reused = judge.new, judge.reused
    if start is None:
        start = search_prompt(judge, splits, search, say=say, quiet=quiet).prompt
    searched = start if start.kind == "searched" else None
    marks = [judge.requested]
    panel = measure_panel(setting)
    marks.append(judge.requested)
    learned = learn_parts(model, setting, start, config, reporter, quiet)
    prompt, on_select = _joined(setting, start, learned, config)
    marks.append(judge.requested)
    verdict = _decide(setting, panel, prompt, searched, config)
    marks.append(judge.requested)
    on_panel, selecting, on_confirm = np.diff(marks).tolist()
    ours = 2 if searched else 1
    confirming = on_confirm * ours // (ours + len(panel.prompts))
    forwards = {
        "panel": on_panel + on_confirm - confirming,
        "select": selecting,
        "confirm": confirming,
        "new": judge.new - new,
        "reused": judge.reused - reused,
    }
    result = _result(setting, panel, learned, prompt, on_select, verdict, searched, config)
    name = init if isinstance(init, str) else f"{init.kind} prompt {init.digest[:8]}"
    result = replace(result, init=name, forwards=forwards, checkpoint=checkpoint, folder=out)
    if out:
        result.write(out)
    _report(result, reporter)
    return result


def learn_parts(
    model: Painter,
    setting: Setting,
    start: AnyPrompt,
    config: TuneConfig,
    reporter: Reporter = silent,
    quiet: bool = False,
) -> dict[str, Learned]:
    """Learn the prompt of every part from its part of ``start``, one after the other."""
    return {
        part.name: learn(
            model,
            part.judge,
            part.candidates,
            part.select,
            prompt_of(start, part.name),
            config,
            reporter,
            quiet,
            part.name,
        )
        for part in setting.parts
    }


def _joined(
    setting: Setting, start: AnyPrompt, learned: Mapping[str, Learned], config: TuneConfig
) -> tuple[AnyPrompt, float]:
    """The best learned prompts of all parts as one, about to be read on confirm; and its metric
    on select."""
    judge, touches = setting.judge, start.confirm_touches + 1
    prompts = {}
    for part in setting.parts:
        best = learned[part.name].best
        measured = {**named(part.judge.spec), "select": {"value": number(best.select)}}
        prompts[part.name] = best.prompt.with_scores(measured, touches)
    provenance = {
        "data": judge.spec.data,
        "tune": {"batch": config.batch, "rate": config.rate, "seed": config.seed},
        "start": {"kind": start.kind, "digest": start.digest, **dict(start.provenance)},
    }
    joined = join_prompts(prompts, judge.spec, "learned", provenance)
    if not judge.task.parts:
        return joined, learned[WHOLE].best.select
    joined = replace(joined, model_digest=judge.model_digest, confirm_touches=touches)
    records = judge.records(joined, setting.splits.select)
    return joined, primary(judge.task, judge.spec, records)


def _decide(
    setting: Setting,
    panel: Yardstick,
    learned: AnyPrompt,
    searched: AnyPrompt | None,
    config: TuneConfig,
) -> Verdict:
    """Prefer learned or searched over random, and learned over searched, only on evidence.

    Each step up needs an interval above zero on confirm; the cheaper prompt keeps a tie.
    """
    judge, confirm = setting.judge, setting.splits.confirm
    others = [judge.records(p, confirm) for p in panel.prompts]
    ours = judge.records(learned, confirm)

    def against(records: list, baseline: list) -> Comparison:
        return compare(
            judge.task,
            judge.spec,
            records,
            baseline,
            confirm.groups,
            panel.reference,
            seed=config.seed,
            resamples=config.resamples,
        )

    to_panel = against(ours, others)
    chosen, over_searched = "learned" if to_panel.gain.confirmed else "random", None
    if searched:
        theirs = judge.records(searched, confirm)
        over_searched = against(ours, [theirs]).gain
        if against(theirs, others).gain.confirmed and not over_searched.confirmed:
            chosen = "searched"
    values = [primary(judge.task, judge.spec, row) for row in others]
    return Verdict(to_panel, over_searched, chosen, values)


def _result(
    setting: Setting,
    panel: Yardstick,
    learned: Mapping[str, Learned],
    prompt: AnyPrompt,
    on_select: float,
    verdict: Verdict,
    searched: AnyPrompt | None,
    config: TuneConfig,
) -> TuneResult:
    judge, spec, ours = setting.judge, setting.judge.spec, verdict.ours
    measured = {
        **named(spec),
        "select": {"value": on_select},
        "confirm": ours.ours.to_json(),
        "gain": ours.gain.to_json(),
    }
    prompt = prompt.with_scores(measured, prompt.confirm_touches)
    options = {"learned": prompt, "random": panel.prompts[median_index(verdict.panel_values)]}
    if searched:
        options["searched"] = searched.with_scores(searched.scores, searched.confirm_touches + 1)
    return TuneResult(
        spec=spec,
        config=config,
        init="",
        model_digest=judge.model_digest,
        splits={name: n for name, n in setting.splits.counts.items() if name != "pool"},
        forwards={},
        learned=learned,
        prompt=prompt,
        select=on_select,
        confirm=ours.ours,
        panel=panel_stats(np.array(verdict.panel_values)),
        panel_prompts=panel.prompts,
        panel_values=verdict.panel_values,
        gain=ours.gain,
        searched=searched,
        over_searched=verdict.over_searched,
        chosen=verdict.chosen,
        chosen_prompt=options[verdict.chosen],
    )


def _report(result: TuneResult, reporter: Reporter) -> None:
    spec, confirm, gain = result.spec, result.confirm, result.gain
    values = {
        f"{spec.task}/{spec.metric}": confirm.value,
        f"{spec.task}/{spec.metric}_ci_low": confirm.low,
        f"{spec.task}/{spec.metric}_ci_high": confirm.high,
        "gain/value": gain.value,
        "gain/ci_low": gain.ci_low,
        "gain/ci_high": gain.ci_high,
        "panel/mean": result.panel.mean,
        "panel/sd": result.panel.sd,
        "tune/seconds": result.seconds,
    }
    reporter.metrics({name: value for name, value in values.items() if np.isfinite(value)})
    reporter.tags({"painterkit.chosen": result.chosen})
    reporter.params({f"tune.{name}": value for name, value in asdict(result.config).items()})
    if result.folder:
        for path in sorted(result.folder.iterdir()):
            reporter.artifact(path, path.name if path.is_dir() else "")
