"""Splits rendered ahead into arrays that processes share through the page cache."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

import numpy as np
from tqdm import tqdm

from painter_kit.data.world.figures import PERSON, render_figure
from painter_kit.data.world.scene import RENDER_VERSION, render_scene
from painter_kit.errors import InputError
from painter_kit.types import Size, digest_json

log = logging.getLogger(__name__)

_CHUNK = 100


@dataclass(frozen=True)
class Batch:
    """Which scenes or figures to render: the first ``count`` of a split, at ``size`` (H, W)."""

    kind: Literal["scene", "figure"]
    seed: int
    split: str
    count: int
    size: Size

    @property
    def digest(self) -> str:
        """SHA-256 of the fields and of the renderer's version."""
        return digest_json([RENDER_VERSION, asdict(self)])

    def layout(self) -> dict[str, tuple[type, tuple[int, ...]]]:
        """Array name -> (dtype, shape)."""
        if self.kind == "figure":
            return {
                "image": (np.uint8, (self.count, *self.size, 3)),
                "keypoints": (np.float32, (self.count, len(PERSON), 3)),
            }
        return {
            "image": (np.uint8, (self.count, *self.size, 3)),
            "depth_mm": (np.uint16, (self.count, *self.size)),
            "labels": (np.uint8, (self.count, *self.size)),
            "ids": (np.uint8, (self.count, *self.size)),
            "classes": (np.uint16, (self.count,)),
        }


def rendered(batch: Batch, folder: Path, processes: int = 1) -> Mapping[str, np.ndarray]:
    """Read-only memory maps of the batch's arrays, rendered into ``folder`` if not yet there.

    Scenes: ``image`` uint8 (n, H, W, 3), ``depth_mm`` uint16, ``labels`` and ``ids`` uint8
    (n, H, W), ``classes`` uint16 (n,), bit c set when class c is visible. Figures: ``image``
    and ``keypoints`` float32 (n, 7, 3). Processes that render the same batch at once do not
    disturb each other: the folder appears complete or not at all.
    """
    target = folder / f"{batch.kind}-{batch.split}-{batch.digest[:16]}"
    if not target.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        work = Path(mkdtemp(prefix=".rendering-", dir=folder))
        try:
            _render_all(batch, work, processes)
            _publish(work, target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return {
        name: _mapped(target / f"{name}.npy", kind, shape)
        for name, (kind, shape) in batch.layout().items()
    }


def _mapped(path: Path, kind: type, shape: tuple[int, ...]) -> np.ndarray:
    """The array in a file, read when it is used. Raises ``InputError`` for another one."""
    try:
        if not path.is_file():
            raise ValueError("it is missing")
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if array.dtype != kind or array.shape != shape:
            raise ValueError(f"it holds {array.dtype} {array.shape}")
        return array
    except Exception as error:  # NumPy reads the header as Python, with errors of all kinds
        raise InputError(
            f"{path} is damaged ({' '.join(str(error).split())}); remove the folder {path.parent}, "
            "which is rendered anew"
        ) from error


def _publish(work: Path, target: Path) -> None:
    try:
        os.replace(work, target)
    except OSError:  # another process was first; its arrays are the same
        if not target.is_dir():
            raise


def _render_all(batch: Batch, work: Path, processes: int) -> None:
    for name, (dtype, shape) in batch.layout().items():
        np.lib.format.open_memmap(work / f"{name}.npy", "w+", dtype, shape).flush()
    starts = range(0, batch.count, _CHUNK)
    render = partial(_render_chunk, batch, work)
    quiet = True if not sys.stderr.isatty() or not log.isEnabledFor(logging.WARNING) else None
    bar = tqdm(total=batch.count, desc=f"rendering {batch.kind}s", unit="", disable=quiet)
    with bar:
        if processes == 1:
            for start in starts:
                bar.update(render(start))
            return
        # Spawned, not forked: the caller may hold threads (torch).
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            for done in pool.map(render, starts):
                bar.update(done)


def _render_chunk(batch: Batch, work: Path, start: int) -> int:
    """Render up to ``_CHUNK`` items into the files in ``work``; their number."""
    arrays = {name: np.load(work / f"{name}.npy", mmap_mode="r+") for name in batch.layout()}
    stop = min(start + _CHUNK, batch.count)
    for index in range(start, stop):
        for name, value in _render_one(batch, index).items():
            arrays[name][index] = value
    for array in arrays.values():
        array.flush()
    return stop - start


def _render_one(batch: Batch, index: int) -> dict[str, np.ndarray]:
    if batch.kind == "figure":
        figure = render_figure(batch.seed, batch.split, index, batch.size)
        return {"image": figure.image, "keypoints": figure.keypoints}
    scene = render_scene(batch.seed, batch.split, index, batch.size)
    return {
        "image": scene.image,
        "depth_mm": np.rint(scene.depth_m * 1000).astype(np.uint16),
        "labels": scene.labels,
        "ids": scene.ids,
        "classes": np.bitwise_or.reduce(np.uint16(1) << np.unique(scene.labels)),
    }
