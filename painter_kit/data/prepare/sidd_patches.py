"""Cutting SIDD's photographs into patches, and the record of what was cut from what.

``count`` patches of 256 x 256 pixels are cut from every noisy photograph and its clean
counterpart, at places drawn by (seed, photograph): the same whatever the order of the work, and
the first ones when fewer are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.data.paired import PairFiles
from painter_kit.data.pictures import read_image, write_png
from painter_kit.data.present import natural_key, require_files
from painter_kit.data.sidd import CLEAN, DEGRADED, PROMPT, open_sidd
from painter_kit.data.sidd_record import RECORD, PatchRecord, read_record
from painter_kit.errors import InputError
from painter_kit.files import write_text
from painter_kit.types import Size

PHOTOGRAPHS = "SIDD_Medium_Srgb"  # in denoise/
SIDE = 256


class Photograph(NamedTuple):
    """One noisy photograph and its clean counterpart; ``number`` counts from 1."""

    number: int
    noisy: Path
    clean: Path


def photographs(folder: Path) -> list[Photograph]:
    """Every photograph below ``folder/SIDD_Medium_Srgb`` in natural order, as the released code
    numbers them; a counterpart may not exist."""
    place = folder / PHOTOGRAPHS
    noisy = set()
    for path in place.rglob("*"):
        if path.suffix.lower() == ".png" and not path.name.startswith("."):
            if "NOISY" in path.name:
                noisy.add(path)
            elif "GT" in path.name:
                noisy.add(path.with_name(path.name.replace("GT", "NOISY")))
    ordered = sorted(noisy, key=lambda path: natural_key(path.relative_to(place).as_posix()))
    clean = (path.with_name(path.name.replace("NOISY", "GT")) for path in ordered)
    return [Photograph(i, *pair) for i, pair in enumerate(zip(ordered, clean, strict=True), 1)]


def whole_photographs(folder: Path) -> list[Photograph]:
    """``photographs``. Raises ``InputError`` when a counterpart is missing."""
    found = photographs(folder)
    files = (path for photograph in found for path in (photograph.noisy, photograph.clean))
    require_files(files, "every photograph has a NOISY and a GT file: unpack SIDD_Medium_Srgb anew")
    return found


class PatchPaths(Sequence[Path]):
    """The files of one photograph's patches, noisy and clean in turn.

    Paths are made when asked for: SIDD has 192,000 of them.
    """

    def __init__(self, folder: Path, number: int, patches: int) -> None:
        self.folder, self.number, self.patches = folder, number, patches

    def __len__(self) -> int:
        return 2 * self.patches

    def __getitem__(self, index: int, /) -> Path:
        return self.pair(range(self.patches)[index // 2])[index % 2]

    def pair(self, index: int) -> tuple[Path, Path]:
        """Noisy and clean patch ``index``, from 0."""
        name = f"{self.number}_{index + 1}.png"
        return self.folder / "train" / DEGRADED / name, self.folder / "train" / CLEAN / name


def places(seed: int, number: int, size: Size, count: int) -> npt.NDArray[np.int64]:
    """int64 (count, 2): rows and columns of the patches' top left pixels.

    Uniform over 0 .. H - 257 and 0 .. W - 257, as released: the last row and column that would
    fit are left out, unless they are the only ones.
    """
    draw = np.random.default_rng((seed, number))
    ends = [max(side - SIDE, 1) for side in size]
    return draw.integers(0, ends, (count, 2))


def cut_patches(photograph: Photograph, outputs: PatchPaths, seed: int) -> None:
    """Write the patches that do not exist yet. Raises ``InputError`` for a broken photograph."""
    name = str(photograph.number)
    pictures = PairFiles(name, name, photograph.noisy, photograph.clean).read()
    height, width = pictures[0].shape[:2]
    if min(height, width) < SIDE:
        raise InputError(
            f"{photograph.noisy} is {width} x {height}; patches of {SIDE} x {SIDE} do not fit"
        )
    drawn = places(seed, photograph.number, (height, width), outputs.patches)
    for index, (row, column) in enumerate(drawn):
        for path, picture in zip(outputs.pair(index), pictures, strict=True):
            if not path.is_file():
                write_png(path, picture[row : row + SIDE, column : column + SIDE])


def cut_elsewhere(folder: Path, seed: int, photograph: Photograph) -> bool:
    """Whether the photograph's first patch is there and is another one than this seed cuts."""
    path, _ = PatchPaths(folder, photograph.number, 1).pair(0)
    if not path.is_file():
        return False
    whole = read_image(photograph.noisy)
    row, column = places(seed, photograph.number, whole.shape[:2], 1)[0]
    return not np.array_equal(read_image(path), whole[row : row + SIDE, column : column + SIDE])


def record_patches(folder: Path, seed: int, patches: int, found: Sequence[Photograph]) -> None:
    """Write ``train/patches.json``: so many patches of each of these photographs are there."""
    before = read_record(folder)
    most = max(patches, before.patches if before else 0)
    record = PatchRecord(seed, most, _names(folder, found), prompt_digest(folder))
    write_text(folder / "train" / RECORD, json.dumps(asdict(record), indent=0) + "\n")


def _names(folder: Path, found: Sequence[Photograph]) -> tuple[str, ...]:
    return tuple(p.noisy.relative_to(folder / PHOTOGRAPHS).as_posix() for p in found)


def prompt_digest(folder: Path) -> str:
    """``Pair.digest`` of the patches that the released code prompts with; empty without them."""
    if not all((folder / "train" / side / f"{PROMPT}.png").is_file() for side in (DEGRADED, CLEAN)):
        return ""
    return open_sidd("", folder.parent).released("denoise").digest


def check_record(folder: Path, seed: int, found: Sequence[Photograph]) -> None:
    """Raise ``InputError`` when the patches that are there were cut otherwise."""
    record = read_record(folder)
    if record is None:
        return
    if record.seed != seed:
        raise InputError(
            f"{folder / 'train'} holds patches cut with --seed {record.seed}, not {seed}; use that "
            "seed or remove the folder"
        )
    if record.photographs != _names(folder, found):
        raise InputError(
            f"{folder / 'train'} holds patches of other photographs than {PHOTOGRAPHS}/; remove "
            "the folder"
        )
