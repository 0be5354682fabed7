"""What is compared: the search's own strategies and the simple ways that they must beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.replay import Course, Replay
from painter_kit.evaluation.panel import PANEL_SIZE
from prompt_search.halving import Halving
from prompt_search.outcome import Strategy
from prompt_search.strategies import Exhaustive, HalvingCertify

# play(replay, rng, most): ask for up to ``most`` cells, one's own randomness from ``rng``.
Play = Callable[[Replay, np.random.Generator, int], object]

HALVING, CERTIFY = "halving", "halving+certify"  # those of the command line, which have bars
UNIFORM_STEP = 4
BRACKETS = (2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Contender:
    """A way to search; with ``panel`` it is given a random panel and pays for it first.

    ``share`` of exhaustive is the most it may spend.
    """

    name: str
    play: Play
    panel: bool = False
    share: float = 1.0

    def run(self, matrix: Matrix, rng: np.random.Generator) -> Course:
        """Play once on a table whose candidates and images are in random order already."""
        size = len(matrix.select)
        drawn = rng.choice(size, min(PANEL_SIZE, size), replace=False) if self.panel else ()
        replay = Replay(matrix, [int(c) for c in drawn])
        self.play(replay, rng, int(self.share * matrix.select.size))
        return replay.course


def play_strategy(
    strategy: Strategy, replay: Replay, rng: np.random.Generator, most: int
) -> object:
    """One of the search's own strategies within a budget."""
    return strategy.run(
        replay.ask,
        replay.log,
        *replay.shape,
        replay.known,
        lambda cells: replay.asked + cells <= most,
    )


def play_brackets(replay: Replay, rng: np.random.Generator, most: int) -> None:
    """Halving from 2 images at first, again from 4, and so on; what is known costs nothing.

    The best that any bracket has judged on all images leads.
    """
    for b0 in BRACKETS:
        play_strategy(Halving(b0), replay, rng, most)


def play_uniform(replay: Replay, rng: np.random.Generator, most: int) -> None:
    """Every candidate on the same images, a few more at a time."""
    candidates, images = replay.shape
    everybody, sums = range(candidates), np.zeros(candidates)
    for start in range(0, images, UNIFORM_STEP):
        stop = min(images, start + UNIFORM_STEP)
        if replay.asked + candidates * (stop - start) > most:
            return
        sums += replay.ask(everybody, start, stop).sum(1)
        replay.lead(int(sums.argmax()))


def play_unpaired(replay: Replay, rng: np.random.Generator, most: int) -> None:
    """Halving whose candidates are each judged on random images of their own."""
    candidates, images = replay.shape
    orders = np.array([rng.permutation(images) for _ in range(candidates)])
    halving, alive, start = Halving(), np.arange(candidates), 0
    sums = np.zeros(candidates)
    for end in halving.rungs(images):
        if replay.asked + len(alive) * (end - start) > most:
            return
        sums[alive] += replay.look(alive.tolist(), orders[alive, start:end]).sum(1)
        ranked = alive[np.argsort(-sums[alive], kind="stable")]
        replay.log(ranked.tolist(), sums[ranked] / end, end, [])
        alive, start = ranked[: halving.survivors(len(alive))], end


def own(name: str, strategy: Strategy, panel: bool = False, share: float = 1.0) -> Contender:
    """A contender that is one of the search's strategies."""
    return Contender(name, partial(play_strategy, strategy), panel, share)


def contenders(with_tpe: bool = True) -> list[Contender]:
    """All that are compared.

    Random-k for every k is the course of exhaustive: candidates come in random order.
    """
    found = [
        own("exhaustive = random-k", Exhaustive()),
        Contender("uniform allocation", play_uniform),
        Contender("unpaired halving", play_unpaired),
        own("halving from 2 images", Halving(2)),
        own("halving without panel", Halving()),
        own(HALVING, Halving(), panel=True),
        own("halving from 32 images", Halving(32)),
        Contender("halving in brackets", play_brackets),
        own(CERTIFY, HalvingCertify(), panel=True),
    ]
    if with_tpe:
        from benchmarks.search_replay.tpe import play_tpe

        found.append(Contender("TPE + WilcoxonPruner", play_tpe, share=0.2))
    return found
