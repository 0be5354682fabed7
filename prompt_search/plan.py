"""Settings of a search and what it will cost, known before anything is forwarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, inf

from painter_kit.errors import InputError
from painter_kit.evaluation.cost import Rate
from painter_kit.evaluation.intervals import RESAMPLES
from painter_kit.evaluation.panel import PANEL_SIZE
from prompt_search.alternatives import also_forwards, check_names
from prompt_search.budget import LEVELS, Budget, Stop, Wish
from prompt_search.halving import Halving
from prompt_search.outcome import Strategy
from prompt_search.rules import PoolRules
from prompt_search.share import check_amount
from prompt_search.strategies import HalvingCertify, make_strategy
from prompt_search.studies import check_sampler

GENERATION = 8  # edits that are proposed together, by what those before have shown
KEPT_EDITS = 2  # of them that at least are judged on all images


@dataclass(frozen=True)
class SearchConfig(PoolRules):
    """How to search; the settings of ``PoolRules`` say among what.

    ``strategy``: ``random`` (the best of ``k``), ``exhaustive``, ``halving`` (``b0`` images
    first, ``eta`` times more at every rung for the best 1/``eta``, never fewer than ``keep``), or
    ``halving+certify``, which then challenges the winner until with ``confidence`` nobody beats
    it by more than ``epsilon`` in mean score, or ``share`` of exhaustive is spent (without one, a
    quarter, or as much as a ``budget`` allows); ``released``
    (the authors' prompt, no search) or ``panel`` (the best of the panel). ``panel``: random
    prompts that the winner is compared with. ``resamples`` of the bootstrap.

    ``budget``: most forwards of all stages together, known ones too. It is spent: ``halving`` then
    has the longest ``b0`` that fits, up to all images, unless one is given; without both, 8.
    ``patience``: candidates of ``random`` and ``exhaustive``, or
    challenges of ``halving+certify``, in a row without a new leader that end a race. ``cut``
    ends the races after so many forwards, as a log says of one that was ended from outside.
    Of a task with parts, ``joint_share`` of each part's candidates, but at least ``keep``, are
    raced again by the metric of the whole, the parts in turn, in up to ``rounds`` rounds.

    ``refine`` edits of each winning pair are tried (0 = none), proposed by Optuna's ``sampler``,
    ``tpe`` or ``cmaes``.

    ``stop_interchangeable``: end after the panel when prompts cannot be told apart and the best
    one is expected to gain less than ``least_gain`` (outlook.py). ``diagnose``: measure how the
    winner's parts matter (sensitivity.py), with ``shuffles`` targets of other candidates; values
    within ``margin`` count as equal. ``least_gain`` and ``margin`` are in the metric's unit, or
    with a percent sign a share of the panel's mean.

    ``also``: alternatives to the winner that are measured too (``alternatives.ALSO``); an
    ensemble is chosen of the best ``ensemble_finalists`` and has ``ensemble_most`` members at most,
    that whose members are given has the best ``ensemble_size``.
    Raises ``InputError`` for values that make no sense.
    """

    strategy: str = "halving"
    seed: int = 0
    panel: int = PANEL_SIZE
    k: int = 16
    b0: int | None = None
    eta: int = 4
    keep: int = 4
    resamples: int = RESAMPLES
    confidence: float = 0.95
    epsilon: float = 0.0
    share: float | None = None
    budget: int | None = None
    patience: int | None = None
    cut: int | None = None
    rounds: int = 2
    joint_share: float = 0.25
    refine: int = 0
    sampler: str = "tpe"
    stop_interchangeable: bool = True
    # Below the smallest gain that the paper reports for searched prompts (0.4 %, enhancement).
    least_gain: float | str = "0.25%"
    diagnose: bool = False
    shuffles: int = 4
    margin: float | str = "1%"
    also: tuple[str, ...] = ()
    ensemble_finalists: int = 8
    ensemble_most: int = 5
    ensemble_size: int = 3

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


@dataclass(frozen=True)
class Plan:
    """Forwards (one query image under one prompt) of each stage of a search.

    ``pool`` counts the candidates of all ``parts`` (1 for a task without); ``views`` are the
    pictures that each part has painted for one example. ``select_forwards`` are the races',
    ``at_most`` where they may end earlier; of these at most ``joint_forwards`` race the parts
    together; of these and of ``confirm_forwards`` at most ``refine_forwards`` refine the winner.
    ``least_forwards`` is what the shortest races before these cost; ``notes`` say what became of
    the pool. ``also_forwards`` is the most that measuring alternatives to the winner asks for.
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
    at_most: bool = False
    least_forwards: int = 0
    notes: tuple[str, ...] = ()
    joint_forwards: int = 0
    refine_forwards: int = 0
    sensitivity_forwards: int = 0
    also_forwards: int = 0

    @property
    def total(self) -> int:
        """All forwards, if nothing is known yet."""
        searching = self.panel_forwards + self.select_forwards + self.confirm_forwards
        return searching + self.sensitivity_forwards + self.also_forwards

    @property
    def exhaustive_forwards(self) -> int:
        """What judging every candidate on every select image costs."""
        return self.pool * self.select * self.views

    @property
    def fixed(self) -> int:
        """Forwards set aside before the races of the pool: the most of all other stages."""
        beside = self.panel_forwards + self.confirm_forwards + self.sensitivity_forwards
        return beside + self.also_forwards + self.later

    @property
    def later(self) -> int:
        """Forwards on select, at most, that follow the races of the pool."""
        unrefined = self.views * self.parts * self.confirm if self.refine_forwards else 0
        return self.joint_forwards + self.refine_forwards - unrefined

    @property
    def closing(self) -> int:
        """Forwards that follow races which were ended: winner and panel on confirm."""
        return self.confirm_forwards + self.views * self.panel_size * self.parts * self.confirm

    def told(self, rate: Rate | None = None) -> str:
        """The plan in words, with the time that it takes at ``rate``."""
        if rate is None:
            return self.sentence
        most = "at most " if self.at_most else "about "
        return f"{self.sentence}; {most}{rate.time(self.total)} at {rate}"

    @property
    def sentence(self) -> str:
        """The plan in words."""
        most = "at most " if self.at_most else ""
        share = self.select_forwards / self.exhaustive_forwards
        parts = f" of {self.parts} parts" if self.parts > 1 else ""
        jointly = f", at most {self.joint_forwards} together" if self.joint_forwards else ""
        more = f" + {self.sensitivity_forwards} sensitivity" if self.sensitivity_forwards else ""
        also = f" + at most {self.also_forwards} for alternatives" if self.also_forwards else ""
        refine = f" (at most {self.refine_forwards} to refine)" if self.refine_forwards else ""
        return (
            f"plan: {self.pool} candidates{parts}, {self.select} select and {self.confirm} confirm "
            f"images, panel of {self.panel_size}; forwards: {self.panel_forwards} panel + "
            f"{most}{self.select_forwards} select ({share:.1%} of exhaustive "
            f"{self.exhaustive_forwards}{jointly}) + {self.confirm_forwards} confirm{more}{also} = "
            f"{most}{self.total}{refine}, "
            "less what the store holds" + "".join(f"; {note}" for note in self.notes)
        )


@dataclass(frozen=True)
class Extras:
    """What is measured beside panel and race, at most (extras.py counts it).

    ``released``: the authors' prompt on confirm. ``altered`` prompts on confirm, and ``own``
    prompts on one image each, for a diagnosis.
    """

    released: bool = False
    altered: int = 0
    own: int = 0


def make_plan(
    config: SearchConfig,
    pools: Sequence[int],
    select: int,
    confirm: int,
    views: int = 1,
    extras: Extras | None = None,
    classes: int = 0,
) -> Plan:
    """The cost of searching as many candidates as each part's pool has on this many images.

    The panel is forwarded on select (reference, optimism) and on confirm (the comparison). With
    several parts, each is searched with a panel of its own; then the best are raced together, and
    panel and winner are compared jointly, on select too. ``views``: pictures that each part has
    painted for one example; ``classes``: how many may get a prompt of their own. The released
    prompt as the strategy is judged jointly at once.
    """
    extras = extras or Extras()
    parts, panel = len(pools), min(config.panel, *pools)
    again = parts if parts > 1 else 0  # what was painted part by part is painted jointly
    on_panel = panel * ((parts + again) * select + parts * confirm)
    refine = config.races and config.refine > 0
    unrefined = parts * confirm * refine
    jointly = 0 if config.strategy == "released" else again * select
    fixed = Plan(
        sum(pools),
        select,
        confirm,
        panel,
        views * on_panel,
        0,
        views * (jointly + parts * confirm * (2 if extras.released else 1) + unrefined),
        parts,
        views,
        sensitivity_forwards=views * parts * (extras.altered * confirm + extras.own),
        joint_forwards=views * joint_cells(config, pools, select),
        refine_forwards=views * (refine_cells(config, parts, select) + unrefined) * refine,
        also_forwards=views * also_forwards(config, sum(pools), select, confirm, classes),
    )
    return _with_races(fixed, config, pools)


def _with_races(plan: Plan, config: SearchConfig, pools: Sequence[int]) -> Plan:
    """The plan of the other stages with the races' share of the budget."""
    strategy, shapes = config.build(), [(pool, plan.select) for pool in pools]
    least = max(strategy.least(*shape, plan.panel_size) for shape in shapes)
    plan = replace(plan, least_forwards=plan.views * len(pools) * least)
    budget = open_budget(plan, config)
    at_most = bool(config.strategy == "halving+certify" or config.patience or plan.later)
    for index, shape in enumerate(shapes):
        budget.allot(len(shapes) - index)
        fitted, most = within(strategy, shape, budget.cells, plan.panel_size), budget.cells
        cells = fitted.cells(*shape, plan.panel_size)
        if most is not None and cells > most:
            cells, at_most = most, True
        budget.spend(cells)
    select = budget.spent - plan.fixed + plan.later
    return replace(plan, select_forwards=select, at_most=at_most)


def within(strategy: Strategy, shape: tuple[int, int], cells: int | None, known: int) -> Strategy:
    """``strategy`` as it is, or with a schedule for so many cells if they are limited."""
    return strategy if cells is None else strategy.within(*shape, cells, known)


def open_budget(plan: Plan, config: SearchConfig, stop: Stop = lambda: "") -> Budget:
    """The budget of a search that costs ``plan``, with the fixed stages paid.

    Raises ``InputError`` when that leaves too little for the shortest races.
    """
    needed = plan.fixed + plan.least_forwards
    if config.budget is not None and config.budget < needed:
        extras = {
            "to race parts together and to refine": plan.later,
            "sensitivity": plan.sensitivity_forwards,
            "for alternatives": plan.also_forwards,
        }
        also = "".join(f"{count} {what} + " for what, count in extras.items() if count)
        options = [
            name for name, on in (("--diagnose", config.diagnose), ("--also", config.also)) if on
        ]
        leave = f", leave out {' and '.join(options)}" if options else ""
        raise InputError(
            f"--budget of {config.budget} forwards is too small: {plan.panel_forwards} panel + "
            f"{plan.confirm_forwards} confirm + {also}{plan.least_forwards} for the shortest race "
            f"of {config.strategy} need {needed}; raise it{leave}, or lower --pool, --select, "
            "--confirm or --panel"
        )
    return Budget(config.budget, plan.fixed, plan.views, config.cut, stop)


def budget_forwards(wish: Wish, plan: Plan, rate: Rate | None = None) -> int | None:
    """What a budget comes to in forwards, of a search that costs ``plan`` without it.

    Time at the pace of ``rate``, None while that is not known; a level is its share of pool x
    select beside the fixed stages, never beyond its cap, and never below the shortest races
    unless the cap is.
    """
    if wish.seconds and rate:
        return int(wish.seconds * rate.devices * rate.throughput)
    if wish.level:
        share, most = LEVELS[wish.level]
        races = max(plan.least_forwards, int(share * plan.exhaustive_forwards))
        return min(most, plan.fixed + races)
    return wish.forwards


def joint_cells(config: SearchConfig, pools: Sequence[int], select: int) -> int:
    """Pictures of one view, at most, to race parts together (``alternate.py``).

    Every race has the fixed parts painted on all images and its entrants but the first, the very
    first race this one as well; in the end two pairs are painted as they are used.
    """
    parts = len(pools)
    if parts == 1 or config.rounds == 0 or not config.races:
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
