"""What a search measures beside panel and race, counted before anything runs."""

from __future__ import annotations

from painter_kit.data.base import Dataset, OneTarget
from painter_kit.evaluation.released import has_released
from painter_kit.tasks.base import Task, get_task
from prompt_search.config import SearchConfig
from prompt_search.plan import Extras

# Images that are painted under a prompt of their own: each costs a whole batch.
OWN = 32


def other_tasks(task: Task, dataset: Dataset | None) -> list[str]:
    """Tasks without parts that the dataset has truth for beside ``task`` and its parts."""
    if dataset is None or (isinstance(dataset, OneTarget) and dataset.one_target):
        return []
    own = {task.name}
    if task.parts:
        own |= {part.task for _, part in dataset.spec(task.name).parts}
    return [t for t in dataset.tasks if t not in own and not get_task(t).parts]


def extras_of(task: Task, dataset: Dataset | None, config: SearchConfig, confirm: int) -> Extras:
    """At most this; what the data turn out not to have is left out."""
    released = has_released(dataset) and config.strategy != "released"
    if not config.diagnose:
        return Extras(released)
    altered = 1 + config.shuffles + len(other_tasks(task, dataset))
    return Extras(released, altered, min(confirm, OWN))
