"""Layouts that are folders of picture pairs of equal name: a degraded picture and a clean one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from painter_kit.data.layouts.base import Layout, LayoutOptions
from painter_kit.data.layouts.pictures import degraded, draw_scene, write_picture
from painter_kit.data.prepare.base import Item
from painter_kit.types import Size


@dataclass(frozen=True)
class PairFolder:
    """Pictures ``first..`` of the world's split ``split`` as two folders of equally named files.

    ``degraded`` and ``clean`` are the folders, relative to the root.
    """

    task: str
    split: str
    degraded: str
    clean: str
    names: tuple[str, ...]
    sizes: tuple[Size, ...]
    first: int = 0

    def all_sizes(self, options: LayoutOptions) -> list[Size]:
        """The size of every picture."""
        return [options.pick(self.sizes, i) for i in range(len(self.names))]

    def items(self, root: Path, options: LayoutOptions) -> list[Item]:
        """One item for each pair."""
        items = []
        for number, name in enumerate(self.names):
            outputs = root / self.degraded / name, root / self.clean / name
            size = options.pick(self.sizes, number)
            make = partial(_write_pair, outputs, self, options, self.first + number, size)
            items.append(Item(outputs, make))
        return items


def _write_pair(
    outputs: Sequence[Path], pairs: PairFolder, options: LayoutOptions, index: int, size: Size
) -> None:
    clean = draw_scene(options, pairs.split, index, size).image
    write_picture(outputs[0], degraded(options, pairs.task, pairs.split, index, clean))
    write_picture(outputs[1], clean)


def pair_layout(
    name: str,
    text: str,
    owns: tuple[str, ...],
    bytes_per_pixel: float,
    folders: Callable[[LayoutOptions], Sequence[PairFolder]],
) -> Layout:
    """The layout that consists of ``folders(options)``."""

    def sizes(options: LayoutOptions) -> list[Size]:
        return list(chain.from_iterable(f.all_sizes(options) for f in folders(options)))

    def items(root: Path, options: LayoutOptions) -> list[Item]:
        return list(chain.from_iterable(f.items(root, options) for f in folders(options)))

    return Layout(name, text, owns, bytes_per_pixel, sizes, items)
