"""What the restoration benchmarks share as datasets: one task, a training and a test subset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from painter_kit.data.base import check_task
from painter_kit.data.paired import PairFiles
from painter_kit.errors import InputError, MissingError
from painter_kit.types import Examples, Pair, Spec


@dataclass(frozen=True)
class PairedData:
    """A restoration benchmark in the folder ``root/place``; the root may be named later.

    ``own`` is its spec, which names dataset and task; ``subsets`` maps ``train`` and ``test`` to
    what finds their examples in that folder. ``prompt`` names a pair of files, relative to the
    folder and without suffix, and ``advice`` says where these files come from.
    """

    root: Path | None
    own: Spec[Any]
    place: str
    subsets: Mapping[str, Callable[[Path], Examples]]
    prompt: tuple[str, str]
    advice: str

    @property
    def name(self) -> str:
        """The name given to ``--data``."""
        return self.own.data

    @property
    def tasks(self) -> tuple[str, ...]:
        """The one task."""
        return (self.own.task,)

    @property
    def sources(self) -> Mapping[str, str]:
        """Training splits are cut from ``train``, test is the official one."""
        return {"pool": "train", "select": "train", "confirm": "train", "test": "test"}

    @property
    def folder(self) -> Path:
        """The folder of the files. Raises ``InputError`` when it is not there."""
        return benchmark_folder(self.root, self.name, self.place)

    def spec(self, task: str) -> Spec[Any]:
        """The published protocol. Raises ``InputError`` for another task."""
        check_task(self, task)
        return self.own

    def examples(self, task: str, subset: str) -> Examples:
        """The pairs of ``train`` or ``test``; pictures are read when asked for.

        Raises ``InputError`` naming what is missing.
        """
        self.spec(task)
        if subset not in self.subsets:
            raise InputError(f"--data {self.name} has the subsets {', '.join(self.subsets)}")
        return self.subsets[subset](self.folder)

    def released(self, task: str) -> Pair:
        """The pair that the released evaluation script prompts with, as it is on disk.

        Raises ``InputError`` naming the file that is missing.
        """
        self.spec(task)
        degraded, clean = (self._named(name) for name in self.prompt)
        pair = PairFiles(degraded.stem, degraded.stem, degraded, clean)
        return Pair(*pair.read(), self.own.coding)

    def _named(self, name: str) -> Path:
        files = [self.folder / f"{name}{suffix}" for suffix in (".png", ".jpg")]
        found = [path for path in files if path.is_file()]
        if not found:
            raise InputError(
                f"released prompt of {self.name}: {files[0]} does not exist; {self.advice}"
            )
        return found[0]


def benchmark_folder(root: Path | None, name: str, place: str) -> Path:
    """``root/place``. Raises ``InputError`` when it is not there."""
    if root is None:
        raise InputError(f"--data {name} needs --data-root DIR, the folder that holds {place}/")
    if not (root / place).is_dir():
        raise MissingError(f"folder {root / place} does not exist; unpack {name} there")
    return root / place


def refuse_argument(name: str, argument: str) -> None:
    """Raise ``InputError`` when something follows the colon of ``--data NAME:``."""
    if argument:
        raise InputError(f"--data {name} takes no argument but got {argument!r}")
