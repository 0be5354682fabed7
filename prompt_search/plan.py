"""Settings of a search and what it will cost, known before anything is forwarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from painter_kit.errors import InputError
from painter_kit.evaluation.intervals import RESAMPLES
from painter_kit.evaluation.panel import PANEL_SIZE
from prompt_search.alternatives import also_forwards, check_names
from prompt_search.halving import Halving
from prompt_search.outcome import Strategy
from prompt_search.strategies import HalvingCertify, make_strategy


@dataclass(frozen=True)
class SearchConfig:
    """How to search.

    ``strategy``: ``random`` (the best of ``k``), ``exhaustive``, ``halving`` (``b0`` images
    first, ``eta`` times more at every rung for the best 1/``eta``, never fewer than ``keep``), or
    ``halving+certify``, which then challenges the winner until with ``confidence`` nobody beats
    it by more than ``epsilon`` in mean score, or ``share`` of exhaustive is spent. ``panel``:
    random prompts that the winner is compared with. ``resamples`` of the bootstrap. ``also``:
    alternatives to the winner that are measured too (``alternatives.ALSO``); an ensemble is
    chosen of the best ``ensemble_finalists`` and has ``ensemble_most`` members at most, that
    whose members are given has the best ``ensemble_size``.
    Raises ``InputError`` for values that make no sense.
    """

    strategy: str = "halving"
    seed: int = 0
    panel: int = PANEL_SIZE
    k: int = 16
    b0: int = 8
    eta: int = 4
    keep: int = 4
    resamples: int = RESAMPLES
    confidence: float = 0.95
    epsilon: float = 0.0
    share: float = 0.25
    also: tuple[str, ...] = ()
    ensemble_finalists: int = 8
    ensemble_most: int = 5
    ensemble_size: int = 3

    def __post_init__(self) -> None:
        self.build()
        check_names(self.also)
        least = {"panel": 2, "k": 1, "b0": 1, "eta": 2, "keep": 1, "resamples": 100}
        least |= {"ensemble_finalists": 2, "ensemble_most": 2, "ensemble_size": 2}
        for name, low in least.items():
            if (value := getattr(self, name)) < low:
                raise InputError(f"{name} of a search must be at least {low} but got {value}")
        if not 0.5 <= self.confidence < 1:
            raise InputError(
                f"confidence of a search must be at least 0.5 and below 1 but got {self.confidence}"
            )
        if self.epsilon < 0 or not 0 < self.share <= 1:
            raise InputError(
                "epsilon of a search must be at least 0 and share above 0 and at most 1 but got "
                f"{self.epsilon} and {self.share}"
            )

    def build(self) -> Strategy:
        """The strategy with these settings."""
        certify = HalvingCertify(
            Halving(self.b0, self.eta, self.keep), self.share, 1 - self.confidence, self.epsilon
        )
        return make_strategy(self.strategy, self.k, certify)


@dataclass(frozen=True)
class Plan:
    """Forwards (one query image under one prompt) of each stage of a search.

    ``pool`` counts the candidates of all ``parts`` (1 for a task without); ``views`` are the
    pictures that each part has painted for one example. ``also_forwards`` is the most that
    measuring alternatives to the winner asks for.
    """

    pool: int
    select: int
    confirm: int
    panel_size: int
    panel_forwards: int
    select_forwards: int
    confirm_forwards: int
    parts: int = 1
    views: int = 1
    also_forwards: int = 0

    @property
    def total(self) -> int:
        """All forwards, if nothing is known yet."""
        searching = self.panel_forwards + self.select_forwards + self.confirm_forwards
        return searching + self.also_forwards

    @property
    def exhaustive_forwards(self) -> int:
        """What judging every candidate on every select image costs."""
        return self.pool * self.select * self.views

    @property
    def sentence(self) -> str:
        """The plan in words."""
        share = self.select_forwards / self.exhaustive_forwards
        parts = f" of {self.parts} parts" if self.parts > 1 else ""
        also = f" + at most {self.also_forwards} for alternatives" if self.also_forwards else ""
        return (
            f"plan: {self.pool} candidates{parts}, {self.select} select and {self.confirm} confirm "
            f"images, panel of {self.panel_size}; forwards: {self.panel_forwards} panel + "
            f"{self.select_forwards} select ({share:.1%} of exhaustive "
            f"{self.exhaustive_forwards}) + {self.confirm_forwards} confirm{also} = {self.total}, "
            "less what the store holds"
        )


def make_plan(
    config: SearchConfig,
    pools: Sequence[int],
    select: int,
    confirm: int,
    views: int = 1,
    classes: int = 0,
) -> Plan:
    """The cost of searching as many candidates as each part's pool has on this many images.

    The panel is forwarded on select (reference, optimism) and on confirm (the comparison). With
    several parts, each is searched with a panel of its own; then panel and winner are compared
    jointly, on select too. ``views``: pictures that each part has painted for one example;
    ``classes``: how many may get a prompt of their own.
    """
    parts, panel = len(pools), min(config.panel, *pools)
    again = parts if parts > 1 else 0  # what was painted part by part is painted jointly
    strategy = config.build()
    cells = sum(strategy.cells(pool, select, panel) for pool in pools)
    on_panel = panel * ((parts + again) * select + parts * confirm)
    return Plan(
        sum(pools),
        select,
        confirm,
        panel,
        views * on_panel,
        views * cells,
        views * (again * select + parts * confirm),
        parts,
        views,
        views * also_forwards(config, sum(pools), select, confirm, classes),
    )
