"""``--data folder:DIR``: a user's own pictures with ground truth, paired by name.

``DIR/images/NAME.*`` belongs to ``DIR/targets/NAME.png``. Targets are, by task: ``depth`` 16-bit
grey PNG in millimetres (0 = no value); ``semantic`` and ``coco-semantic`` index PNG with one
class per line of ``DIR/classes.txt``, counted from 0, 255 ignored; ``foreground`` index PNG of 0
and 1, 255 ignored; ``instance`` index PNG of instance numbers, 0 = background; ``denoise``,
``derain``, ``enhance``, ``dehaze``, ``deblur``, ``inpaint`` and ``colourise`` the clean (or
coloured) RGB picture. For ``keypoint`` there are no target files but ``DIR/keypoints.json``
(``data/folder_people.py``): every annotated person or animal is an example, ``NAME_box0``,
cropped by its box to 256 x 192 as COCO's are. For a task of one's own ``register_target`` says
what target files are. Names that share the text before ``__`` belong to one group (a scene, a
film), which splits never tear apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data import specs
from painter_kit.data.base import check_task
from painter_kit.data.coco_pose import Crops
from painter_kit.data.folder_people import FILE, Annotated, read_annotated
from painter_kit.data.paired import by_name, check_partners
from painter_kit.data.pictures import picture_size, read_depth, read_image, read_index
from painter_kit.documents import read_text
from painter_kit.errors import InputError
from painter_kit.types import Example, Examples, Spec, Truth

SUBSET = "all"
VOID = 255


@dataclass(frozen=True)
class Entry:
    """One picture and the file of its ground truth."""

    name: str
    image: Path
    target: Path


def _depth(path: Path, classes: int) -> Truth:
    depth = read_depth(path)
    if not depth.any():
        raise InputError(f"{path} holds no depth, all of it is 0; remove the pair")
    return {"depth_m": depth}


def _labels(path: Path, classes: int) -> Truth:
    labels = read_index(path)
    named = labels[labels != VOID]
    if named.size and not 0 <= int(named.max()) < classes:
        raise InputError(
            f"{path} holds class {int(named.max())} but classes.txt names {classes}, "
            "0 is the first; add the missing lines or mark pixels to ignore by 255"
        )
    return {"labels": labels.astype(np.uint8)}


def _mask(path: Path, classes: int) -> Truth:
    mask = read_index(path)
    others = np.setdiff1d(np.unique(mask), [0, 1, VOID])
    if others.size:
        raise InputError(f"{path} holds the value {others[0]}; foreground is 1, background 0")
    if not (mask == 1).any():
        raise InputError(f"{path} holds no foreground; foreground is 1, 255 is ignored")
    return {"mask": mask.astype(np.uint8)}


def _instances(path: Path, classes: int) -> Truth:
    ids = read_index(path)
    numbers = np.unique(ids)
    return {"masks": ids == numbers[numbers > 0][:, None, None]}


def _clean(path: Path, classes: int) -> Truth:
    return {"clean": read_image(path)}


# What a target file means to each task: (path, number of classes) -> truth.
_READERS: dict[str, Callable[[Path, int], Truth]] = {
    "depth": _depth,
    "semantic": _labels,
    "coco-semantic": _labels,
    "foreground": _mask,
    "instance": _instances,
    **dict.fromkeys((*specs.RESTORATION, *specs.UNSEEN), _clean),
}


@dataclass(frozen=True)
class Target:
    """What the folder's files mean to a task from outside: see ``register_target``."""

    read: Callable[[Path], Truth]
    spec: Callable[[str], Spec[Any]]


_registered: dict[str, Target] = {}


def register_target(
    task: str, read: Callable[[Path], Truth], spec: Callable[[str], Spec[Any]]
) -> None:
    """Let ``--data folder:DIR`` serve the task of this name.

    ``read(path)`` gives the truth in a target file, at the size of its picture, and should raise
    ``InputError`` for a file that holds none; ``spec(data)`` gives the task's constants on the data
    of that name. A second registration replaces the first.
    """
    _registered[task] = Target(read, spec)


def target_tasks() -> tuple[str, ...]:
    """The tasks that a target file has a meaning for."""
    return tuple(dict.fromkeys((*_READERS, *_registered)))


