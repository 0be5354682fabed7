"""The demonstration: search, tune and test prompts of one task on one dataset."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.rows import Row, measure_row
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import Sizes, Splits
from painter_kit.model.painter import Painter
from painter_kit.types import Reporter, silent
from prompt_search.config import SearchConfig
from prompt_search.result import SearchResult
from prompt_search.search import search_prompt
from prompt_tuning.config import TuneConfig
from prompt_tuning.result import TuneResult
from prompt_tuning.run import tune_prompt


@dataclass(frozen=True)
class DemoSettings:
    """What the demonstration runs: small enough for a laptop, large enough to tell something."""

    task: str = "depth"
    data: tuple[str, ...] = ("world", "world-shifted")
    checkpoint: str = "world-tiny"
    seed: int = 0
    pool: int = 64
    select: int = 48
    confirm: int = 64
    test: int = 96
    batch: int = 16
    search: SearchConfig = field(default_factory=SearchConfig)
    tune: TuneConfig = field(
        default_factory=lambda: TuneConfig(steps=40, evaluate_every=10, robustness=False)
    )

    def seeded(self) -> DemoSettings:
        """The same with ``seed`` in force everywhere."""
        return replace(
            self,
            search=replace(self.search, seed=self.seed),
            tune=replace(self.tune, seed=self.seed),
        )

    @property
    def sizes(self) -> Sizes:
        """Caps of the splits."""
        return Sizes(self.pool, self.select, self.confirm, self.test)


@dataclass(frozen=True)
class DemoPart:
    """What one dataset gave."""

    splits: Splits
    search: SearchResult
    tune: TuneResult
    row: Row


def run_part(
    model: Painter,
    judge: Judge,
    splits: Splits,
    settings: DemoSettings,
    out: Path,
    search_reporter: Reporter = silent,
    tune_reporter: Reporter = silent,
) -> DemoPart:
    """Search, tune from the searched prompt, and measure all three kinds on test.

    Writes the search's and the tuning's results into ``out/search`` and ``out/tune``. Test is
    read last, once, and decides nothing.
    """
    splits = splits.loaded()
    found = search_prompt(
        judge,
        splits,
        settings.search,
        out=out / "search",
        checkpoint=settings.checkpoint,
        reporter=search_reporter,
    )
    tuned = tune_prompt(
        model,
        judge,
        splits,
        settings.tune,
        found.prompt,
        search=settings.search,
        out=out / "tune",
        checkpoint=settings.checkpoint,
        reporter=tune_reporter,
    )
    with judge.progress((len(found.panel_prompts) + 2) * len(splits.test), "test"):
        row = measure_row(
            judge,
            splits,
            found.panel_prompts,
            found.prompt,
            tuned.prompt,
            settings.seed,
            settings.search.resamples,
        )
    return DemoPart(splits, found, tuned, row)
