"""Settings of a search and what it will cost, known before anything is forwarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from painter_kit.errors import InputError
from painter_kit.evaluation.intervals import RESAMPLES
from painter_kit.evaluation.panel import PANEL_SIZE
from prompt_search.halving import Halving
from prompt_search.outcome import Strategy
from prompt_search.strategies import HalvingCertify, make_strategy
from prompt_search.studies import check_sampler

GENERATION = 8  # edits that are proposed together, by what those before have shown
KEPT_EDITS = 2  # of them that at least are judged on all images


@dataclass(frozen=True)
class SearchConfig:
    """How to search.

    ``strategy``: ``random`` (the best of ``k``), ``exhaustive``, ``halving`` (``b0`` images
    first, ``eta`` times more at every rung for the best 1/``eta``, never fewer than ``keep``), or
    ``halving+certify``, which then challenges the winner until with ``confidence`` nobody beats
    it by more than ``epsilon`` in mean score, or ``share`` of exhaustive is spent. ``panel``:
    random prompts that the winner is compared with. ``resamples`` of the bootstrap.

    Of a task with parts, ``joint_share`` of each part's candidates, but at least ``keep``, are
    raced again by the metric of the whole, the parts in turn, in up to ``rounds`` rounds.

    ``refine`` edits of each winning pair are tried (0 = none), proposed by Optuna's ``sampler``,
    ``tpe`` or ``cmaes``.
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
    rounds: int = 2
    joint_share: float = 0.25
    refine: int = 0
    sampler: str = "tpe"

    def __post_init__(self) -> None:
        self.build()
        least = {"panel": 2, "k": 1, "b0": 1, "eta": 2, "keep": 1, "resamples": 100}
        least |= {"rounds": 0, "refine": 0}
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

        if not 0 < self.joint_share <= 1:
            raise InputError(
                f"joint_share of a search must be above 0 and at most 1 but got {self.joint_share}"
            )

        check_sampler(self.sampler)

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
        return Halving(self.b0, self.eta, KEPT_EDITS)

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
    pictures that each part has painted for one example. Of ``select_forwards``, which are the most
    that may be spent, ``joint_forwards`` race the parts together; ``refine_forwards`` is what
    refinement takes at most of these and of ``confirm_forwards``.
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
    joint_forwards: int = 0
    refine_forwards: int = 0

    @property
    def total(self) -> int:
        """All forwards, if nothing is known yet."""
        return self.panel_forwards + self.select_forwards + self.confirm_forwards

    @property
    def exhaustive_forwards(self) -> int:
        """What judging every candidate on every select image costs."""
        return self.pool * self.select * self.views

    @property
    def sentence(self) -> str:
        """The plan in words."""
        share = self.select_forwards / self.exhaustive_forwards
        parts = f" of {self.parts} parts" if self.parts > 1 else ""
        refine = f" (at most {self.refine_forwards} to refine)" if self.refine_forwards else ""
        jointly = f", at most {self.joint_forwards} together" if self.joint_forwards else ""
        return (
            f"plan: {self.pool} candidates{parts}, {self.select} select and {self.confirm} confirm "
            f"images, panel of {self.panel_size}; forwards: {self.panel_forwards} panel + "
            f"{self.select_forwards} select ({share:.1%} of exhaustive "
            f"{self.exhaustive_forwards}{jointly}) + {self.confirm_forwards} confirm = "
            f"{self.total}{refine}, less what the store holds"
        )


def make_plan(
    config: SearchConfig, pools: Sequence[int], select: int, confirm: int, views: int = 1
) -> Plan:
    """The cost of searching as many candidates as each part's pool has on this many images.

    The panel is forwarded on select (reference, optimism) and on confirm (the comparison). With
    several parts, each is searched with a panel of its own; then the best are raced together, and
    panel and winner are compared jointly, on select too. ``views``: pictures that each part has
    painted for one example.
    """
    parts, panel = len(pools), min(config.panel, *pools)
    again = parts if parts > 1 else 0  # what was painted part by part is painted jointly
    strategy = config.build()
    joint, edits = joint_cells(config, pools, select), refine_cells(config, parts, select)
    cells = sum(strategy.cells(pool, select, panel) for pool in pools) + joint + edits
    on_panel = panel * ((parts + again) * select + parts * confirm)
    unrefined = parts * confirm * (config.refine > 0)
    return Plan(
        sum(pools),
        select,
        confirm,
        panel,
        views * on_panel,
        views * cells,
        views * (again * select + parts * confirm + unrefined),
        parts,
        views,
        views * joint,
        views * (edits + unrefined),
    )


def joint_cells(config: SearchConfig, pools: Sequence[int], select: int) -> int:
    """Pictures of one view, at most, to race parts together (``alternate.py``).

    Every race has the fixed parts painted on all images and its entrants but the first, the very
    first race this one as well; in the end two pairs are painted as they are used.
    """
    parts = len(pools)
    if parts == 1 or config.rounds == 0:
        return 0
    strategy = config.jointly.build()
    races = [strategy.cells(config.entrants(pool), select, 1) for pool in pools]
    fixed = parts * (parts - 1) * select
    return config.rounds * (sum(races) + fixed) + select + 2 * parts * select


def refine_cells(config: SearchConfig, parts: int, select: int) -> int:
    """Pictures of one view, at most, that refinement has painted on select (``refine.py``).

    Where there are several parts, the winner is painted once more for each, and in the end as it
    is used, without and with the edits.
    """
    race = config.refining
    trials = sum(race.cells(count + 1, select, 1) for count in config.generations)
    if parts == 1 or not config.refine:
        return parts * trials
    return parts * (trials + parts * select) + 2 * parts * select