def target_spec(data: str, task: str, classes: tuple[str, ...] = ()) -> Spec[Any]:
    """The constants of one of ``target_tasks`` on the folder ``data``; ``classes`` name labels.

    Raises ``InputError`` for another task.
    """
    if task in _registered:
        return _registered[task].spec(data)
    return specs.released_spec(data, task, classes)


def _truth(task: str, path: Path, classes: int) -> Truth:
    if task in _registered:
        return _registered[task].read(path)
    return _READERS[task](path, classes)


@dataclass(frozen=True)
class FolderExamples:
    """The pairs of a folder for one task, read when asked for."""

    entries: tuple[Entry, ...]
    task: str
    classes: int

    @property
    def ids(self) -> Sequence[str]:
        """File names without suffix, sorted."""
        return [entry.name for entry in self.entries]

    @property
    def groups(self) -> Sequence[str]:
        """The part of each name before ``__``."""
        return [_group(entry.name) for entry in self.entries]

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int, /) -> Example:
        entry = self.entries[index]
        truth = _truth(self.task, entry.target, self.classes)
        return Example(entry.name, _group(entry.name), read_image(entry.image), truth)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


def _group(name: str) -> str:
    return name.partition("__")[0]


@dataclass(frozen=True)
class FolderData:
    """A folder of pairs as a dataset; all four splits are cut from its one subset.

    It has ``keypoint`` where there is a keypoints.json, the other tasks where there are targets.
    """

    name: str
    folder: Path
    entries: tuple[Entry, ...]
    annotated: bool
    one_target: bool = True

    @property
    def tasks(self) -> tuple[str, ...]:
        """Those that targets have a meaning for, as registered by now, and ``keypoint``."""
        targets = target_tasks() if self.entries else ()
        return (*targets, "keypoint") if self.annotated else targets

    @property
    def sources(self) -> Mapping[str, str]:
        """Every split is drawn from the subset ``all``."""
        return dict.fromkeys(("pool", "select", "confirm", "test"), SUBSET)

    def classes(self) -> tuple[str, ...]:
        """The lines of ``classes.txt``. Raises ``InputError`` without that file."""
        path = self.folder / "classes.txt"
        try:
            lines = read_text(path).splitlines()
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read; write one class name per line") from error
        return tuple(line.strip() for line in lines if line.strip())

    def spec(self, task: str) -> Spec[Any]:
        """The released constants of the task. Raises ``InputError`` for another task."""
        check_task(self, task)
        if task == "keypoint":
            return specs.keypoint_spec(self.name, self._annotated().names)
        classes = self.classes() if task.endswith("semantic") else ()
        return target_spec(self.name, task, classes)

    def examples(self, task: str, subset: str = SUBSET) -> Examples:
        """The pairs for ``task``; the header of every file has been read and sizes compared."""
        classes = len(self.spec(task).classes)
        if task == "keypoint":
            return Crops(self._annotated().persons)
        for entry in self.entries:
            _check_sizes(entry)
        return FolderExamples(self.entries, task, classes)

    def _annotated(self) -> Annotated:
        return read_annotated(self.folder, _group)


def _check_sizes(entry: Entry) -> None:
    image, target = picture_size(entry.image), picture_size(entry.target)
    if image != target:
        raise InputError(
            f"{entry.target} is {target[1]} x {target[0]} but {entry.image} is "
            f"{image[1]} x {image[0]}; make them equal"
        )


def open_folder(argument: str, root: Path | None = None) -> FolderData:
    """The dataset in the folder ``argument``, relative to the working folder.

    Raises ``InputError`` when a folder is missing or empty and when a picture has no partner.
    """
    if not argument:
        raise InputError("--data folder:DIR needs the folder, for example folder:my/pairs")
    folder, name = Path(argument), f"folder:{argument}"
    annotated = (folder / FILE).is_file()
    if annotated and not (folder / "targets").is_dir():
        return FolderData(name, folder, (), annotated)
    needed = "--data folder:DIR needs it"
    images, targets = (by_name(folder / part, needed) for part in ("images", "targets"))
    check_partners(images, targets, folder / "targets", "target")
    check_partners(targets, images, folder / "images", "picture")
    entries = tuple(Entry(stem, images[stem], targets[stem]) for stem in sorted(images))
    return FolderData(name, folder, entries, annotated)
