"""What is on disk of files that belong into one folder, and whether they open."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from painter_kit.data.pictures import read_image
from painter_kit.data.prepare.base import Finding
from painter_kit.data.present import missing_files
from painter_kit.errors import InputError


@dataclass(frozen=True)
class Files:
    """Files that belong into one folder, each with what opens it."""

    folder: Path
    openings: Mapping[Path, Callable[[], object]]
    note: str
    expected: int | None = None

    def finding(self, root: Path, deep: bool) -> Finding:
        """What there is of them; nothing is missing of a folder that is optional and absent."""
        part = relative(root, self.folder)
        if not self.folder.is_dir():
            missing = () if self.expected is None else (part,)
            return Finding(part, 0, self.expected, missing, note=self.note)
        absent = missing_files(self.openings)
        names = tuple(relative(root, path) for path in absent)
        present = sum(_is_picture(name) for name in os.listdir(self.folder))
        broken = self._broken(root, frozenset(absent)) if deep else ()
        return Finding(part, present, self.expected, names, broken, self.note if absent else "")

    def _broken(self, root: Path, absent: Collection[Path]) -> tuple[str, ...]:
        return broken_files(root, {p: o for p, o in self.openings.items() if p not in absent})


def broken_files(root: Path, openings: Mapping[Path, Callable[[], object]]) -> tuple[str, ...]:
    """The files that do not open, as a Finding names them."""
    return tuple(relative(root, path) for path, open_ in openings.items() if not _opens(open_))


def _is_picture(name: str) -> bool:
    return name.lower().endswith((".jpg", ".jpeg", ".png")) and not name.startswith(".")


def _opens(opening: Callable[[], object]) -> bool:
    try:
        opening()
    except InputError:
        return False
    return True


def relative(root: Path, path: Path) -> str:
    """How a Finding names a file: its place below ``root``, with slashes."""
    return path.relative_to(root).as_posix()


def pictures(paths: Iterable[Path]) -> dict[Path, Callable[[], object]]:
    """Picture files, sorted, each with what opens it: the ``openings`` of ``Files``."""
    return {path: partial(read_image, path) for path in sorted(paths)}
