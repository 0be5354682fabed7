"""What a tuning will cost, known before anything is forwarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from painter_kit.evaluation.effort import AGAIN, TO_INPUT, Effort
from painter_kit.evaluation.storage import picture_bytes
from painter_kit.model.painter import Painter
from prompt_search.plan import Plan
from prompt_tuning.config import Pace, TuneConfig
from prompt_tuning.course import recomputes
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
    config: TuneConfig, pace: Pace, search: Plan, searched: bool, starts: int = 1, given: int = 0
) -> TunePlan:
    """The cost of a tuning from so many starts; ``search`` is that of a search on the same splits.

    ``searched``: the search comes first, and its winner is judged beside the learned prompt, or the
    best of it and of the ``given`` prompts.
    """
    jointly = search.parts if search.parts > 1 else 0  # the best snapshots of all parts together
    lengths = [pace.steps] * config.sweep or steps_of(starts, pace.steps, pace.evaluate_every)
    evaluations = sum(-(-steps // pace.evaluate_every) + 1 for steps in lengths)
    # Each trial judges its start, but of the same start it is the same forwards.
    if config.sweep:
        evaluations -= max(0, config.sweep - starts)
    panel = search.views * search.panel_size * search.parts * (search.select + search.confirm)
    on_select = search.views * search.select * (search.parts * evaluations + jointly)
    rivals = int(searched) + given
    if rivals > 1:
        on_select += search.views * search.select * search.parts * rivals
    if config.robustness:
        compared = 2 if rivals else 1
        on_select += search.views * search.select * search.parts * compared * len(CHANGES)
    return TunePlan(
        config,
        pace,
        search,
        starts,
        sum(lengths) * pace.batch * search.parts,
        on_select + search.views * search.parts * search.confirm * (2 if given else 1),
        search.total if searched else panel,
        f"search first: {search.sentence}" if searched else "panel first",
    )


# A state holds both pictures, their average and Adam's two moments as floats; the best of them
# and what is finished are kept beside it as pictures.
_FLOATS, _PICTURES = 2 * 4, 2 * 3


def tune_effort(
    plan: TunePlan, model: Painter, sides: Sequence[int], record: float = 0.0
) -> Effort:
    """What the planned tuning takes at most, with what comes before it.

    ``sides``: pixels of the pictures of every part; ``record``: bytes in the store per forward.
    """
    again = AGAIN if recomputes(model, plan.config.checkpointing) else 0.0
    forwards = plan.forwards_before + plan.forwards
    pictures = sum(picture_bytes(side) for side in sides)
    storage = {
        "store": round(forwards * record),
        "prompts": _PICTURES * pictures,
        "state": 4 * _FLOATS * pictures * plan.starts,
    }
    return Effort(forwards, plan.samples, TO_INPUT + again, storage, at_most=True)
