"""What needs no model, on the pictures that judge the cells: the level that short trainings have
to leave behind before a comparison of them says anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from benchmarks.abilities.ask import Ability
from benchmarks.abilities.plain import best_plain, training_examples
from benchmarks.ablations.results import Result
from painter_kit.data.base import open_dataset
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import Resized, draw_prompts, draw_queries


@dataclass(frozen=True)
class Floor:
    """The best answer without a model for one task, by name, with every metric of it."""

    name: str
    metrics: dict[str, float]


def floors(results: Sequence[Result]) -> dict[str, Floor]:
    """Task -> its floor on the queries that its cells' cards tell of.

    A task that cells were judged on with different queries has that of the first of them.
    """
    found: dict[str, Floor] = {}
    for result in results:
        validation, side = result.card["validation"], int(result.card["canvas"])
        for task in validation["tasks"]:
            if task["task"] not in found:
                judged = validation["data"], validation["split"], task["examples"]
                found[task["task"]] = _floor(task["task"], *judged, side)
    return found


@cache  # asked for after every cell
def _floor(name: str, data: str, split: str, count: int, side: int) -> Floor:
    dataset = Resized(open_dataset(data), side)
    queries = draw_queries(dataset, name, split, count)
    trained = [example.truth for example in training_examples(dataset, name)]
    task, spec = get_task(name), dataset.spec(name)
    # Without codings of episodes any prompt has that of the task.
    prompts = draw_prompts(dataset, name, 1)
    answer, records = best_plain(Ability(name, name, task, spec, queries, prompts, trained))
    return Floor(answer, task.summarise(records[0], spec))
