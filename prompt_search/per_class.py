"""A prompt of its own for every class of pixels, where confirm bears it out.

For each class the candidates that show it are raced on select by that class's own contribution
to the mean IoU. What the best gain over the winner is shrunk towards nothing by empirical Bayes:
the spread of the random panel tells how much prompts differ for the class at all. On confirm a
class's IoU under its own prompt is compared with that under the winner; those whose limits are
above zero and that pass Holm's correction over the classes tried are used.

A query is then painted under the winner and under the prompt of every such class. The label maps
become one like this, class by class in order of rising gain on select: a pixel that the class's
own prompt gives to the class belongs to it; a pixel that so far belongs to the class and that its
own prompt does not give to it gets what that prompt says instead. Which classes are used was
decided on the confirm images, so that the merged gain there is somewhat too good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.holm import holm
from painter_kit.evaluation.intervals import Interval
from painter_kit.evaluation.levels import from_levels
from painter_kit.inference.ensemble import name_of
from painter_kit.inference.prompt import Prompt
from painter_kit.metrics.confusion import class_iou, iou_scores
from painter_kit.tasks.base import Task, decode_example
from painter_kit.types import Pair, Record, Spec, Subset
from prompt_search.alternatives import PER_CLASS, Alternative
from prompt_search.contest import Contest
from prompt_search.race import number
from prompt_search.table import Stopped

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer]

LEVEL = 0.05  # of Holm's correction


@dataclass(frozen=True)
class Choice:
    """The prompt that select prefers for a class, and by how much once shrunk (in IoU)."""

    label: int
    prompt: Prompt
    expected: float


@dataclass(frozen=True)
class Tested:
    """A choice on confirm: the class's IoU under its own prompt and under the winner."""

    choice: Choice
    own: Interval
    winner: Interval
    gain: Gain


def counts_of(records: Sequence[Record]) -> Floats:
    """float64 (n, 3, K): pixels of the intersection, of the truth and of the prediction."""
    return np.array([record.values[1:].reshape(3, -1) for record in records])


def class_scores(records: Sequence[Record], reference: Record, label: int) -> Floats:
    """float64 (n,): first-order contribution of each image to the IoU of one class."""
    totals = reference.values[1:].reshape(3, -1)
    return iou_scores(counts_of(records), totals, reference.values[0], (label,))


def class_task(task: Task, label: int) -> Task:
    """The task with the IoU of one class, ``iou``, as its only metric; NaN without its truth."""

    def many(values: Floats, spec: Spec[Any]) -> dict[str, Floats]:
        counts = values[:, 1:].reshape(len(values), 3, -1)[:, :, label].T
        return {"iou": np.where(counts[1] > 0, class_iou(counts), np.nan)}

    def summarise(records: Sequence[Record], spec: Spec[Any]) -> dict[str, float]:
        total = np.sum([record.values for record in records], axis=0)
        return {"iou": float(many(total[None], spec)["iou"][0])}

    def score(records: Sequence[Record], reference: Record) -> Floats:
        return class_scores(records, reference, label)

    return replace(task, summarise=summarise, summarise_many=many, score=score)


def classes_shown(pair: Pair) -> set[int]:
    """The classes whose very colour the target has."""
    shift = np.array([1 << 16, 1 << 8, 1])
    colours = np.unique(pair.target.reshape(-1, 3) @ shift).tolist()
    places = {int(np.dot(colour, shift)): label for label, colour in enumerate(pair.coding.palette)}
    return {places[colour] for colour in colours if colour in places}


def error_of(differences: Floats, groups: Sequence[str]) -> float:
    """Standard error of the mean difference (n,) over whole groups; infinite for one group."""
    _, member = np.unique(groups, return_inverse=True)
    sums = np.bincount(member, weights=differences)
    if len(sums) < 2:
        return np.inf
    return float(np.sqrt(len(sums)) * sums.std(ddof=1) / len(differences))


def spread_of(rows: Floats, groups: Sequence[str]) -> float:
    """How much prompts differ in mean score, as a variance and beyond what noise makes of it.

    ``rows`` (P, M) are the scores of P prompts on M images. They are compared with their own mean,
    image by image: that all of them are worse than a winner tells nothing of how they differ.
    """
    prompts = len(rows)
    if prompts < 2:
        return 0.0
    differences = rows - rows.mean(0)
    noise = np.mean([error_of(row, groups) ** 2 for row in differences])
    # A prompt is a part of the mean, which makes its differences vary less by (P - 1) / P.
    spread = differences.mean(1).var(ddof=1) - noise * prompts / (prompts - 1)
    return max(0.0, float(spread))


def shrunk(value: float, error: float, spread: float) -> float:
    """Posterior mean of a difference measured with ``error`` if such differences have mean 0 and
    the variance ``spread``."""
    return value * spread / (spread + error**2) if np.isfinite(error) and spread > 0 else 0.0


def merge_labels(base: Labels, own: Mapping[int, Labels]) -> Labels:
    """One label map (H, W) of the winner's, ``base``, and those of classes with their own prompt,
    the class of the largest gain last. The module says how."""
    merged = base.copy()
    for label, labels in own.items():
        lost = (merged == label) & (labels != label)
        merged[lost] = labels[lost]
        merged[labels == label] = label
    return merged


