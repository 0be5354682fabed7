"""A whole tuning: start, learn, and decide on confirm what to use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.gain import Comparison, Gain, compare
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import median_index, panel_stats
from painter_kit.evaluation.splits import Splits
from painter_kit.inference.prompt import Prompt
from painter_kit.model.painter import Painter
from painter_kit.types import Reporter, silent
from prompt_search.plan import SearchConfig
from prompt_search.search import Setting, Yardstick, measure_panel, prepare, search_prompt
from prompt_tuning.result import TuneResult
from prompt_tuning.starts import make_start
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
    init: str | Prompt = "search",
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
        start = make_start(start, setting.candidates, config.seed)
    say(_plan(config, setting, init))
    before = judge.new, judge.reused
    if start is None:
        start = search_prompt(judge, splits, search, say=say, quiet=quiet).prompt
    searched = start if start.kind == "searched" else None
    asked = judge.requested
    panel = measure_panel(setting)
    at_panel = judge.requested
    learned = learn(
        model,
        judge,
        setting.candidates,
        setting.splits.select,
        start,
        config,
        reporter,
        quiet,
    )
    at_select = judge.requested
    verdict = _decide(setting, panel, learned.best.prompt, searched, config)
    confirm_size = len(setting.splits.confirm)
    forwards = {
        "panel": at_panel - asked + len(panel.prompts) * confirm_size,
        "select": at_select - at_panel,
        "confirm": confirm_size * (2 if searched else 1),
        "new": judge.new - before[0],
        "reused": judge.reused - before[1],
    }
    result = _result(setting, panel, learned, verdict, searched, config, forwards)
    name = init if isinstance(init, str) else f"{init.kind} prompt {init.digest[:8]}"
    result = replace(result, init=name, checkpoint=checkpoint, folder=out)
    if out:
        result.write(out)
    _report(result, reporter)
    return result


def _plan(config: TuneConfig, setting: Setting, init: str | Prompt) -> str:
    evaluations = -(-config.steps // config.evaluate_every) + 1
    select = len(setting.splits.select)
    first = "after the default search, " if init == "search" else ""
    return (
        f"plan: {first}{config.steps} steps x {config.batch} queries forward and backward, "
        f"{evaluations} evaluations on {select} select images = {evaluations * select} forwards, "
        "less what the store holds"
    )


def _decide(
    setting: Setting,
    panel: Yardstick,
    learned: Prompt,
    searched: Prompt | None,
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
    learned: Learned,
    verdict: Verdict,
    searched: Prompt | None,
    config: TuneConfig,
    forwards: dict[str, int],
) -> TuneResult:
    judge, spec = setting.judge, setting.judge.spec
    touches = learned.best.prompt.confirm_touches + 1
    scores = {
        "metric": spec.metric,
        "direction": spec.direction,
        "unit": spec.unit,
        "select": {"value": learned.best.select},
        "confirm": verdict.ours.ours.to_json(),
        "gain": verdict.ours.gain.to_json(),
    }
    prompt = learned.best.prompt.with_scores(scores, touches)
    median = median_index(verdict.panel_values)
    options = {"learned": prompt, "random": panel.prompts[median]}
    if searched:
        options["searched"] = searched.with_scores(searched.scores, searched.confirm_touches + 1)
    counts = {name: n for name, n in setting.splits.counts.items() if name != "pool"}
    return TuneResult(
        spec=spec,
        config=config,
        init="",
        model_digest=judge.model_digest,
        splits=counts,
        forwards=forwards,
        learned=learned,
        prompt=prompt,
        confirm=verdict.ours.ours,
        panel=panel_stats(np.array(verdict.panel_values)),
        panel_prompts=panel.prompts,
        panel_values=verdict.panel_values,
        gain=verdict.ours.gain,
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
        "tune/seconds": result.learned.seconds,
    }
    reporter.metrics({name: value for name, value in values.items() if np.isfinite(value)})
    reporter.tags({"painterkit.chosen": result.chosen})
    reporter.params({f"tune.{name}": value for name, value in asdict(result.config).items()})
    if result.folder:
        for path in sorted(result.folder.iterdir()):
            reporter.artifact(path, path.name if path.is_dir() else "")
