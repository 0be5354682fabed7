"""What it takes to search and learn the prompts that a benchmark makes itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.suites.chosen import splits_of
from benchmarks.suites.run import Planned
from benchmarks.suites.settings import LEARNED, SEARCHED, BenchmarkSettings
from painter_kit.model.painter import Painter
from prompt_search.setting import plan_of
from prompt_tuning.plan import make_tune_plan, tune_effort


@dataclass(frozen=True)
class Making:
    """The most that making so many prompts takes: ``forwards``, and ``samples`` that are learned
    from at ``each`` forwards each."""

    prompts: int = 0
    forwards: int = 0
    samples: int = 0
    each: float = 0.0

    @property
    def sentence(self) -> str:
        """The cost in words; empty when nothing is made."""
        if not self.prompts:
            return ""
        learned = f" and {self.samples} samples forward and backward" if self.samples else ""
        many = f"{self.prompts} prompt{'s' * (self.prompts > 1)}"
        return f"{many} made before it: at most {self.forwards} forwards{learned}"


def plan_making(planned: Sequence[Planned], settings: BenchmarkSettings, model: Painter) -> Making:
    """All prompts of all parts, were none in the output folder and nothing in the store."""
    total = Making()
    for one in planned:
        made = [kind for kind in settings.wanted.made if kind in one.kinds]
        categories = dict.fromkeys(row.category for row in one.episodes.rows) if made else {}
        for category in categories:
            total = _added(total, one, category, settings, model, made)
    return total


def _added(
    total: Making,
    one: Planned,
    category: str,
    settings: BenchmarkSettings,
    model: Painter,
    made: Sequence[str],
) -> Making:
    """``total`` and the prompts of one category. A search is made for itself or to start from."""
    opened, search = one.opened, replace(settings.search, seed=settings.seed)
    splits = splits_of(settings, opened, category)
    plan = plan_of(opened.task, opened.spec, splits, search, [len(splits.pool)])
    searches = settings.wanted.folders.get(SEARCHED) is None
    forwards = plan.total if searches else 0
    samples, each = 0, total.each
    if LEARNED in made:
        tune = make_tune_plan(settings.tune, settings.tune.pace(model), plan, searched=False)
        effort = tune_effort(tune, model, [opened.spec.canvas])
        forwards += tune.forwards + (0 if searches else tune.forwards_before)
        samples, each = tune.samples, effort.each
    return Making(
        total.prompts + len({*made, SEARCHED} if searches else made),
        total.forwards + forwards,
        total.samples + samples,
        each,
    )