def measure_per_class(contest: Contest) -> list[Alternative]:
    """A prompt per class where it helps, merged into one label map, against the winner."""
    before = contest.judge.requested
    truth = counts_of(contest.judge.recall(contest.winner, contest.select))[:, 1]
    shown = [
        classes_shown(contest.candidates.prompt(i).pair) for i in range(len(contest.candidates))
    ]
    choices = []
    for label in np.flatnonzero(truth.sum(0)).tolist():
        places = [index for index, classes in enumerate(shown) if label in classes]
        if places and (choice := choose(contest, label, places, truth[:, label] > 0)):
            choices.append(choice)
    tested = [found for choice in choices if (found := _test(contest, choice))]
    adjusted = holm([one.gain.p_value for one in tested])
    used = [
        one
        for one, p_value in zip(tested, adjusted, strict=True)
        if p_value <= LEVEL and one.gain.confirmed
    ]
    rows = [_row(contest, one, one in used) for one in tested]
    if not used:
        asked = contest.judge.requested - before
        note = (
            "keep the one prompt: confirm bears out none of the prompts that select found for "
            f"{len(tested)} of {int((truth.sum(0) > 0).sum())} classes; one prompt costs 1 x"
        )
        return [contest.nothing(PER_CLASS, asked, note, classes=rows)]
    return [_merged(contest, sorted(used, key=lambda one: one.choice.expected), rows, before)]


def choose(
    contest: Contest, label: int, places: Sequence[int], present: npt.NDArray[np.bool_]
) -> Choice | None:
    """Race the candidates ``places`` for a class; None where the winner is as good.

    ``present`` (M,): the select images that have the class; they are judged first. Raises
    ``Stopped`` when the search is ended meanwhile.
    """
    judge, reference = contest.judge, contest.panel.reference
    candidates, groups = contest.candidates, contest.select.groups
    order = tuple(np.argsort(~present, kind="stable").tolist())

    def ask(chosen: Sequence[int], start: int, stop: int) -> Floats:
        images = Subset(contest.select, order[start:stop])
        asked = judge.table([candidates.prompt(places[c]) for c in chosen], images)
        return np.array([class_scores(records, reference, label) for records in asked])

    outcome = contest.config.halving.run(ask, _unlogged, len(places), len(order))
    if outcome.stopped:  # from outside: there is no budget here
        raise Stopped(outcome.stopped)
    base = class_scores(judge.recall(contest.winner, contest.select), reference, label)

    def gain(records: Sequence[Record]) -> tuple[float, float]:
        differences = class_scores(records, reference, label) - base
        return float(differences.mean()), error_of(differences, groups)

    panel = [class_scores(records, reference, label) for records in contest.panel.on_select]
    spread = spread_of(np.array(panel), groups)
    found = []
    for place in outcome.finalists:
        prompt = candidates.prompt(places[place])
        expected = shrunk(*gain(judge.recall(prompt, contest.select)), spread)
        found.append(Choice(label, prompt, expected))
    best = max(found, key=lambda choice: choice.expected)
    return best if best.expected > 0 else None


def _unlogged(judged: Sequence[int], means: Floats, images: int, kept: Sequence[int]) -> None:
    """The races of classes leave a table, not a log."""


def _test(contest: Contest, choice: Choice) -> Tested | None:
    """The choice on confirm; None where confirm has no pixel of the class."""
    judge = contest.judge
    truth = counts_of(judge.recall(contest.winner, contest.confirm))[:, 1, choice.label]
    if not truth.any():
        return None
    task, spec = class_task(contest.task, choice.label), replace(contest.spec, metric="iou")
    found = contest.against_winner(judge.records(choice.prompt, contest.confirm), task, spec)
    return Tested(choice, found.ours, found.baseline, found.gain)


def _merged(
    contest: Contest, used: Sequence[Tested], rows: Sequence[Mapping[str, Any]], before: int
) -> Alternative:
    """The label maps of the winner and of the used classes, the largest gain last, as one."""
    judge, task = contest.judge, contest.task
    distinct = {one.choice.prompt.digest: one.choice.prompt for one in used}
    prompts = {contest.winner.digest: contest.winner, **distinct}
    records = []
    for painted in zip(*(judge.levels(p, contest.confirm) for p in prompts.values()), strict=True):
        example = painted[0][0]
        labels = {
            digest: decode_example(
                task, judge.effective(prompts[digest]), from_levels(levels), example
            )
            for digest, (_, levels) in zip(prompts, painted, strict=True)
        }
        own = {one.choice.label: labels[one.choice.prompt.digest] for one in used}
        merged = merge_labels(labels[contest.winner.digest], own)
        records.append(task.measure(merged, example.truth, contest.spec))
    found = contest.against_winner(records)
    return Alternative(
        PER_CLASS,
        f"a prompt of its own for {len(used)} of the classes",
        found.ours.value,
        found.gain,
        len(prompts),
        judge.requested - before,
        "which classes was decided on these confirm images, so that the gain is somewhat too good",
        {f"{PER_CLASS}/{one.choice.label}": one.choice.prompt for one in used},
        {"classes": list(rows)},
    )


def _row(contest: Contest, one: Tested, used: bool) -> dict[str, Any]:
    """A class on confirm, as plain data."""
    label, names = one.choice.label, contest.spec.classes
    return {
        "class": names[label] if label < len(names) else str(label),
        "prompt": name_of(one.choice.prompt),
        "winner": number(one.winner.value),
        "own": number(one.own.value),
        "gain": one.gain.to_json(),
        "used": used,
    }
