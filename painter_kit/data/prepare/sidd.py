"""Patches of SIDD's photographs for training, validation blocks as PNG, and their pair lists.

The released trainer reads both from PNG files; evaluation needs the patches alone, for prompts.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from painter_kit.data.paired_data import benchmark_folder
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare import sidd_check
from painter_kit.data.prepare.base import Finding, Item, PrepareOptions, Step
from painter_kit.data.prepare.paired import list_pairs
from painter_kit.data.prepare.sidd_patches import (
    PHOTOGRAPHS,
    PatchPaths,
    Photograph,
    check_record,
    cut_elsewhere,
    cut_patches,
    read_record,
    record_patches,
    whole_photographs,
)
from painter_kit.data.sidd import CLEAN, DEGRADED, FOLDER, LISTS, has_blocks, sidd_pairs
from painter_kit.data.sidd_blocks import BlockExamples, open_blocks
from painter_kit.errors import InputError, MissingError

TYPE = "ssid_image2denoise"  # the spelling of the released lists

logger = logging.getLogger(__name__)


def _folder(root: Path) -> Path:
    return benchmark_folder(root, "sidd", FOLDER)


def _patch_items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    """An item for each photograph. Raises ``InputError`` when there is nothing to prepare, and
    rather than to mix patches that were cut differently."""
    folder = _folder(root)
    found = whole_photographs(folder)
    if not found:
        if not has_blocks(folder) and not any((folder / part).is_dir() for part in LISTS):
            raise MissingError(f"{folder / PHOTOGRAPHS} holds no photographs; unpack SIDD there")
        logger.warning("sidd: %s holds no photographs, no patches are cut", folder / PHOTOGRAPHS)
        return ()
    check_record(folder, options.seed, found)
    items = []
    for photograph in found:
        outputs = PatchPaths(folder, photograph.number, options.patches)
        items.append(Item(outputs, partial(cut_patches, photograph, outputs, options.seed)))
    if not _own(folder, options.seed, found) and not all(item.done for item in items):
        raise InputError(
            f"{folder / 'train'} holds patches that were not cut with seed {options.seed}, and not "
            "all of them; remove the folder"
        )
    return items


def _own(folder: Path, seed: int, found: Sequence[Photograph]) -> bool:
    """Whether the patches that are there, if any, were cut here with this seed."""
    return read_record(folder) is not None or not cut_elsewhere(folder, seed, found[0])


def _patch_list(root: Path, options: PrepareOptions) -> Sequence[Path]:
    """Record what was cut here and list all patches, whoever cut them."""
    folder = _folder(root)
    found = whole_photographs(folder)
    if found and _own(folder, options.seed, found):
        record_patches(folder, options.seed, options.patches, found)
    return _list(root, "train")


def _list(root: Path, part: str) -> Sequence[Path]:
    folder = _folder(root)
    if not (folder / part / DEGRADED).is_dir():
        return ()
    return (list_pairs(root, folder / LISTS[part], TYPE, sidd_pairs(folder, part)),)


def _block_items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    """One item for all blocks: each process that reads them holds half a gigabyte."""
    folder = _folder(root)
    if not has_blocks(folder):
        return ()
    blocks = open_blocks(folder)
    outputs = [path for name in blocks.ids for path in _block_paths(folder, name)]
    return (Item(outputs, partial(write_blocks, folder, blocks)),)


def _block_paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / "val" / DEGRADED / f"{name}.png", folder / "val" / CLEAN / f"{name}.png"


def write_blocks(folder: Path, blocks: BlockExamples) -> None:
    """Write the blocks that do not exist yet to ``val/``."""
    for index, name in enumerate(blocks.ids):
        paths = _block_paths(folder, name)
        if not all(path.is_file() for path in paths):
            example = blocks[index]
            write_png(paths[0], example.image)
            write_png(paths[1], example.truth["clean"])


def _block_list(root: Path, options: PrepareOptions) -> Sequence[Path]:
    return _list(root, "val")


def check(root: Path, deep: bool) -> list[Finding]:
    """Photographs, blocks, prepared files and pair lists; ``deep`` opens every file."""
    return sidd_check.check(root, deep)


STEPS = (
    Step("patches", "patches of 256 x 256 of every photograph (large)", _patch_items, _patch_list),
    Step("blocks", "validation blocks as PNG", _block_items, _block_list),
)
