"""``painterkit prepare ap10k``, and how AP-10K on disk is checked.

Published counts: 10,015 pictures, of split 1 7,023 for training, 995 for validation and 1,997 for
the test; of the other splits no counts are known here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

from painter_kit.data.animal_files import read_herds
from painter_kit.data.ap10k import ADVICE, FORM, PICTURES, SPLITS, annotation_file, open_ap10k
from painter_kit.data.ap10k_classes import BACKGROUNDS
from painter_kit.data.prepare.animals import Herded
from painter_kit.data.prepare.base import Finding

_COUNTS = {"train": 7_023, "val": 995, "test": 1_997}
HERDED = Herded(
    partial(open_ap10k, ""),
    {part: annotation_file(part, 1) for part in ("train", "val")},
    {
        annotation_file(part, split): count if split == 1 else None
        for split in SPLITS
        for part, count in _COUNTS.items()
    },
    total=10_015,
)
STEPS = (HERDED.step(),)


def check(root: Path, deep: bool) -> list[Finding]:
    """A Finding per annotation file, with the backgrounds of split 1, and of the pictures."""
    return [_with_backgrounds(root, finding) for finding in HERDED.check(root, deep)]


def _with_backgrounds(root: Path, finding: Finding) -> Finding:
    """The finding of an annotation file of split 1 with its backgrounds counted."""
    if not finding.present or not finding.part.endswith("-split1.json"):
        return finding
    path = root / finding.part
    herds = read_herds(path, path.parents[1] / PICTURES[0], FORM, ADVICE)
    counts = Counter(herd.background for herd in herds)
    told = ", ".join(f"{BACKGROUNDS[b - 1]} {n}" for b, n in sorted(counts.items()) if b)
    return replace(finding, note=f"{finding.note}; {told or 'no backgrounds told'}")
