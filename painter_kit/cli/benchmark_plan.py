"""What a benchmark will cost, in forwards, time and disk space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from painter_kit.cli.output import emit, say, table
from painter_kit.cli.planned import find_rate

if TYPE_CHECKING:
    from benchmarks.suites.base import Suite
    from benchmarks.suites.run import Planned
    from benchmarks.suites.settings import BenchmarkSettings
    from painter_kit.model.painter import Painter


def plan_words(suite: Suite, settings: BenchmarkSettings, planned: Sequence[Planned]) -> str:
    """What is asked, part by part."""
    rows = [
        {
            "part": one.opened.part.name,
            "task": one.opened.task.name,
            "data": one.opened.part.data,
            "shots": one.shots,
            "queries": len(one.episodes.of_draw(0)),
            "prompts": one.episodes.draws,
            "forwards": one.forwards,
            "episodes": one.episodes.digest[:12],
        }
        for one in planned
    ]
    total = sum(one.forwards for one in planned)
    notes = "".join(f"\n{note}" for one in planned for note in one.notes)
    return (
        f"suite {suite.name} (version {suite.version}), protocol {settings.protocol}, prompts "
        f"{settings.prompts}\n{table(rows)}{notes}\nplan: {total} forwards; those in the store are "
        "not repeated"
    )


def show_plan(
    suite: Suite,
    settings: BenchmarkSettings,
    planned: Sequence[Planned],
    model: Painter,
    flags: Mapping[str, Any],
) -> None:
    """Print what the benchmark costs here or on other hardware."""
    from benchmarks.suites.making import plan_making
    from painter_kit.evaluation.effort import Effort
    from painter_kit.evaluation.storage import record_bytes

    forwards = sum(one.forwards for one in planned)
    store = 0.0
    for one in planned:
        opened = one.opened
        store += one.forwards * record_bytes(opened.task, opened.spec, opened.queries)
    making = plan_making(planned, settings, model)
    effort = Effort(
        forwards + making.forwards,
        making.samples,
        making.each,
        {"store": round(store * (1 + making.forwards / max(1, forwards)))},
        at_most=making.prompts > 0,
    )
    rate = find_rate(flags, lambda: _throughput(settings, planned, model))
    made = f"; {making.sentence}" if making.prompts else ""
    say(f"{plan_words(suite, settings, planned)}{made}; {effort.words(rate)}", flags["as_json"])
    if flags["as_json"]:
        rows = [
            {"part": p.opened.part.name, "shots": p.shots, "forwards": p.forwards} for p in planned
        ]
        costs = {"forwards": forwards, "making": asdict(making)}
        emit({"rows": rows, **costs, **effort.to_json(rate)})


def _throughput(settings: BenchmarkSettings, planned: Sequence[Planned], model: Painter) -> float:
    """Forwards per second of this machine over all parts, each under its first prompt."""
    from benchmarks.suites.run import predictor_of
    from painter_kit.evaluation.cost import measure_throughput
    from painter_kit.inference.parted import forwards_of

    predictor = predictor_of(planned, settings, model)
    painting, seconds = (predictor.pictures, predictor.batch_size), 0.0
    for one in planned:
        opened = one.opened
        prompt = opened.prompt(one.episodes.of_draw(0)[0].supports, settings.how)
        pace = measure_throughput(opened.task, opened.spec, prompt, opened.queries, *painting)
        seconds += one.forwards / (pace * forwards_of(prompt))
    return sum(one.forwards for one in planned) / seconds
