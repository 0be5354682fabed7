"""SIDD: noisy and clean photographs to cut patches from, and validation blocks of 256 x 256."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from painter_kit.data.layouts.base import Layout, LayoutOptions, parts_folder, show_size
from painter_kit.data.layouts.pictures import degraded, draw_scene, write_part, write_picture
from painter_kit.data.prepare.base import Item
from painter_kit.data.world.keys import generator
from painter_kit.errors import InputError
from painter_kit.files import atomic
from painter_kit.types import Image, Size

# The released pictures have about 3000 x 5300 pixels; --size makes them as large.
SIZE = (512, 768)
SIDE = 256  # of a validation block
SCENES, BLOCKS = 40, 32  # of the released validation set
_FILES = {"noisy": "ValidationNoisyBlocksSrgb", "clean": "ValidationGtBlocksSrgb"}


def _blocks(options: LayoutOptions) -> tuple[int, int]:
    """Scenes of the validation set, and blocks of each."""
    return min(options.count, SCENES), min(options.count, BLOCKS)


def _sizes(options: LayoutOptions) -> list[Size]:
    return [options.size or SIZE] * (options.count + _blocks(options)[0])


def _items(root: Path, options: LayoutOptions) -> list[Item]:
    size = options.size or SIZE
    if min(size) < SIDE:
        raise InputError(f"--size must be at least {SIDE}x{SIDE} but got {show_size(size)}")
    items = []
    for index in range(options.count):
        # Now and then two photographs show one scene.
        scene, take = index - index // 4, "011" if index % 4 == 0 and index else "010"
        folder = root / f"denoise/SIDD_Medium_Srgb/Data/{_folder_name(scene + 1)}"
        outputs = tuple(
            folder / f"{scene + 1:04d}_{kind}_SRGB_{take}.PNG" for kind in ("NOISY", "GT")
        )
        make = partial(_write_photograph, outputs, options, scene, take)
        items.append(Item(outputs, make))
    for index, part in enumerate(_parts(root, options)):
        items.append(Item((part,), partial(_write_blocks, part, options, index)))
    return items


def _folder_name(scene: int) -> str:
    """The released form: instance, scene, camera, ISO, shutter, colour temperature, brightness."""
    return f"{scene:04d}_{(scene - 1) % 10 + 1:03d}_S6_00100_00060_3200_L"


def _write_photograph(
    outputs: Sequence[Path], options: LayoutOptions, index: int, take: str
) -> None:
    clean, noisy = _draw(options, "train", index, take)
    write_picture(outputs[0], noisy)
    write_picture(outputs[1], clean)


def _draw(options: LayoutOptions, split: str, index: int, take: str = "") -> tuple[Image, Image]:
    clean = draw_scene(options, split, index, options.size or SIZE).image
    return clean, degraded(options, "denoise", split, index, clean, take)


def _parts(root: Path, options: LayoutOptions) -> list[Path]:
    folder = parts_folder(root, "sidd")
    return [folder / f"{number:02d}.npz" for number in range(_blocks(options)[0])]


def _write_blocks(part: Path, options: LayoutOptions, index: int) -> None:
    """Cut one scene's blocks at drawn places: ``noisy`` and ``clean`` (blocks, 256, 256, 3)."""
    clean, noisy = _draw(options, "test", index)
    rng = generator(options.seed, "test", index, "blocks")
    rows = rng.integers(0, clean.shape[0] - SIDE, _blocks(options)[1], endpoint=True)
    columns = rng.integers(0, clean.shape[1] - SIDE, _blocks(options)[1], endpoint=True)
    places = [np.s_[r : r + SIDE, c : c + SIDE] for r, c in zip(rows, columns, strict=True)]
    cut_noisy, cut_clean = (np.stack([p[place] for place in places]) for p in (noisy, clean))
    write_part(part, noisy=cut_noisy, clean=cut_clean)


def _finish(root: Path, options: LayoutOptions) -> None:
    """Put the blocks together: uint8 (scenes, blocks, 256, 256, 3), as released (40, 32, ...)."""
    from scipy.io import savemat

    for kind, name in _FILES.items():
        blocks = np.zeros((*_blocks(options), SIDE, SIDE, 3), np.uint8)
        for number, part in enumerate(_parts(root, options)):
            with np.load(part) as arrays:
                blocks[number] = arrays[kind]
        with atomic(root / "denoise" / f"{name}.mat") as temporary:
            savemat(temporary, {name: blocks})


LAYOUT = Layout(
    name="sidd",
    text="SIDD-Medium photographs and the blocks of the validation set",
    owns=("denoise",),
    bytes_per_pixel=5.5,
    sizes=_sizes,
    items=_items,
    finish=_finish,
)
