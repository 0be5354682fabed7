"""What a tuning will cost, in passes through the network, time and disk space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from painter_kit.cli.output import emit, say
from painter_kit.cli.planned import find_rate
from painter_kit.cli.prompting import Source, open_predictor
from painter_kit.cli.search_plan import search_effort

if TYPE_CHECKING:
    from painter_kit.cli.tune_prompt import TuneSettings
    from painter_kit.inference.parted import AnyPrompt


def show_plan(
    settings: TuneSettings,
    inits: Sequence[str | AnyPrompt],
    source: Source,
    flags: Mapping[str, Any],
) -> None:
    """The cost if every pair of the pool is usable and the store holds nothing."""
    from prompt_tuning.plan import make_tune_plan, tune_effort
    from prompt_tuning.starts import SEARCH, count_given, count_starts

    config, as_json = settings.config(), flags["as_json"]
    predictor = open_predictor(settings, flags)
    pace, starts = config.pace(predictor.model), count_starts(inits, config.starts)
    search = source.plan(settings.search())
    plan = make_tune_plan(config, pace, search, SEARCH in inits, starts, count_given(inits))
    stored = search_effort(source, search).storage
    each = stored["store"] / max(1, search.total)
    sides = [spec.canvas for _, spec, _ in source.cut(source.spec, source.splits)]
    effort = tune_effort(plan, predictor.model, sides, each)
    rate = find_rate(flags, lambda: source.throughput(predictor))
    head = f"{settings.task} on {settings.data}; {plan.before}"
    say(f"{head}\n{plan.sentence}; {effort.words(rate)}", as_json)
    if as_json:
        names = {"task": settings.task, "data": settings.data, "init": settings.init}
        costs = {"forwards": plan.forwards, "forwards_before": plan.forwards_before}
        emit({**names, "samples": plan.samples, **costs, **effort.to_json(rate)})
