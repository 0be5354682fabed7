"""A whole tuning: start, learn, and decide on confirm what to use.

The parts of a task are learned one by one, each with its own metric, and decided on jointly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.evaluation.evaluate import orientation, primary
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import median_index, panel_stats
from painter_kit.evaluation.splits import Splits
from painter_kit.inference.parted import AnyPrompt
from painter_kit.model.painter import Painter
from painter_kit.types import Reporter, silent
from prompt_search.config import SearchConfig
from prompt_search.race import number
from prompt_search.races import named
from prompt_search.search import search_prompt
from prompt_search.setting import (
    WHOLE,
    Setting,
    Yardstick,
    join_names,
    join_prompts,
    measure_panel,
    prepare,
    prompt_of,
)
from prompt_tuning.config import Pace, TuneConfig
from prompt_tuning.course import Lesson
from prompt_tuning.parameters import make_pictures
from prompt_tuning.plan import TunePlan, make_tune_plan
from prompt_tuning.result import TuneResult, report_tuning
from prompt_tuning.robustness import Table, robustness
from prompt_tuning.starts import (
    SEARCH,
    check_starts,
    count_given,
    count_starts,
    gather_starts,
    init_name,
    split_init,
)
from prompt_tuning.tune import Learned, learn
from prompt_tuning.verdict import Verdict, decide, rival_name

# In the folder of a tuning: states to continue from, and what a tuning that failed had found.
STATES, RESCUED = ".state", "best"


def tune_prompt(
    model: Painter,
    judge: Judge,
    splits: Splits,
    config: TuneConfig | None = None,
    init: str | AnyPrompt | Sequence[str | AnyPrompt] = "search",
    *,
    search: SearchConfig | None = None,
    out: Path | None = None,
    work: Path | None = None,
    checkpoint: str = "",
    reporter: Reporter = silent,
    say: Callable[[str], object] = lambda text: None,
    quiet: bool = False,
) -> TuneResult:
    """Learn a prompt for the judge's task with ``model`` (the judge's own) frozen.

    ``init`` is a prompt, or ``search`` (runs the default search through the store, free when it
    has been run), ``random``, ``mean`` or ``grey``, or several of these, which are raced. Pool
    teaches, select chooses the snapshot, confirm decides between random, the rival (what a search
    found or the prompt that was given) and learned; test is not read. ``say`` gets the plan before
    any forward; with ``out`` the result is written there. States are kept in ``work`` and continued
    if they are there already.

    Raises ``InputError`` when the pool has fewer than two usable pairs, ``init`` is unknown, the
    parametrisation does not fit the task or ``work`` holds states of another tuning.
    """
    config, inits = config or TuneConfig(), split_init(init)
    search = search or SearchConfig(
        seed=config.seed, panel=config.panel, resamples=config.resamples
    )
    setting = prepare(judge, splits, search)
    plan = _plan(setting, config, config.pace(model), inits)
    say(plan.sentence)
    new, reused, found = judge.new, judge.reused, None
    if SEARCH in inits:
        found = search_prompt(judge, splits, search, say=say, quiet=quiet)
    starts = gather_starts(inits, setting, found, config.seed, config.starts)
    marks = [judge.requested]
    panel = measure_panel(setting)
    marks.append(judge.requested)
    learned = learn_parts(model, setting, starts, config, work, reporter, say, quiet)
    prompt, on_select = _joined(setting, starts, learned, config)
    rival = find_rival(setting, inits, starts)
    table = _robustness(setting, prompt, rival) if config.robustness else []
    marks.append(judge.requested)
    verdict = decide(setting, panel, prompt, rival, config)
    marks.append(judge.requested)
    forwards = _forwards(marks, 2 if rival else 1, len(panel.prompts))
    forwards |= {"new": judge.new - new, "reused": judge.reused - reused}
    result = TuneResult(
        **_judged(setting, panel, prompt, on_select, verdict, rival),
        config=config,
        pace=plan.pace,
        init=", ".join(map(init_name, inits)),
        forwards=forwards,
        learned=learned,
        robustness=table,
        checkpoint=checkpoint,
        folder=out,
    )
    if out:
        result.write(out)
    report_tuning(result, reporter)
    return result


def _plan(
    setting: Setting, config: TuneConfig, pace: Pace, inits: Sequence[str | AnyPrompt]
) -> TunePlan:
    """The cost; what is wrong with starts and parametrisation is said here."""
    check_starts(inits)
    for part in setting.parts:
        make_pictures(config, part.judge.spec)
    starts = count_starts(inits, config.starts)
    return make_tune_plan(config, pace, setting.plan, SEARCH in inits, starts, count_given(inits))


def _forwards(marks: Sequence[int], ours: int, panel: int) -> dict[str, int]:
    """Requests of each stage; ``ours`` of the prompts on confirm are not the panel's."""
    on_panel, selecting, on_confirm = np.diff(marks).tolist()
    confirming = on_confirm * ours // (ours + panel)
    return {
        "panel": on_panel + on_confirm - confirming,
        "select": selecting,
        "confirm": confirming,
    }


