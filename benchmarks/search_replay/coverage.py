"""How often the certificate is wrong, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import stats

from benchmarks.search_replay.apart import Each
from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.replay import Replay
from painter_kit.evaluation.order import generator
from painter_kit.evaluation.panel import PANEL_SIZE
from prompt_search.strategies import HalvingCertify

ROUNDING = 1e-9


@dataclass(frozen=True)
class Coverage:
    """Of ``replays`` certificates ``wrong`` were; at most ``allowed`` may be.

    ``spent``: mean share of exhaustive, panel included; ``complete``: share of replays that left
    nobody open; ``epsilon``: median of what the others leave open, in interaction deviations.
    """

    name: str
    replays: int
    wrong: int
    allowed: int
    spent: float
    complete: float
    epsilon: float

    @property
    def passed(self) -> bool:
        """Whether there are few enough wrong ones."""
        return self.wrong <= self.allowed


@dataclass(frozen=True)
class _Replayed:
    wrong: bool
    spent: float
    epsilon: float


def measure_coverage(
    name: str,
    draw: Callable[[int], Matrix],
    replays: int,
    strategy: HalvingCertify,
    each: Each = map,
) -> Coverage:
    """Replay halving+certify; a certificate is wrong when the best candidate on the select
    images beats the chosen one by more than it says.

    ``allowed`` is the 95 % quantile of the binomial at the strategy's delta.
    """
    found = list(each(partial(_replay, draw, strategy), range(replays)))
    allowed = int(stats.binom.ppf(0.95, replays, strategy.delta))
    epsilons = np.array([r.epsilon for r in found])
    left = epsilons[epsilons > 0]
    return Coverage(
        name,
        replays,
        sum(r.wrong for r in found),
        allowed,
        float(np.mean([r.spent for r in found])),
        float((epsilons == 0).mean()),
        float(np.median(left)) if len(left) else 0.0,
    )


def _replay(draw: Callable[[int], Matrix], strategy: HalvingCertify, seed: int) -> _Replayed:
    matrix = draw(seed).shuffled(generator(seed, "replay order"))
    size = len(matrix.select)
    panel = generator(seed, "panel").choice(size, PANEL_SIZE, replace=False)
    replay = Replay(matrix, panel.tolist())
    outcome = strategy.run(replay.ask, replay.log, *replay.shape, replay.known)
    if outcome.certificate is None:
        raise ValueError("this strategy gives no certificate")
    means, epsilon = matrix.select.mean(1), outcome.certificate.epsilon
    gap = float(means.max() - means[outcome.finalists[0]])
    sd = matrix.components.interaction_sd
    return _Replayed(
        gap > epsilon + ROUNDING * float(np.abs(means).max()),
        replay.asked / matrix.select.size,
        epsilon / sd if sd > 0 else epsilon,
    )
