"""The deraining sets for the released trainer: two pair lists. Checks what of them is there."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from painter_kit.data.derain import (
    ADVICE,
    CLEAN,
    DEGRADED,
    FOLDER,
    TEST_PAIRS,
    TRAIN_PAIRS,
    set_pairs,
    train_pairs,
)
from painter_kit.data.paired_data import benchmark_folder
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.paired import (
    ListedPart,
    absent_finding,
    list_finding,
    lists_step,
    pair_findings,
)

TYPE = "derain_image2derain"
VALIDATION = "Rain100H"  # the released trainer watches its loss on this set
LISTS = {"train": "derain_train.json", VALIDATION: "derain_test_rain100h.json"}
# Test100 as it is handed out: two of the 100 pictures of Rain800's test set are not in it.
_PACKED = {"Test100": 98}


def _parts(root: Path) -> list[ListedPart]:
    folder = benchmark_folder(root, "derain", FOLDER)
    train, test = partial(train_pairs, folder), partial(set_pairs, folder, VALIDATION)
    return [
        ListedPart(folder / LISTS["train"], folder / "train", train),
        ListedPart(folder / LISTS[VALIDATION], folder / "test" / VALIDATION, test),
    ]


def check(root: Path, deep: bool) -> list[Finding]:
    """Pictures of every set and pair lists; ``deep`` opens every picture."""
    folder = root / FOLDER
    findings = list(absent_finding(root, folder, ADVICE))
    if findings:
        return findings
    tests = {f"test/{name}": count for name, count in TEST_PAIRS.items()}
    for part, count in {"train": TRAIN_PAIRS, **tests}.items():
        sides = folder / part / DEGRADED, folder / part / CLEAN
        found = pair_findings(root, *sides, count, ADVICE, deep)
        findings += [_as_packed(finding, Path(part).name) for finding in found]
    return [*findings, *(list_finding(root, folder / name) for name in LISTS.values())]


def _as_packed(finding: Finding, name: str) -> Finding:
    """The finding, with the count that a set is handed out with in place of the paper's."""
    if finding.present != _PACKED.get(name):
        return finding
    note = finding.note or f"the paper counts {finding.expected}, the set is handed out with fewer"
    return replace(finding, expected=finding.present, note=note)


STEPS = (lists_step("pair lists of the training set and Rain100H", TYPE, _parts),)
