"""Do several prompts together paint better than the searched one, and is it worth their cost.

Members are chosen on select: greedy forward selection with replacement (Caruana et al. 2004)
by the exact metric of averaged outputs, which stops as soon as the bootstrap does not bear the
next member out. Confirm then compares the ensemble with the single winner. Beside it stand the
mean of outputs, the feature ensemble and the grid of the best few, whose members nobody chose
together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from painter_kit.evaluation.evaluate import measure_painted, orientation, primary
from painter_kit.evaluation.gain import compare
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.levels import Levels, from_levels
from painter_kit.evaluation.loaded import window
from painter_kit.evaluation.painting import pictures_of
from painter_kit.evaluation.store import PAINTED_BYTES
from painter_kit.inference.ensemble import EnsemblePrompt, How, name_of
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Examples, Record
from prompt_search.alternatives import ENSEMBLE, Alternative
from prompt_search.contest import Contest
from prompt_search.race import number

KEEP_BYTES = PAINTED_BYTES  # more would push one another out of the store
FEWEST = 2  # images, so that there is something to resample
MEAN, FEATURES, GRID = (f"{ENSEMBLE}-{how}" for how in ("mean", "features", "grid"))


@dataclass(frozen=True)
class Outputs:
    """What some prompts of one coding paint of some examples: ``painted[prompt][example]``, in
    8 bits, as the store keeps it."""

    judge: Judge
    prompts: Sequence[Prompt]
    examples: Examples
    painted: Sequence[Sequence[Levels]]

    @classmethod
    def of(
        cls,
        judge: Judge,
        prompts: Sequence[Prompt],
        examples: Examples,
        keep_bytes: int = KEEP_BYTES,
    ) -> Outputs:
        """Paint the examples, but no more of them than fit into ``keep_bytes`` (two at least)."""
        views = max(1, pictures_of(judge.task, judge.spec, examples[0]))
        size = 3 * judge.spec.canvas**2 * views * len(prompts)
        shown = window(examples, 0, min(len(examples), max(FEWEST, keep_bytes // size)))
        painted = [[levels for _, levels in judge.levels(p, shown)] for p in prompts]
        return cls(judge, prompts, shown, painted)

    def records(self, members: Sequence[int]) -> list[Record]:
        """Records of the mean of the outputs of these prompts; one may be named several times."""
        task, spec = self.judge.task, self.judge.effective(self.prompts[0])
        rows = []
        for place, example in enumerate(self.examples):
            outputs = [from_levels(self.painted[member][place]) for member in members]
            mean = np.asarray(np.mean(outputs, axis=0, dtype=np.float32))
            rows.append(measure_painted(task, spec, mean, example))
        return rows


def choose_members(outputs: Outputs, contest: Contest) -> tuple[list[int], list[dict[str, Any]]]:
    """Places of the members, the first prompt to begin with, and what each further step found.

    The last step is one that was not taken, unless the ensemble is full.
    """
    task, spec, config = contest.task, contest.spec, contest.config
    members, current = [0], outputs.records([0])
    steps: list[dict[str, Any]] = []
    while len(members) < config.ensemble_most:
        trials = [outputs.records([*members, place]) for place in range(len(outputs.prompts))]
        values = np.array([primary(task, spec, records) for records in trials])
        best = int(np.argmax(np.nan_to_num(orientation(spec) * values, nan=-np.inf)))
        gain = compare(
            task,
            spec,
            trials[best],
            [current],
            outputs.examples.groups,
            contest.panel.reference,
            seed=config.seed,
            resamples=config.resamples,
        ).gain
        taken = bool(gain.ci_low > 0)
        found = {"select": number(values[best]), "gain": gain.to_json(), "taken": taken}
        steps.append({"member": name_of(outputs.prompts[best]), **found})
        if not taken:
            break
        members.append(best)
        current = trials[best]
    return members, steps


def measure_ensembles(contest: Contest, keep_bytes: int = KEEP_BYTES) -> list[Alternative]:
    """The greedy ensemble against the winner; if there are others, the three of the best few.

    All members have the winner's colours, since outputs of other meanings have no mean.
    """
    judge, alike = contest.judge, contest.alike
    if len(alike) < 2:
        alone = "the search has left one finalist"
        coded = "no other finalist has, or can be given, the winner's colours"
        why = coded if len(contest.finalists) > 1 else alone
        return [contest.nothing(ENSEMBLE, 0, f"do not ensemble: {why}")]
    before = judge.requested
    outputs = Outputs.of(judge, alike, contest.select, keep_bytes)
    members, steps = choose_members(outputs, contest)
    on_select = judge.requested - before
    few = alike[: contest.config.ensemble_size]
    return [
        _greedy(contest, outputs, members, steps, on_select),
        _measured(contest, MEAN, few, "output", f"the mean output of the best {len(few)}"),
        _measured(
            contest, FEATURES, few, "features", f"the feature ensemble of the best {len(few)}"
        ),
        _measured(contest, GRID, few, "grid", f"the best {len(few)} in a grid as one prompt"),
    ]


def _greedy(
    contest: Contest,
    outputs: Outputs,
    members: Sequence[int],
    steps: Sequence[dict[str, Any]],
    on_select: int,
) -> Alternative:
    seen, all_ = len(outputs.examples), len(contest.select)
    note = "" if seen == all_ else f"chosen on the first {seen} select images, which memory holds"
    if len(members) == 1:
        last = steps[-1]["gain"]
        why = (
            f"do not ensemble: no second prompt helps on the select images (the best of "
            f"{len(outputs.prompts)} adds {last['value']:+.4g} {contest.spec.unit}".rstrip()
            + f", its lower limit is not above 0); one prompt costs 1 x{'; ' if note else ''}{note}"
        )
        names = [name_of(contest.winner)]
        return contest.nothing(ENSEMBLE, on_select, why, members=names, steps=list(steps))
    chosen = [outputs.prompts[place] for place in members]
    different = len({*members})
    repeated = f" ({different} different)" if different < len(members) else ""
    what = f"an ensemble of {len(members)}{repeated}"
    return _measured(contest, ENSEMBLE, chosen, "output", what, on_select, note, steps)


def _measured(
    contest: Contest,
    name: str,
    members: Sequence[Prompt],
    how: How,
    what: str,
    before: int = 0,
    note: str = "",
    steps: Sequence[dict[str, Any]] = (),
) -> Alternative:
    """An ensemble against the winner on confirm; ``before`` are the forwards of choosing it."""
    judge, names = contest.judge, [name_of(member) for member in members]
    provenance = {
        "data": contest.spec.data,
        "candidate": " + ".join(names),
        "search": asdict(contest.config),
    }
    prompt = EnsemblePrompt(
        tuple(members),
        how,
        kind="searched",
        spec_digest=contest.spec.digest,
        model_digest=judge.model_digest,
        provenance=provenance,
    )
    start = judge.requested
    found = contest.against_winner(judge.records(prompt, contest.confirm))
    scores = {
        "metric": contest.spec.metric,
        "direction": contest.spec.direction,
        "unit": contest.spec.unit,
        "confirm": found.ours.to_json(),
        "gain_over_winner": found.gain.to_json(),
    }
    return Alternative(
        name,
        what,
        found.ours.value,
        found.gain,
        prompt.forwards,
        before + judge.requested - start,
        note,
        {name: prompt.with_scores(scores, 1)},
        {"members": names, **({"steps": list(steps)} if steps else {})},
    )
