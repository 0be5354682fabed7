"""What a search will cost, in forwards and in time, and the budget that it is held to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from painter_kit.cli.output import emit, say
from painter_kit.cli.planned import find_rate
from painter_kit.cli.prompting import Source, open_predictor
from painter_kit.cli.resume import Begun

if TYPE_CHECKING:
    from painter_kit.cli.search_settings import SearchSettings
    from painter_kit.evaluation.cost import Rate
    from painter_kit.evaluation.effort import Effort
    from painter_kit.inference.predictor import Predictor
    from prompt_search.plan import Plan

log = logging.getLogger(__name__)


def check_budget(settings: SearchSettings, source: Source) -> None:
    """Raise ``InputError`` for too small a budget, if that can be told before anything is timed."""
    from prompt_search.budget import parse_budget
    from prompt_search.plan import budget_forwards

    wish = parse_budget(settings.budget)
    forwards = budget_forwards(wish, source.plan(settings.config()))
    source.plan(settings.config(forwards))


def begin(
    settings: SearchSettings, source: Source, flags: Mapping[str, Any], predictor: Predictor
) -> Begun:
    """Measure this machine and settle the budget in forwards."""
    from painter_kit.evaluation.store import default_store_dir

    rate = _rate(source, flags, lambda: predictor)
    root = flags["data_root"]
    return Begun(
        asdict(settings),
        default_store_dir(flags["store"]).resolve(),
        root and root.resolve(),
        flags["device"],
        flags["mlflow"],
        _forwards(settings, source, rate),
        rate.throughput,
    )


def _rate(source: Source, flags: Mapping[str, Any], predictor: Callable[[], Predictor]) -> Rate:
    """The pace that was given for other hardware, or that of this machine."""
    return find_rate(flags, lambda: source.throughput(predictor()))


def _forwards(settings: SearchSettings, source: Source, rate: Rate) -> int | None:
    """The budget in forwards; None for no budget."""
    from prompt_search.budget import parse_budget
    from prompt_search.plan import budget_forwards

    wish = parse_budget(settings.budget)
    forwards = budget_forwards(wish, source.plan(settings.config()), rate)
    if forwards is not None and wish.forwards is None:
        log.info("--budget %s: %d forwards at %s", settings.budget, forwards, rate)
    return forwards


def show_plan(
    settings: SearchSettings, source: Source, flags: Mapping[str, Any], begun: Begun | None
) -> None:
    """Print what the search costs here or on other hardware; of a resumed one, the whole."""
    as_json = flags["as_json"]
    rate = _rate(source, flags, lambda: open_predictor(settings, flags))
    forwards = begun.forwards if begun else _forwards(settings, source, rate)
    plan = source.plan(settings.config(forwards))
    effort = search_effort(source, plan)
    head = f"{settings.task} on {settings.data}, {settings.strategy}"
    say(f"{head}\n{plan.sentence}; {effort.words(rate)}", as_json)
    if as_json:
        names = {"task": settings.task, "data": settings.data, "strategy": settings.strategy}
        emit({**names, **asdict(plan), "total": plan.total, **effort.to_json(rate)})


def search_effort(source: Source, plan: Plan) -> Effort:
    """What the planned search takes; what it leaves on disk is told by a few examples."""
    from painter_kit.evaluation.effort import Effort
    from painter_kit.evaluation.storage import picture_bytes, record_bytes

    each = record_bytes(source.task, source.spec, source.splits.select)
    sides = [spec.canvas for _, spec, _ in source.cut(source.spec, source.splits)]
    storage = {
        "store": round(plan.total / plan.views * each),
        "prompt": sum(picture_bytes(side, 2) for side in sides),
    }
    return Effort(plan.total, storage=storage, at_most=plan.at_most)
