"""What a layout is, and writing one: parallel, continued where it stopped, never over real data."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from painter_kit.data.prepare.base import Item, run_items
from painter_kit.data.world.dataset import WORLD_SEED
from painter_kit.data.world.scene import RENDER_VERSION
from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.files import write_text
from painter_kit.types import Size

# One core renders about 3 megapixels a second; compressing takes as long again.
_SECONDS_PER_PICTURE = 0.02
_SECONDS_PER_MEGAPIXEL = 0.7


@dataclass(frozen=True)
class LayoutOptions:
    """What a user may choose.

    ``count`` pictures of each split; ``size`` (H, W) in place of the official sizes; ``seed`` of
    the world, 0 being the one that the embedded model knows; ``task`` and ``split`` of a plain
    folder of pairs, which no other layout reads.
    """

    count: int = 8
    seed: int = WORLD_SEED
    size: Size | None = None
    task: str = "depth"
    split: str = "test"

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InputError(f"--count must be at least 1 but got {self.count}")
        if self.size and min(self.size) < 16:
            raise InputError(f"--size must be at least 16x16 but got {show_size(self.size)}")

    def pick(self, sizes: Sequence[Size], index: int) -> Size:
        """The size of picture ``index``: the chosen one, else the official ones in turn."""
        return self.size or sizes[index % len(sizes)]


@dataclass(frozen=True)
class Layout:
    """How the world is written as one dataset.

    ``owns`` are the files and folders, relative to the root, that belong to the layout alone.
    ``sizes(options)`` lists the size of every picture that will be rendered; ``bytes_per_pixel``
    is what a rendered pixel takes on disk, about. ``items(root, options)`` lists the work; parts
    of large files go to ``parts_folder``. ``finish(root, options)`` makes the large files of them.
    """

    name: str
    text: str
    owns: tuple[str, ...]
    bytes_per_pixel: float
    sizes: Callable[[LayoutOptions], Sequence[Size]]
    items: Callable[[Path, LayoutOptions], Sequence[Item]]
    finish: Callable[[Path, LayoutOptions], object] = lambda root, options: None


@dataclass(frozen=True)
class Cost:
    """About what writing a layout takes: ``seconds`` of one core, ``disk`` in bytes."""

    pictures: int
    megapixels: float
    seconds: float
    disk: int


def cost(layout: Layout, options: LayoutOptions) -> Cost:
    """What writing the layout takes, without rendering anything."""
    sizes = layout.sizes(options)
    pixels = sum(math.prod(size) for size in sizes)
    seconds = len(sizes) * _SECONDS_PER_PICTURE + pixels / 1e6 * _SECONDS_PER_MEGAPIXEL
    return Cost(len(sizes), pixels / 1e6, seconds, int(pixels * layout.bytes_per_pixel))


def show_size(size: Size) -> str:
    """(H, W) as people write it: ``480x640``."""
    return f"{size[0]}x{size[1]}"


def parts_folder(root: Path, name: str) -> Path:
    """Where items of the layout ``name`` leave what ``finish`` puts together."""
    return root / f".world-{name}"


def write_layout(
    layout: Layout,
    root: Path,
    options: LayoutOptions,
    workers: int = 1,
    overwrite: bool = False,
    on_item: Callable[[int], object] = lambda count: None,
) -> int:
    """Write the layout below ``root``; the number of items that were made (0: all were there).

    Called again with the same options it makes what is missing. ``on_item(1)`` is called for
    every item. Raises ``InputError`` when the place holds files that this function did not write
    or, without ``overwrite``, those of other options.
    """
    items = layout.items(root, options)
    settings = _settings(layout, options)
    note = root / f"world-{layout.name}.json"
    if _finished(layout, root, note, settings, overwrite):
        return 0
    write_text(note, json.dumps({**settings, "finished": False}) + "\n")
    made = run_items(items, workers, on_item)
    layout.finish(root, options)
    write_text(note, json.dumps({**settings, "finished": True}) + "\n")
    shutil.rmtree(parts_folder(root, layout.name), ignore_errors=True)
    return made


def layout_files(layout: Layout, root: Path) -> list[Path]:
    """The files below ``root`` that belong to the layout."""
    tops = [root / name for name in layout.owns]
    inside = [path for top in tops if top.is_dir() for path in sorted(top.rglob("*"))]
    return [path for path in (*tops, *inside) if path.is_file()]


def _settings(layout: Layout, options: LayoutOptions) -> dict[str, Any]:
    size = show_size(options.size) if options.size else None
    chosen = {"count": options.count, "seed": options.seed, "size": size}
    if layout.name == "folder":
        chosen |= {"task": options.task, "split": options.split}
    return {"layout": layout.name, **chosen, "render_version": RENDER_VERSION}


def _finished(
    layout: Layout, root: Path, note: Path, settings: dict[str, Any], overwrite: bool
) -> bool:
    """Whether everything is there. Makes room where that is allowed, refuses where not."""
    there = [name for name in layout.owns if (root / name).exists()]
    written = _read(note)
    if written is None:
        if there:
            raise InputError(
                f"{root / there[0]} was not written by painterkit world; give another --out, so "
                "that real and procedural data are never mixed"
            )
        return False
    finished = written.pop("finished", False)
    if written == settings and not overwrite:
        return bool(finished)
    if not overwrite:
        changed = ", ".join(
            f"{key} {written.get(key)!s:.80}"
            for key in settings
            if written.get(key) != settings[key]
        )
        raise InputError(
            f"{root} holds the layout {layout.name} with {changed}; give another --out, the same "
            "options, or --overwrite"
        )
    for name in there:
        _remove(root / name)
    _remove(parts_folder(root, layout.name))
    return False


def _read(note: Path) -> dict[str, Any] | None:
    try:
        value = read_json(note)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{note} cannot be read ({error}); give another --out") from error
    if not isinstance(value, dict):
        raise InputError(f"{note} was not written by painterkit world; give another --out")
    return value


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
