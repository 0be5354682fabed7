"""What a search with the default strategy costs at several sizes, counted while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.search_replay.replay import Replay
from benchmarks.search_replay.synthetic import Synthetic
from painter_kit.evaluation.panel import PANEL_SIZE
from prompt_search.halving import Halving

# candidates, select images, and the largest shares of exhaustive for selection and in total
SIZES = ((512, 512, 0.055, 0.09), (5000, 512, None, 0.055), (5000, 2000, None, 0.02))
CONFIRM = 128


@dataclass(frozen=True)
class Cost:
    """Forwards of a search's stages and the shares of exhaustive they may be (None: no bar)."""

    candidates: int
    images: int
    select: int
    panel: int
    confirm: int
    select_bar: float | None
    total_bar: float | None

    @property
    def exhaustive(self) -> int:
        """Every candidate on every select image."""
        return self.candidates * self.images

    @property
    def select_share(self) -> float:
        """Selection alone."""
        return self.select / self.exhaustive

    @property
    def total_share(self) -> float:
        """Selection, panel on select and confirm, and the winner on confirm."""
        return (self.select + self.panel + self.confirm) / self.exhaustive

    @property
    def passed(self) -> bool:
        """Whether both shares keep to their bars."""
        pairs = ((self.select_share, self.select_bar), (self.total_share, self.total_bar))
        return all(bar is None or share <= bar for share, bar in pairs)


def measure_costs(
    sizes: Sequence[tuple[int, int, float | None, float | None]] = SIZES,
) -> list[Cost]:
    """Run halving once at every size on a synthetic matrix and count what it asks for."""
    return [_measure(*size) for size in sizes]


def _measure(
    candidates: int, images: int, select_bar: float | None, total_bar: float | None
) -> Cost:
    family = Synthetic("cost", 0.2, candidates=candidates, select=images, test=1)
    panel = np.random.default_rng(0).choice(candidates, PANEL_SIZE, replace=False)
    replay = Replay(family.draw(0), panel.tolist())
    known = replay.asked
    Halving().run(replay.ask, replay.log, *replay.shape, replay.known)
    return Cost(
        candidates,
        images,
        replay.asked - known,
        known + PANEL_SIZE * CONFIRM,
        CONFIRM,
        select_bar,
        total_bar,
    )
