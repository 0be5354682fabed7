"""What the embedded model is held to, and what it reaches on test scenes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.abilities.ask import Ability, cross_records, existing
from benchmarks.abilities.contrast import ByPrompt, in_words, mean_interval, metric_label
from benchmarks.abilities.switch import OWN_QUERY, SAME_QUERY
from painter_kit.data.base import open_dataset
from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.evaluation.evaluate import orientation, primary
from painter_kit.evaluation.intervals import Interval
from painter_kit.inference.predictor import Predictor
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import Resized, draw_prompts, draw_queries
from painter_kit.training.switching import Switching
from painter_kit.training.validate import no_model

# Task -> metric and limit. The others are relative to what no model reaches: half the error of
# the mean depth map, and RESTORED_DB above the corrupted picture.
LIMITS: Mapping[str, tuple[str, float]] = {
    "semantic": ("miou", 0.6),
    "coco-semantic": ("miou", 0.6),
    "instance": ("ap50", 0.4),
    "keypoint": ("pck", 0.7),
    "foreground": ("iou", 0.9),
}
RESTORED_DB = 4.0
SWITCHING = 0.95
SHARE = "share, higher is better"
TASKS = ("depth", *LIMITS, *RESTORATION_TASKS)


@dataclass(frozen=True)
class Bar:
    """A measured number beside the limit that it should keep; ``note`` says what the limit is.

    ``worsened``, of restoration: the share of pictures that are painted worse than they were.
    """

    name: str
    metric: str
    value: Interval
    limit: float
    queries: int
    lower: bool = False
    note: str = ""
    worsened: float | None = None

    @property
    def held(self) -> bool:
        """Whether the value is on the right side of the limit."""
        return self.value.value <= self.limit if self.lower else self.value.value >= self.limit

    def cells(self) -> dict[str, object]:
        """The row in words, for a table."""
        note = f" ({self.note})" if self.note else ""
        return {
            "task": self.name,
            "metric": self.metric,
            "queries": self.queries,
            "value": in_words(self.value),
            "bar": f"{'<=' if self.lower else '>='} {self.limit:.3f}{note}",
            "held": "yes" if self.held else "NO",
        }

    def record(self) -> dict[str, object]:
        """The row in numbers, for programs."""
        named = {"name": self.name, "metric": self.metric, "limit": self.limit}
        named["queries"] = self.queries
        more = {} if self.worsened is None else {"worsened": self.worsened}
        return {**named, "held": self.held, **self.value.to_json(), **more}


def task_bars(predictor: Predictor, examples: int, prompts: int, seed: int = 0) -> Iterator[Bar]:
    """A bar per task of ``TASKS``: mean over random prompts, on queries of the test split."""
    world = Resized(open_dataset("world"), predictor.canvas)
    for name in TASKS:
        task, spec = get_task(name), world.spec(name)
        queries = draw_queries(world, name, "test", examples, seed)
        drawn = draw_prompts(world, name, prompts, seed)
        ability = Ability(name, name, task, spec, queries, drawn)
        records = cross_records(predictor, [ability], {name: drawn})[name][name]
        yield _bar(ability, records, no_model(task, spec, world, queries), seed)


def forwards(examples: int, prompts: int) -> int:
    """Pictures that ``task_bars`` paints."""
    return prompts * sum(existing("world", name, examples) for name in TASKS)


def _bar(
    ability: Ability,
    records: ByPrompt,
    baselines: Mapping[str, float],
    seed: int,
) -> Bar:
    task, spec, queries = ability.task, ability.spec, len(ability.examples)

    def measured(metric: str) -> Interval:
        return mean_interval(task, spec, records, ability.groups, metric, seed)

    if task.name == "depth":
        plain = baselines["mean map abs_rel"]
        note, label = f"half of the mean map's {plain:.3f}", "abs_rel, lower is better"
        value = measured("abs_rel")
        return Bar("depth", label, value, plain / 2, queries, lower=True, note=note)
    if task.name in LIMITS:
        metric, limit = LIMITS[task.name]
        return Bar(task.name, metric_label(spec, metric), measured(metric), limit, queries)
    plain = baselines[f"input {spec.metric}"]
    worsened = _worsened(ability, records)
    note = f"input {plain:.2f} + {RESTORED_DB:.0f}; {worsened:.1%} painted worse than their input"
    label, value = metric_label(spec, spec.metric), measured(spec.metric)
    limit = plain + RESTORED_DB
    return Bar(task.name, label, value, limit, queries, note=note, worsened=worsened)


def _worsened(ability: Ability, records: ByPrompt) -> float:
    """Share of all painted pictures whose metric is worse than that of their query."""
    task, spec = ability.task, ability.spec
    before = [task.measure(e.image, e.truth, spec) for e in ability.examples]
    values = np.array([[primary(task, spec, [r]) for r in row] for row in (before, *records)])
    return float((orientation(spec) * (values[1:] - values[0]) < 0).mean())


def switching_bars(scenes: Mapping[str, Switching], figures: Mapping[str, Switching]) -> list[Bar]:
    """Shares of outputs nearest to the prompted task's target, of both editions of queries."""
    return [
        Bar(f"switching on {name}{more}", SHARE, one.interval, SWITCHING, len(one.groups))
        for edition, more in ((OWN_QUERY, ""), (SAME_QUERY, ", same query"))
        for name, found in (("scenes", scenes), ("figures", figures))
        for one in [found[edition]]
    ]
