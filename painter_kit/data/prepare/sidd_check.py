"""What of SIDD is on disk, and whether it is as published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from painter_kit.data.paired import PairFiles
from painter_kit.data.pictures import read_image
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.check import Files, relative
from painter_kit.data.prepare.paired import absent_finding, list_finding, open_clean, pair_findings
from painter_kit.data.prepare.sidd_patches import (
    PHOTOGRAPHS,
    RECORD,
    PatchRecord,
    photographs,
    prompt_digest,
    read_record,
)
from painter_kit.data.present import missing_files
from painter_kit.data.sidd import ADVICE, CLEAN, DEGRADED, FOLDER, LISTS, PROMPT, has_blocks
from painter_kit.data.sidd_blocks import (
    BLOCKS,
    CLEAN_BLOCKS,
    NOISY_BLOCKS,
    SCENES,
    block_file,
    block_shape,
    read_blocks,
)
from painter_kit.errors import InputError

PUBLISHED = 320  # photographs with their counterparts
_UNPACK = "unpack SIDD-Medium in sRGB there; it is needed to cut patches only"
_BLOCKS = "get SIDD's validation blocks and put them there"
_PREPARE = "painterkit prepare sidd makes it; evaluation does not need it"


def check(root: Path, deep: bool) -> list[Finding]:
    """Photographs, blocks, patches and pair lists; ``deep`` opens every file."""
    folder = root / FOLDER
    absent = absent_finding(root, folder, _UNPACK)
    if absent:
        return list(absent)
    return [
        _photographs(root, folder, deep),
        *_blocks(root, folder, deep),
        *_patches(root, folder, deep),
        *(list_finding(root, folder / name) for name in LISTS.values()),
    ]


def _photographs(root: Path, folder: Path, deep: bool) -> Finding:
    found = photographs(folder)
    if not found and (folder / "train").is_dir():
        return Finding(relative(root, folder / PHOTOGRAPHS), 0, note="not needed: patches are cut")
    openings: dict[Path, Callable[[], object]] = {}
    for _, noisy, clean in found:
        pair = PairFiles(noisy.stem, noisy.stem, noisy, clean)
        openings |= {noisy: partial(read_image, noisy), clean: partial(open_clean, pair)}
    finding = Files(folder / PHOTOGRAPHS, openings, _UNPACK, PUBLISHED).finding(root, deep)
    absent = set(missing_files(openings))
    return replace(finding, present=sum(absent.isdisjoint(pair[1:]) for pair in found))


def _blocks(root: Path, folder: Path, deep: bool) -> list[Finding]:
    """The two MATLAB files, or the same blocks as PNG; both where both are there."""
    count, val = SCENES * BLOCKS, folder / "val"
    files = [block_file(folder, name) for name in (NOISY_BLOCKS, CLEAN_BLOCKS)]
    if not has_blocks(folder) and (val / DEGRADED).is_dir():
        return pair_findings(root, val / DEGRADED, val / CLEAN, count, _BLOCKS, deep)
    prepared = pair_findings(root, val / DEGRADED, val / CLEAN, None, _PREPARE, deep)
    return [*(_block_finding(root, path, count, deep) for path in files), *prepared]


def _block_finding(root: Path, path: Path, expected: int, deep: bool) -> Finding:
    part = relative(root, path)
    if not path.is_file():
        return Finding(part, 0, expected, missing=(part,), note=_BLOCKS)
    try:
        shape = read_blocks(path).shape if deep else block_shape(path)
    except InputError as error:
        return Finding(part, 0, expected, broken=(part,), note=str(error))
    return Finding(part, shape[0] * shape[1], expected)


def _patches(root: Path, folder: Path, deep: bool) -> list[Finding]:
    """The patches, as many as their record says, and whether the prompt is the recorded one."""
    part = relative(root, folder / "train" / RECORD)
    sides = folder / "train" / DEGRADED, folder / "train" / CLEAN
    try:
        record = read_record(folder)
    except InputError as error:
        broken = Finding(part, 0, broken=(part,), note=str(error))
        return [*pair_findings(root, *sides, None, ADVICE, deep), broken]
    if record is None:
        return pair_findings(root, *sides, None, ADVICE, deep)
    names = [
        f"{photograph}_{patch}"
        for photograph in range(1, len(record.photographs) + 1)
        for patch in range(1, record.patches + 1)
    ]
    found = pair_findings(root, *sides, len(names), ADVICE, deep, names)
    return [*found, _prompt_finding(folder, part, record)]


def _prompt_finding(folder: Path, part: str, record: PatchRecord) -> Finding:
    try:
        same = prompt_digest(folder) == record.prompt
    except InputError as error:
        return Finding(part, 0, broken=(part,), note=str(error))
    if not same:
        note = f"the prompt {PROMPT} is not the one that was cut: get it back or cut anew"
        return Finding(part, 0, broken=(part,), note=note)
    return Finding(part, 1, note=f"cut with seed {record.seed}; the released patches had none")
