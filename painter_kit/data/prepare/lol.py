"""LoL for the released trainer: two pair lists. Checks what of LoL is there."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from painter_kit.data.lol import ADVICE, CLEAN, DEGRADED, FOLDER, PARTS, lol_pairs
from painter_kit.data.paired_data import benchmark_folder
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.paired import (
    ListedPart,
    absent_finding,
    list_finding,
    lists_step,
    pair_findings,
)

TYPE = "lol_image2enhance"
LISTS = {"train": "enhance_lol_train.json", "test": "enhance_lol_val.json"}


def _parts(root: Path) -> list[ListedPart]:
    folder = benchmark_folder(root, "lol", FOLDER)
    return [
        ListedPart(folder / name, folder / PARTS[subset][0], partial(lol_pairs, folder, subset))
        for subset, name in LISTS.items()
    ]


def check(root: Path, deep: bool) -> list[Finding]:
    """Pictures and pair lists; ``deep`` opens every picture."""
    folder = root / FOLDER
    findings = list(absent_finding(root, folder, ADVICE))
    if findings:
        return findings
    for part, count in PARTS.values():
        low, high = folder / part / DEGRADED, folder / part / CLEAN
        findings += pair_findings(root, low, high, count, ADVICE, deep)
    return [*findings, *(list_finding(root, folder / name) for name in LISTS.values())]


STEPS = (lists_step("pair lists of our485 and eval15", TYPE, _parts),)
