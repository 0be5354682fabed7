"""What a search will cost, known before anything is forwarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from painter_kit.errors import InputError
from painter_kit.evaluation.cost import Rate
from prompt_search.alternatives import also_forwards
from prompt_search.budget import LEVELS, Budget, Stop, Wish
from prompt_search.config import SearchConfig
from prompt_search.outcome import Strategy


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
