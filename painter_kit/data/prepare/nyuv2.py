"""The official splits of NYU Depth v2 as picture files, and both pair lists.

A labelled picture keeps only what the camera's two pictures share; around it everything is
black. Depth is the raw one, with its holes. The synchronised frames are listed as they are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from painter_kit.data.nyuv2 import (
    FOLDER,
    OFFICIAL,
    SCENES,
    SYNC,
    depth_file,
    frame_id,
    frame_images,
    nyuv2_folder,
)
from painter_kit.data.nyuv2_labeled import (
    LabeledEntry,
    labeled_file,
    read_entries,
    read_picture,
    read_splits,
    splits_file,
)
from painter_kit.data.pairs import present_pairs, write_pair_list
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare import nyuv2_check
from painter_kit.data.prepare.base import Finding, Item, PrepareOptions, Step
from painter_kit.errors import MissingError
from painter_kit.files import atomic, write_text
from painter_kit.types import Image

TYPE = "nyuv2_image2depth"
QUALITY = 95  # of JPEG files, OpenCV's default
_SHARED = slice(7, 474), slice(7, 632)  # rows and columns

logger = logging.getLogger(__name__)


def framed(image: Image) -> Image:
    """uint8 (480, 640, 3): the picture, black outside rows 7..473 and columns 7..631."""
    canvas = np.zeros_like(image)
    canvas[_SHARED] = image[_SHARED]
    return canvas


def millimetres(depth: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """uint16 (H, W) of metres: multiplied in float32 and cut (released code); NaN becomes 0."""
    whole = np.nan_to_num(depth.astype(np.float32) * np.float32(1000), nan=0.0)
    return np.clip(whole, 0, 65535).astype(np.uint16)


def write_entry(path: Path, number: int, image_file: Path) -> None:
    """Write picture and depth of entry ``number`` of the labelled file ``path``."""
    image, depth = read_picture(path, number)
    _write_jpeg(image_file, framed(image))
    write_png(depth_file(image_file), millimetres(depth))


def _write_jpeg(path: Path, image: Image) -> None:
    import cv2

    bgr = np.ascontiguousarray(image[..., ::-1])
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    with atomic(path) as temporary:
        temporary.write_bytes(encoded.tobytes())


def entry_image(folder: Path, entry: LabeledEntry) -> Path:
    """Where the picture of a labelled entry is written, below ``nyu_depth_v2``."""
    return folder / OFFICIAL / entry.split / entry.kind / f"rgb_{entry.number:05d}.jpg"


def _label_items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    folder = nyuv2_folder(root)
    source = labeled_file(folder)
    if not source.is_file():
        if not (folder / OFFICIAL).is_dir():
            _leave_out(source, "the test split", (folder / SYNC,))
        return []
    entries, count = read_entries(source), len(read_splits(splits_file(folder)))
    if len(entries) < count:
        logger.warning("nyuv2: %s holds %d of the %d entries", source, len(entries), count)
    items = []
    for entry in entries:
        image = entry_image(folder, entry)
        outputs = image, depth_file(image)
        items.append(Item(outputs, partial(write_entry, source, entry.number, image)))
    return items


def _leave_out(lacking: Path, what: str, others: Sequence[Path]) -> None:
    """Warn that ``what`` cannot be prepared; raise ``InputError`` without any of the others."""
    if not any(path.exists() for path in others):
        raise MissingError(
            f"{lacking} does not exist, nor does {others[0]}; put at least one of them there"
        )
    logger.warning("nyuv2: %s does not exist, so %s is left out", lacking, what)


def _label_lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    """Write the pair list of the test split, whatever wrote its files, and names of scenes."""
    folder = nyuv2_folder(root)
    if labeled_file(folder).is_file():
        entries = read_entries(labeled_file(folder))
        scenes = {frame_id(entry_image(folder, e)): e.scene for e in entries if e.scene}
        if scenes:
            write_text(folder / OFFICIAL / SCENES, json.dumps(scenes, indent=0) + "\n")
    return _list(root, folder / OFFICIAL / "test", "nyuv2_test_image_depth.json")


def _sync_items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    folder = nyuv2_folder(root)
    if not (folder / SYNC).is_dir():
        _leave_out(folder / SYNC, "training", (labeled_file(folder), folder / OFFICIAL))
    return []


def _sync_lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    return _list(root, nyuv2_folder(root) / SYNC, "nyuv2_sync_image_depth.json")


def _list(root: Path, folder: Path, name: str) -> Sequence[Path]:
    """Write the list of all pairs in the scenes of ``folder``; none if there are none."""
    images = frame_images(folder)
    pairs = present_pairs(root, [(image, depth_file(image)) for image in images], TYPE)
    if len(pairs) < len(images):
        logger.warning(
            "nyuv2: %d pictures in %s have no depth and are left out",
            len(images) - len(pairs),
            folder,
        )
    return [write_pair_list(root / FOLDER / name, pairs)] if pairs else []


STEPS = (
    Step("labeled", "the official splits as picture files", _label_items, _label_lists),
    Step("sync", "the list of training frames", _sync_items, _sync_lists),
)


def check(root: Path, deep: bool) -> list[Finding]:
    """Frames, the MATLAB files and what is made of them; ``deep`` opens every file."""
    return nyuv2_check.check(root, deep)
