"""``--data derain``: the sets of rainy and clean pictures that MPRNet packed together.

Splits pool, select and confirm are drawn from the 13,712 training pairs, test is every pair of
the five test sets that are there, one after the other. Ids are file names without suffix, in the
test subset after the set's name (``Rain100H/89``); the set is each example's stratum, so that
metrics are the unweighted mean of the sets' means.

Several pairs may show one scene (Rain14000 draws 14 rains over every clean picture) under names
that do not tell. Pairs whose clean files are as long and equal in the middle form one group.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from painter_kit.data.paired import PairExamples, PairFiles, pair_files
from painter_kit.data.paired_data import PairedData, refuse_argument
from painter_kit.data.specs import restoration_spec
from painter_kit.errors import InputError
from painter_kit.tasks.restoration import RestorationProtocol

FOLDER = "derain"
DEGRADED, CLEAN = "input", "target"
TRAIN_PAIRS = 13_712  # 11,200 of Rain14000, 1,800 of Rain1800, 700 of Rain800, 12 of Rain12
TEST_PAIRS = {"Rain100H": 100, "Rain100L": 100, "Test100": 100, "Test1200": 1200, "Test2800": 2800}
ADVICE = "unpack the deraining sets there: train/ and test/SET/, each with input/ and target/"
SPEC = replace(restoration_spec("derain", "derain"), protocol=RestorationProtocol("derain"))
_SAMPLE = 4096  # bytes from the middle of a compressed picture, different for different pictures

logger = logging.getLogger(__name__)


def train_pairs(folder: Path) -> list[PairFiles]:
    """The training pairs. Raises ``InputError`` when files are missing."""
    return pair_files(folder / "train" / DEGRADED, folder / "train" / CLEAN, ADVICE)


def set_pairs(folder: Path, name: str) -> list[PairFiles]:
    """The pairs of one test set. Raises ``InputError`` when files are missing."""
    part = folder / "test" / name
    pairs = pair_files(part / DEGRADED, part / CLEAN, ADVICE)
    return [pair._replace(id=f"{name}/{pair.id}", stratum=name) for pair in pairs]


def present_sets(folder: Path) -> list[str]:
    """The test sets that are there."""
    return [name for name in TEST_PAIRS if (folder / "test" / name).is_dir()]


def grouped(pairs: Sequence[PairFiles]) -> list[PairFiles]:
    """The pairs, each in a group named after the first pair with the same clean picture.

    Files whose length no other file has are not opened.
    """
    lengths = [os.stat(pair.clean).st_size for pair in pairs]
    times = Counter(lengths)
    first: dict[object, str] = {}
    result = []
    for pair, length in zip(pairs, lengths, strict=True):
        key = (length, _middle(pair.clean, length)) if times[length] > 1 else length
        result.append(pair._replace(group=first.setdefault(key, pair.id)))
    return result


def _middle(path: Path, length: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(max(0, length - _SAMPLE) // 2)
        return file.read(_SAMPLE)


def _train(folder: Path) -> PairExamples:
    return PairExamples(tuple(grouped(train_pairs(folder))))


def _test(folder: Path) -> PairExamples:
    present = present_sets(folder)
    if not present:
        raise InputError(f"{folder / 'test'} holds none of {', '.join(TEST_PAIRS)}; {ADVICE}")
    absent = [name for name in TEST_PAIRS if name not in present]
    if absent:
        logger.warning(
            "derain: %s of test/ do not exist, means are over %s; not as published",
            ", ".join(absent),
            ", ".join(present),
        )
    return PairExamples(tuple(grouped([p for name in present for p in set_pairs(folder, name)])))


def open_derain(argument: str, root: Path | None = None) -> PairedData:
    """The dataset of ``--data derain``. Raises ``InputError`` for an argument after the colon."""
    refuse_argument("derain", argument)
    prompt = f"train/{DEGRADED}/100", f"train/{CLEAN}/100"
    return PairedData(root, SPEC, FOLDER, {"train": _train, "test": _test}, prompt, ADVICE)
