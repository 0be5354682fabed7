"""Lists of pairs that need no other preparation, and what of such pairs is on disk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from painter_kit.data.paired import PairFiles
from painter_kit.data.pairs import PairEntry, read_pair_list, write_pair_list
from painter_kit.data.pictures import SUFFIXES, picture_size, read_image
from painter_kit.data.prepare.base import Finding, PrepareOptions, Step
from painter_kit.data.prepare.check import Files, pictures, relative
from painter_kit.data.present import missing_files
from painter_kit.errors import InputError
from painter_kit.types import Image

_PREPARE = "painterkit prepare makes it; evaluation does not need it"

logger = logging.getLogger(__name__)


def list_pairs(root: Path, path: Path, kind: str, pairs: Iterable[PairFiles]) -> Path:
    """Write the pair list ``path`` of entries of type ``kind``; returns its path."""
    entries = (
        PairEntry(relative(root, pair.degraded), relative(root, pair.clean), kind) for pair in pairs
    )
    return write_pair_list(path, entries)


class ListedPart(NamedTuple):
    """A pair list, the folder that it is about, and what finds the pairs in there."""

    path: Path
    folder: Path
    pairs: Callable[[], Iterable[PairFiles]]


def lists_step(text: str, kind: str, parts: Callable[[Path], Sequence[ListedPart]]) -> Step:
    """A step that makes nothing but pair lists of type ``kind``, of the parts that are there.

    ``parts(root)`` names them. Raises ``InputError`` when none of them is there.
    """

    def finish(root: Path, options: PrepareOptions) -> Sequence[Path]:
        made = []
        for part in parts(root):
            if part.folder.is_dir():
                made.append(list_pairs(root, part.path, kind, part.pairs()))
            else:
                logger.warning("%s does not exist, so %s is not made", part.folder, part.path.name)
        if not made:
            names = " and ".join(str(part.folder) for part in parts(root))
            raise InputError(
                f"{names} do not exist; painterkit datasets check says what is missing"
            )
        return made

    return Step("lists", text, lambda root, options: (), finish)


def list_finding(root: Path, path: Path) -> Finding:
    """Whether a pair list can be read and what of it is there; nothing is missing without it."""
    part = relative(root, path)
    if not path.is_file():
        return Finding(part, 0, note=_PREPARE)
    try:
        entries = read_pair_list(path)
    except InputError as error:
        return Finding(part, 0, broken=(part,), note=str(error))
    files = (root / name for entry in entries for name in (entry.image_path, entry.target_path))
    absent = tuple(relative(root, file) for file in missing_files(files))
    return Finding(part, len(entries), missing=absent, note=_PREPARE if absent else "")


def pair_findings(
    root: Path,
    degraded: Path,
    clean: Path,
    expected: int | None,
    advice: str,
    deep: bool,
    names: Iterable[str] = (),
) -> list[Finding]:
    """A Finding for each of two folders of pairs: every name belongs into both.

    So do the files called ``names`` (without suffix, PNG). ``deep`` opens every file and compares
    the sizes of every pair.
    """
    mine, others = _by_stem(degraded), _by_stem(clean)
    pairs = []
    for name in mine.keys() | others.keys() | set(names):
        file = (mine.get(name) or others.get(name) or Path(f"{name}.png")).name
        sides = mine.get(name, degraded / file), others.get(name, clean / file)
        pairs.append(PairFiles(name, name, *sides))
    openings = {pair.clean: partial(open_clean, pair) for pair in sorted(pairs)}
    sides = (
        Files(degraded, pictures(pair.degraded for pair in pairs), advice, expected),
        Files(clean, openings, advice, expected),
    )
    return [files.finding(root, deep) for files in sides]


def _by_stem(folder: Path) -> dict[str, Path]:
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {p.stem: p for p in found if p.suffix.lower() in SUFFIXES and p.name[0] != "."}


def open_clean(pair: PairFiles) -> Image:
    """The clean picture. Raises ``InputError`` for another size than that of the degraded one."""
    clean = read_image(pair.clean)
    try:
        size = picture_size(pair.degraded)
    except InputError:  # missing or broken, which is said under its own name
        return clean
    pair.check_sizes(size, clean.shape[:2])
    return clean


def absent_finding(root: Path, folder: Path, advice: str) -> Sequence[Finding]:
    """What to say of a benchmark whose folder is not there at all; empty when it is."""
    if folder.is_dir():
        return ()
    part = relative(root, folder)
    return (Finding(part, 0, missing=(part,), note=advice),)