def learn_parts(
    model: Painter,
    setting: Setting,
    starts: Mapping[str, AnyPrompt],
    config: TuneConfig,
    work: Path | None = None,
    reporter: Reporter = silent,
    say: Callable[[str], object] = lambda text: None,
    quiet: bool = False,
) -> dict[str, Learned]:
    """Learn the prompt of every part from its parts of the ``starts``, one after the other."""
    return {
        part.name: learn(
            Lesson(
                model,
                part.judge,
                part.candidates,
                part.select,
                config,
                part.name,
                reporter,
                say,
                quiet,
                folder=work / STATES / part.name if work else None,
                rescue=work / RESCUED / part.name if work else None,
            ),
            {name: prompt_of(start, part.name) for name, start in starts.items()},
        )
        for part in setting.parts
    }


def _joined(
    setting: Setting,
    starts: Mapping[str, AnyPrompt],
    learned: Mapping[str, Learned],
    config: TuneConfig,
) -> tuple[AnyPrompt, float]:
    """The best learned prompts of all parts as one, about to be read on confirm; and its metric
    on select."""
    judge = setting.judge
    inits = {name: one.init for name, one in learned.items()}
    touches = 1 + max(starts[init].confirm_touches for init in inits.values())
    prompts = {}
    for part in setting.parts:
        best = learned[part.name].best
        measured = {**named(part.judge.spec), "select": {"value": number(best.select)}}
        prompts[part.name] = best.prompt.with_scores(measured, touches)
    start = starts[next(iter(inits.values()))]
    provenance = {
        "data": judge.spec.data,
        "tune": {**asdict(config), "init": join_names(inits)},
        "start": {"kind": start.kind, "digest": start.digest, **dict(start.provenance)},
    }
    joined = join_prompts(prompts, judge.spec, "learned", provenance)
    if not judge.task.parts:
        return joined, learned[WHOLE].best.select
    joined = replace(joined, model_digest=judge.model_digest, confirm_touches=touches)
    records = judge.records(joined, setting.splits.select)
    return joined, primary(judge.task, judge.spec, records)


def find_rival(
    setting: Setting, inits: Sequence[str | AnyPrompt], starts: Mapping[str, AnyPrompt]
) -> AnyPrompt | None:
    """The finished prompt that learning has to beat: what a search found or a prompt that was
    given, of several the best on select; None where nothing of the kind was a start."""
    known = [starts[init_name(i)] for i in inits if not isinstance(i, str) or i == SEARCH]
    if len(known) < 2:
        return known[0] if known else None
    judge, select = setting.judge, setting.splits.select

    def rank(prompt: AnyPrompt) -> float:
        value = primary(judge.task, judge.spec, judge.records(prompt, select))
        return orientation(judge.spec) * value if np.isfinite(value) else -np.inf

    return max(known, key=rank)


def _robustness(setting: Setting, learned: AnyPrompt, rival: AnyPrompt | None) -> Table:
    """Both prompts after JPEG, resizing and the like, on select."""
    prompts = {"learned": learned, **({rival_name(rival): rival} if rival else {})}
    return robustness(setting.judge, setting.splits.select, prompts)


def _judged(
    setting: Setting,
    panel: Yardstick,
    prompt: AnyPrompt,
    on_select: float,
    verdict: Verdict,
    rival: AnyPrompt | None,
) -> dict[str, Any]:
    """The fields of the result that say what the prompts are worth."""
    judge, spec, ours = setting.judge, setting.judge.spec, verdict.ours
    measured = {
        **named(spec),
        "select": {"value": on_select},
        "confirm": ours.ours.to_json(),
        "gain": ours.gain.to_json(),
    }
    prompt = prompt.with_scores(measured, prompt.confirm_touches)
    options = {"learned": prompt, "random": panel.prompts[median_index(verdict.panel_values)]}
    if rival:
        options[rival_name(rival)] = rival.with_scores(rival.scores, rival.confirm_touches + 1)
    return {
        "spec": spec,
        "model_digest": judge.model_digest,
        "splits": {name: n for name, n in setting.splits.counts.items() if name != "pool"},
        "prompt": prompt,
        "select": on_select,
        "confirm": ours.ours,
        "panel": panel_stats(np.array(verdict.panel_values)),
        "panel_prompts": panel.prompts,
        "panel_values": verdict.panel_values,
        "gain": ours.gain,
        "rival": rival,
        "over_rival": verdict.over_rival,
        "chosen": verdict.chosen,
        "chosen_prompt": options[verdict.chosen],
    }
