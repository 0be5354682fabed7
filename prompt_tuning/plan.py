"""What a tuning will cost, known before anything is forwarded."""

from __future__ import annotations

from dataclasses import dataclass

from prompt_search.plan import Plan
from prompt_tuning.tune import TuneConfig


@dataclass(frozen=True)
class TunePlan:
    """``samples`` go forward and backward; ``forwards`` judge snapshots and the result.

    ``before`` says what comes first, the search or the panel alone, for ``forwards_before``.
    """

    config: TuneConfig
    search: Plan
    samples: int
    forwards: int
    forwards_before: int
    before: str

    @property
    def sentence(self) -> str:
        """The plan in words."""
        config, parts = self.config, self.search.parts
        each = f"each of {parts} parts " if parts > 1 else ""
        return (
            f"plan: {each}{config.steps} steps x {config.batch} queries = {self.samples} samples "
            f"forward and backward; forwards: {self.forwards_before} before, {self.forwards} to "
            "judge snapshots and the result, less what the store holds"
        )


def make_tune_plan(config: TuneConfig, search: Plan, searched: bool) -> TunePlan:
    """The cost of a tuning; ``search`` is that of a search on the same splits.

    ``searched``: the search comes first, and its winner is judged beside the learned prompt.
    """
    jointly = search.parts if search.parts > 1 else 0  # the best snapshots of all parts together
    evaluations = -(-config.steps // config.evaluate_every) + 1
    panel = search.views * search.panel_size * search.parts * (search.select + search.confirm)
    on_select = search.views * search.select * (search.parts * evaluations + jointly)
    return TunePlan(
        config,
        search,
        config.steps * config.batch * search.parts,
        on_select + search.views * search.parts * search.confirm,
        search.total if searched else panel,
        f"search first: {search.sentence}" if searched else "panel first",
    )
