"""``--data haze``, ``blur``, ``inpaint`` and ``colourise``: low-level tasks made of clean pictures.

After a colon comes where the clean pictures are from: ``haze:DIR`` a folder of any photographs,
``haze:builtin`` those that ship with scikit-image, ``haze:world`` the procedural scenes; without it
``photos/`` below the data root. Names of a folder's pictures that share the text before ``__`` form
one group (a scene), which splits never tear apart; built-in tiles are grouped by picture. Splits
are cut from all pictures, but for the world, which has its own.

Every picture is degraded by draws that its name and a seed determine (``data/unseen_degrade.py``):
0, or that of ``haze:seed=3:DIR``. The tasks are ``dehaze``, ``deblur``, ``inpaint`` and
``colourise``; they are measured as the other restoration tasks are, with plain PSNR and SSIM.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from painter_kit.data import specs
from painter_kit.data.base import check_task
from painter_kit.data.builtin_degraded import DegradedTiles
from painter_kit.data.paired import by_name
from painter_kit.data.pictures import picture_size, read_image
from painter_kit.data.unseen_degrade import KINDS, degrade
from painter_kit.data.world.dataset import WorldDataset
from painter_kit.data.world.keys import generator
from painter_kit.data.world.specs import CANVAS
from painter_kit.errors import InputError
from painter_kit.tasks.restoration import RestorationProtocol
from painter_kit.types import Example, Examples, Spec

SUBSET = "all"
PHOTOS = "photos"  # below the data root
LEAST_SIDE = 16
_CONVENTIONS = {"inpaint": "hole", "colourise": "colour"}
_CLEAN_TASK = "denoise"  # the task whose examples show what is clean


@dataclass(frozen=True)
class Photographs:
    """The pictures of a folder as examples without truth."""

    files: tuple[Path, ...]

    @property
    def ids(self) -> Sequence[str]:
        """File names without suffix, sorted."""
        return [path.stem for path in self.files]

    @property
    def groups(self) -> Sequence[str]:
        """The part of each name before ``__``."""
        return [name.partition("__")[0] for name in self.ids]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int, /) -> Example:
        image = read_image(self.files[index])
        return Example(self.ids[index], self.groups[index], image, {})

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class Degraded:
    """Clean pictures, degraded when asked for; ids and groups are those of the pictures."""

    clean: Examples
    kind: str
    seed: int

    @property
    def ids(self) -> Sequence[str]:
        """Names of the pictures."""
        return self.clean.ids

    @property
    def groups(self) -> Sequence[str]:
        """Groups of the pictures."""
        return self.clean.groups

    def __len__(self) -> int:
        return len(self.clean)

    def __getitem__(self, index: int, /) -> Example:
        example = self.clean[index]
        picture = example.truth.get("clean", example.image)
        rng = generator(self.seed, "unseen", self.kind, example.id)
        image, truth = degrade(self.kind, picture, rng)
        return Example(example.id, example.group, image, truth)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class UnseenData:
    """One kind of degradation on the pictures of ``source``: ``builtin``, ``world``, or a folder
    (empty: ``photos`` below ``root``)."""

    kind: str
    source: str
    root: Path | None
    name: str
    seed: int = 0

    @property
    def tasks(self) -> tuple[str, ...]:
        """The task of this kind."""
        return (KINDS[self.kind],)

    @property
    def sources(self) -> Mapping[str, str]:
        """Those of the world, else every split is drawn from the subset ``all``."""
        if self.source == "world":
            return WorldDataset("world").sources
        return dict.fromkeys(("pool", "select", "confirm", "test"), SUBSET)

    def spec(self, task: str) -> Spec[Any]:
        """Plain PSNR and SSIM, with what the kind adds. ``InputError`` for another task."""
        check_task(self, task)
        convention: Any = _CONVENTIONS.get(self.kind, "plain")
        protocol = RestorationProtocol(convention)
        spec = replace(specs.restoration_spec(self.name, task), protocol=protocol)
        return replace(spec, canvas=CANVAS) if self.source == "world" else spec

    def examples(self, task: str, subset: str = SUBSET) -> Examples:
        """The degraded pictures of a subset; the header of every file has been read."""
        check_task(self, task)
        if self.source == "world":
            clean: Examples = WorldDataset("world").examples(_CLEAN_TASK, subset)
        elif self.source == "builtin":
            clean = DegradedTiles(_CLEAN_TASK)
        else:
            clean = photographs(self.folder())
        return Degraded(clean, self.kind, self.seed)

    def folder(self) -> Path:
        """The folder of clean pictures. Raises ``InputError`` when none is named."""
        if self.source:
            return Path(self.source)
        if self.root is None:
            raise InputError(
                f"--data {self.name} needs pictures: write {self.kind}:DIR, {self.kind}:builtin or "
                f"{self.kind}:world, or give --data-root DIR with {PHOTOS}/ in it"
            )
        return self.root / PHOTOS


def photographs(folder: Path) -> Photographs:
    """The pictures of a folder. Raises ``InputError`` for no folder, none in it, broken and tiny
    ones."""
    files = tuple(by_name(folder, "put clean RGB pictures there, or name their folder").values())
    for path in files:
        if min(picture_size(path)) < LEAST_SIDE:
            raise InputError(f"{path} is smaller than {LEAST_SIDE} pixels; remove it")
    return Photographs(files)


def open_unseen(kind: str, argument: str, root: Path | None = None) -> UnseenData:
    """The data of a kind of ``KINDS``; ``argument`` is what follows the colon."""
    seeded = re.fullmatch(r"seed=(\d+)(?::(.*))?", argument)
    seed, source = (int(seeded[1]), seeded[2] or "") if seeded else (0, argument)
    name = f"{kind}:{argument}" if argument else kind
    return UnseenData(kind, source, root, name, seed)


def open_haze(argument: str, root: Path | None = None) -> UnseenData:
    """``--data haze``: distant light mixed in."""
    return open_unseen("haze", argument, root)


def open_blur(argument: str, root: Path | None = None) -> UnseenData:
    """``--data blur``: moved or out of focus."""
    return open_unseen("blur", argument, root)


def open_inpaint(argument: str, root: Path | None = None) -> UnseenData:
    """``--data inpaint``: holes in mid grey."""
    return open_unseen("inpaint", argument, root)


def open_colourise(argument: str, root: Path | None = None) -> UnseenData:
    """``--data colourise``: grey pictures."""
    return open_unseen("colourise", argument, root)
