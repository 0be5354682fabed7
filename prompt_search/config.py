"""Settings of a search: how, and among what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf

from painter_kit.errors import InputError
from painter_kit.evaluation.intervals import RESAMPLES
from painter_kit.evaluation.panel import PANEL_SIZE
from painter_kit.options.search import SearchOptions
from prompt_search.alternatives import check_names
from prompt_search.halving import Halving
from prompt_search.outcome import Strategy
from prompt_search.rules import PoolRules
from prompt_search.share import check_amount
from prompt_search.strategies import HalvingCertify, make_strategy
from prompt_search.studies import check_sampler

GENERATION = 8  # edits that are proposed together, by what those before have shown
KEPT_EDITS = 2  # of them that at least are judged on all images


@dataclass(frozen=True, kw_only=True)
class SearchConfig(SearchOptions, PoolRules):
    """``SearchOptions`` that make sense, and the comparison that ends a search.

    ``panel``: random prompts that the winner is compared with. ``resamples`` of the bootstrap.
    Raises ``InputError`` for values that make no sense.
    """

    seed: int = 0
    panel: int = PANEL_SIZE
    resamples: int = RESAMPLES

    def __post_init__(self) -> None:
        super().__post_init__()
        self.build()
        check_names(self.also)
        least = {"panel": 2, "k": 1, "b0": 1, "eta": 2, "keep": 1, "resamples": 100}
        least |= {"budget": 1, "patience": 1, "cut": 0}
        least |= {"rounds": 0, "refine": 0, "shuffles": 1}
        least |= {"ensemble_finalists": 2, "ensemble_most": 2, "ensemble_size": 2}
        for name, low in least.items():
            if (value := getattr(self, name)) is not None and value < low:
                raise InputError(f"{name} of a search must be at least {low} but got {value}")
        check_amount("least_gain of a search", self.least_gain)
        check_amount("margin of a search", self.margin)
        if not 0.5 <= self.confidence < 1:
            raise InputError(
                f"confidence of a search must be at least 0.5 and below 1 but got {self.confidence}"
            )
        if not 0 <= self.epsilon < inf or not 0 < self.most_share <= 1:
            raise InputError(
                "epsilon of a search must be at least 0 and share above 0 and at most 1 but got "
                f"{self.epsilon} and {self.most_share}"
            )

        if not 0 < self.joint_share <= 1:
            raise InputError(
                f"joint_share of a search must be above 0 and at most 1 but got {self.joint_share}"
            )

        check_sampler(self.sampler)

    @property
    def races(self) -> bool:
        """Whether the strategy chooses among candidates."""
        return self.strategy not in ("released", "panel")

    @property
    def jointly(self) -> SearchConfig:
        """How parts are raced together: a certificate is about the whole pool, so there is none."""
        certify = self.strategy == "halving+certify"
        return replace(self, strategy="halving") if certify else self

    def entrants(self, pool: int) -> int:
        """How many of a part's candidates are raced together with the other parts."""
        return min(pool, max(2, self.keep, ceil(self.joint_share * pool)))

    @property
    def generations(self) -> list[int]:
        """How many edits are tried at once, generation by generation."""
        whole, rest = divmod(self.refine, GENERATION)
        return [GENERATION] * whole + [rest] * (rest > 0)

    @property
    def refining(self) -> Halving:
        """How the edits of a generation are raced."""
        return replace(self.halving, keep=KEPT_EDITS)

    @property
    def halving(self) -> Halving:
        """The schedule of races, which a budget may change where no ``b0`` is given."""
        fixed = self.b0 is not None
        return Halving(Halving.b0 if self.b0 is None else self.b0, self.eta, self.keep, fixed)

    @property
    def most_share(self) -> float:
        """The share of exhaustive that ``halving+certify`` may spend."""
        if self.share is not None:
            return self.share
        return HalvingCertify.share if self.budget is None else 1.0

    def build(self) -> Strategy:
        """The strategy with these settings."""
        certify = HalvingCertify(
            self.halving,
            self.most_share,
            1 - self.confidence,
            self.epsilon,
            patience=self.patience,
        )
        return make_strategy(self.strategy, self.k, certify)
