"""NYU Depth v2: the labelled MATLAB file, its splits, and synchronised training frames."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from painter_kit.data.layouts.base import Layout, LayoutOptions, parts_folder
from painter_kit.data.layouts.nyuv2_labeled import write_labeled, write_splits
from painter_kit.data.layouts.outlines import outlines
from painter_kit.data.layouts.pictures import draw_scene, write_part, write_picture
from painter_kit.data.pictures import write_depth
from painter_kit.data.prepare.base import Item
from painter_kit.data.world.keys import generator
from painter_kit.data.world.scene import Scene
from painter_kit.data.world.texture import noise
from painter_kit.errors import InputError
from painter_kit.types import Image, Size

SIZE = (480, 640)
# Rows and columns that the camera's two pictures share; around them the released pictures are
# white and have no depth.
_SHARED = slice(7, 474), slice(7, 632)
_TYPES = ("kitchen", "bathroom", "bedroom", "living_room", "office", "study_room")
_HOLES = 0.75  # of smooth noise in -1..1: above it the sensor saw nothing


def _sync_names(count: int) -> list[str]:
    """Frames of the training scenes, the one that the released code prompts with first.

    Now and then a scene has two frames.
    """
    names = ["study_room_0005b/rgb_00094"]
    for index in range(1, count):
        scene = index - index // 4
        names.append(f"{_TYPES[scene % len(_TYPES)]}_{scene:04d}a/rgb_{12 * index:05d}")
    return names


def _labeled(count: int) -> list[tuple[str, int]]:
    """(split, scene) of every entry of the labelled file: test and training take turns."""
    return [(split, count * (split == "train") + i) for i in range(count) for split in _SPLITS]


_SPLITS = ("test", "train")


def _sizes(options: LayoutOptions) -> list[Size]:
    return [SIZE] * (3 * options.count)


def _items(root: Path, options: LayoutOptions) -> list[Item]:
    if options.size not in (None, SIZE):
        raise InputError("--size: pictures of nyuv2 are 480x640, whatever reads them counts on it")
    folder = root / "nyu_depth_v2"
    items = []
    for index, name in enumerate(_sync_names(options.count)):
        image = folder / "sync" / f"{name}.jpg"
        depth = image.with_name(f"{image.stem.replace('rgb', 'sync_depth')}.png")
        outputs = image, depth
        items.append(Item(outputs, partial(_write_frame, outputs, options, index)))
    for (split, index), part in zip(_labeled(options.count), _parts(root, options), strict=True):
        items.append(Item((part,), partial(_write_entry, part, options, split, index)))
    return items


def _parts(root: Path, options: LayoutOptions) -> list[Path]:
    folder = parts_folder(root, "nyuv2")
    return [folder / f"{number:05d}.npz" for number in range(2 * options.count)]


def _write_frame(outputs: Sequence[Path], options: LayoutOptions, index: int) -> None:
    scene = draw_scene(options, "train", index, SIZE)
    write_picture(outputs[0], _framed(scene.image))
    write_depth(outputs[1], _raw_depth(options, "sync", index, scene))


def _write_entry(part: Path, options: LayoutOptions, split: str, index: int) -> None:
    scene = draw_scene(options, split, index, SIZE)
    raw = _raw_depth(options, split, index, scene)
    write_part(part, image=_framed(scene.image), depth=scene.depth_m, raw=raw)


def _framed(image: Image) -> Image:
    framed = np.full_like(image, 255)
    framed[_SHARED] = image[_SHARED]
    return framed


def _raw_depth(
    options: LayoutOptions, split: str, index: int, scene: Scene
) -> npt.NDArray[np.float32]:
    """Depth (H, W) as a sensor has it: 0 along outlines, in blotches and outside its view."""
    rng = generator(options.seed, split, index, "holes")
    blind = outlines(scene.ids) | (noise(rng, *SIZE, 24) > _HOLES)
    raw = np.zeros_like(scene.depth_m)
    raw[_SHARED] = np.where(blind, np.float32(0), scene.depth_m)[_SHARED]
    return raw


def _finish(root: Path, options: LayoutOptions) -> None:
    folder = root / "nyu_depth_v2"
    entries = _labeled(options.count)
    types = [_TYPES[i // 4 % len(_TYPES)] for i in range(len(entries))]
    scenes = [f"{kind}_{scene:04d}" for kind, (_, scene) in zip(types, entries, strict=True)]
    write_labeled(folder / "nyu_depth_v2_labeled.mat", _parts(root, options), types, scenes)
    write_splits(folder / "splits.mat", [split == "train" for split, _ in entries])


LAYOUT = Layout(
    name="nyuv2",
    text="nyu_depth_v2_labeled.mat, splits.mat and sync frames",
    owns=("nyu_depth_v2",),
    bytes_per_pixel=1.8,
    sizes=_sizes,
    items=_items,
    finish=_finish,
)
