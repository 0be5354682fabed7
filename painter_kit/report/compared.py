"""Paired comparison of runs: the same pictures, the same protocol, two prompts or two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from painter_kit.errors import InputError
from painter_kit.evaluation.gain import Comparison, compare
from painter_kit.evaluation.holm import holm
from painter_kit.evaluation.intervals import RESAMPLES
from painter_kit.evaluation.loaded import Loaded, example_digest
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import AnyPrompt, load_prompt
from painter_kit.report.runs import DEMO, EVALUATE, SEARCH, RunFolder
from painter_kit.report.source import (
    Access,
    Source,
    measured_examples,
    measured_on,
    open_source,
    store_folder,
)
from painter_kit.types import Record, Spec, sum_records

LEVEL = 0.05


@dataclass(frozen=True)
class Measured:
    """One result of a run with all its Records; ``what`` names it in messages."""

    what: str
    source: Source
    split: str
    examples: Loaded
    prompt: AnyPrompt
    records: Sequence[Record]

    @property
    def digests(self) -> list[str]:
        """The digest of every example, in order."""
        return [example_digest(self.examples, i) for i in range(len(self.examples))]


@dataclass(frozen=True)
class Pairing:
    """How much better ``run`` is than ``baseline`` at one task (folders of runs).

    ``p_holm`` is adjusted for all comparisons that were made together. ``prompts`` says which of a
    benchmark's are compared, at how many ``shots``.
    """

    baseline: str
    run: str
    spec: Spec[Any]
    split: str
    images: int
    groups: int
    comparison: Comparison
    p_holm: float
    prompts: str = ""
    shots: int = 1

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``no evidence of a difference``, at 5 % over all comparisons."""
        gain = self.comparison.gain
        sure = self.p_holm < LEVEL
        if sure and gain.ci_low > 0:
            return "better"
        return "worse" if sure and gain.ci_high < 0 else "no evidence of a difference"

    def to_json(self) -> dict[str, Any]:
        """Plain data; ``difference`` is positive when ``run`` is better."""
        spec, gain = self.spec, self.comparison.gain.to_json()
        asked = {"prompts": self.prompts, "shots": self.shots} if self.prompts else {}
        return {
            "baseline": self.baseline,
            "run": self.run,
            "task": spec.task,
            "data": spec.data,
            "split": self.split,
            **asked,
            "metric": spec.metric,
            "direction": spec.direction,
            "n": self.images,
            "groups": self.groups,
            "baseline_value": self.comparison.baseline.value,
            "run_value": self.comparison.ours.value,
            "difference": gain["value"],
            "ci_low": gain["ci_low"],
            "ci_high": gain["ci_high"],
            "p_value": gain["p_value"],
            "p_holm": self.p_holm,
            "verdict": self.verdict,
        }


def compare_runs(
    runs: Sequence[RunFolder],
    access: Access | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[Pairing]:
    """Every run after the first against the first, at every task that they have in common.

    Groups of images are resampled for both prompts together, signs of groups' differences are
    flipped for the p-value, and p-values are adjusted over all comparisons (Holm). Raises
    ``InputError`` when two results were measured on other examples, splits or by another
    protocol, when Records are not in the store, and when there is no task in common.
    """
    access, first = access or Access(), runs[0]
    pairs = []
    for run in runs[1:]:
        tasks = [task for task in tasks_of(first) if task in tasks_of(run)]
        if not tasks:
            raise InputError(
                f"{first.path} ({', '.join(tasks_of(first))}) and {run.path} "
                f"({', '.join(tasks_of(run))}) have no task in common; compare runs of one task"
            )
        for task in tasks:
            pairs.append((first, run, *(measured(r, task, access) for r in (first, run))))
    found = [
        (a, b, one, _compare(ours=one, base=base, seed=seed, resamples=resamples))
        for a, b, base, one in pairs
    ]
    adjusted = holm([comparison.gain.p_value for *_, comparison in found])
    return [
        Pairing(
            str(a.path),
            str(b.path),
            one.source.spec,
            one.split,
            len(one.examples),
            len(set(one.examples.groups)),
            comparison,
            p_holm,
        )
        for (a, b, one, comparison), p_holm in zip(found, adjusted, strict=True)
    ]


def tasks_of(run: RunFolder) -> list[str]:
    """The tasks that a run has results of."""
    return [str(row["task"]) for row in run.rows]


def measured(run: RunFolder, task: str, access: Access) -> Measured:
    """The result of a run at one task: of an evaluation on its split, of a search or a tuning on
    confirm. Raises ``InputError`` when data, prompt or Records are missing."""
    if run.verb == DEMO:
        raise InputError(
            f"{run.path} is a demo, which compares its prompts itself; evaluate them one by one"
        )
    row = next(row for row in run.rows if row["task"] == task)
    prompt = load_prompt(run.path / _prompt_folder(run, task))
    folder = store_folder(run, access)
    with Store(folder) as store:
        source = open_source(run, row, access, store)
        examples = measured_examples(source, run, row)
        records = source.records(prompt, examples)
    if records is None:
        raise InputError(
            f"{run.path}: the store {folder} lacks Records of its {len(examples)} pictures of "
            f"{task}; give --store, the one that the run wrote to, or run it again"
        )
    split, _ = measured_on(run, row)
    return Measured(f"{run.path}, {task}", source, split, examples, prompt, records)


def _prompt_folder(run: RunFolder, task: str) -> str:
    if run.verb == EVALUATE:
        return f"prompts/{task}"
    return "prompt" if run.verb == SEARCH else "learned"


def _compare(ours: Measured, base: Measured, seed: int, resamples: int) -> Comparison:
    check_alike(base, ours)
    source, groups = ours.source, ours.examples.groups
    reference = sum_records([*base.records, *ours.records])
    return compare(
        source.task,
        source.spec,
        ours.records,
        [base.records],
        groups,
        reference,
        seed=seed,
        resamples=resamples,
    )


def check_alike(one: Measured, other: Measured) -> None:
    """Raise ``InputError`` unless both were measured on the same pictures by one protocol."""
    names = f"{one.what} and {other.what}"
    if one.split != other.split:
        raise InputError(f"{names} were measured on {one.split} and {other.split}; use one split")
    if changes := spec_changes(one.source.spec, other.source.spec):
        said = "; ".join(f"{name}: {_short(a)} and {_short(b)}" for name, (a, b) in changes.items())
        raise InputError(f"{names} have different protocols ({said}); measure both by one")
    if len(one.examples) != len(other.examples):
        counts = f"{len(one.examples)} and {len(other.examples)}"
        raise InputError(f"{names} were measured on {counts} pictures; measure both on the same")
    different = [
        name
        for name, a, b in zip(one.examples.ids, one.digests, other.digests, strict=True)
        if a != b
    ]
    if different:
        raise InputError(
            f"{names} were measured on different pictures or truth ({len(different)} of "
            f"{len(one.examples)} differ, the first is {different[0]}); measure both on the same"
        )


def spec_changes(one: Spec[Any], other: Spec[Any]) -> dict[str, tuple[Any, Any]]:
    """The fields in which two specs differ; empty when their digests are equal."""
    if one.digest == other.digest:
        return {}
    changes: Mapping[str, tuple[Any, Any]] = {
        field.name: (getattr(one, field.name), getattr(other, field.name)) for field in fields(one)
    }
    return {name: pair for name, pair in changes.items() if pair[0] != pair[1]}


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
