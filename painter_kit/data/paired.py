"""Degraded pictures and their clean counterparts, as equally named files of two folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from painter_kit.data.pictures import SUFFIXES, read_image
from painter_kit.data.present import natural_key
from painter_kit.errors import InputError, MissingError
from painter_kit.types import Example, Image, Size


class PairFiles(NamedTuple):
    """A degraded picture and the clean one; ``stratum`` is the test set that it belongs to."""

    id: str
    group: str
    degraded: Path
    clean: Path
    stratum: str = ""

    def read(self) -> tuple[Image, Image]:
        """Both pictures, uint8 (H, W, 3). Raises ``InputError`` when their sizes differ."""
        degraded, clean = read_image(self.degraded), read_image(self.clean)
        self.check_sizes(degraded.shape[:2], clean.shape[:2])
        return degraded, clean

    def check_sizes(self, degraded: Size, clean: Size) -> None:
        """Raise ``InputError`` unless the two sizes are equal."""
        if degraded != clean:
            raise InputError(
                f"{self.clean} is {clean[1]} x {clean[0]} but {self.degraded} is "
                f"{degraded[1]} x {degraded[0]}; get both anew"
            )


@dataclass(frozen=True)
class PairExamples:
    """Pairs as examples; truth is ``clean`` and, where there is one, ``stratum``."""

    files: tuple[PairFiles, ...]

    @property
    def ids(self) -> Sequence[str]:
        """Names of the pairs."""
        return [pair.id for pair in self.files]

    @property
    def groups(self) -> Sequence[str]:
        """Group of every pair, in order."""
        return [pair.group for pair in self.files]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int, /) -> Example:
        pair = self.files[index]
        image, clean = pair.read()
        stratum = {"stratum": np.array(pair.stratum)} if pair.stratum else {}
        return Example(pair.id, pair.group, image, {"clean": clean, **stratum})

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


def by_name(folder: Path, advice: str) -> dict[str, Path]:
    """Name without suffix -> picture file, sorted by name.

    Raises ``InputError`` for a missing or empty folder and for two files of one name; ``advice``
    says what to do about a missing folder.
    """
    if not folder.is_dir():
        raise MissingError(f"folder {folder} does not exist; {advice}")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            continue
        if not path.is_file():
            raise InputError(f"{path} is no file that can be read; remove it")
        if path.stem in found:
            raise InputError(f"{path} and {found[path.stem].name} share a name; rename one")
        found[path.stem] = path
    if not found:
        raise InputError(f"folder {folder} holds no pictures ({', '.join(sorted(SUFFIXES))})")
    return found


def check_partners(
    mine: Mapping[str, Path], others: Mapping[str, Path], folder: Path, what: str
) -> None:
    """Raise ``InputError`` when a name of ``mine`` is not in ``others``, the content of ``folder``.

    ``what`` is what ``folder`` holds, for the message.
    """
    alone = [path for name, path in mine.items() if name not in others]
    if alone:
        more = f" (and {len(alone) - 1} more)" if len(alone) > 1 else ""
        raise InputError(
            f"{alone[0]} has no {what} in {folder}{more}; add {alone[0].stem} or remove the file"
        )


def pair_files(degraded: Path, clean: Path, advice: str) -> list[PairFiles]:
    """The pairs of two folders by name, in natural order; every pair is a group of its own.

    Raises ``InputError`` when a folder or a partner is missing.
    """
    mine, others = by_name(degraded, advice), by_name(clean, advice)
    check_partners(mine, others, clean, "clean picture")
    check_partners(others, mine, degraded, "degraded picture")
    return [PairFiles(n, n, mine[n], others[n]) for n in sorted(mine, key=natural_key)]
