"""What a tuning will cost, known before anything is forwarded."""

from __future__ import annotations

from dataclasses import dataclass

from prompt_search.plan import Plan
from prompt_tuning.config import Pace, TuneConfig
from prompt_tuning.race import steps_of
from prompt_tuning.robustness import CHANGES


@dataclass(frozen=True)
class TunePlan:
    """``samples`` go forward and backward; ``forwards`` judge snapshots and the result.

    ``before`` says what comes first, the search or the panel alone, for ``forwards_before``.
    Both are the most that it may be: patience and pruning end learning early.
    """

    config: TuneConfig
    pace: Pace
    search: Plan
    starts: int
    samples: int
    forwards: int
    forwards_before: int
    before: str

    @property
    def sentence(self) -> str:
        """The plan in words."""
        config, parts = self.config, self.search.parts
        each = f"each of {parts} parts " if parts > 1 else ""
        race = f" from {self.starts} starts, halved on the way" if self.starts > 1 else ""
        how = f" in {config.sweep} trials" if config.sweep else race
        return (
            f"plan: {each}{self.pace.sentence}{how} = {self.samples} samples forward and "
            f"backward at most; forwards: {self.forwards_before} before, {self.forwards} to "
            "judge snapshots and the result, less what the store holds"
        )


def make_tune_plan(
    config: TuneConfig, pace: Pace, search: Plan, searched: bool, starts: int = 1
) -> TunePlan:
    """The cost of a tuning from so many starts; ``search`` is that of a search on the same splits.

    ``searched``: the search comes first, and its winner is judged beside the learned prompt.
    """
    jointly = search.parts if search.parts > 1 else 0  # the best snapshots of all parts together
    lengths = [pace.steps] * config.sweep or steps_of(starts, pace.steps, pace.evaluate_every)
    evaluations = sum(-(-steps // pace.evaluate_every) + 1 for steps in lengths)
    # Each trial judges its start, but of the same start it is the same forwards.
    if config.sweep:
        evaluations -= max(0, config.sweep - starts)
    panel = search.views * search.panel_size * search.parts * (search.select + search.confirm)
    on_select = search.views * search.select * (search.parts * evaluations + jointly)
    if config.robustness:
        compared = 2 if searched else 1
        on_select += search.views * search.select * search.parts * compared * len(CHANGES)
    return TunePlan(
        config,
        pace,
        search,
        starts,
        sum(lengths) * pace.batch * search.parts,
        on_select + search.views * search.parts * search.confirm,
        search.total if searched else panel,
        f"search first: {search.sentence}" if searched else "panel first",
    )
