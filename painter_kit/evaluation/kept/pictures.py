"""Predictions that are one picture per example.

* depth: 16-bit PNG of millimetres, ``<scene>_<picture>.png`` as the released code names them;
* classes: index PNG in the benchmark's ids (COCO 1..200, ADE20K 1..150, 0 where there is none;
  other data: class indices, 255 where there is none, as ``--data folder:DIR`` takes them);
* foreground: index PNG of 0 and 1;
* restored pictures: RGB PNG, floats truncated to 8 bits (released code), in a folder per set;
* any other task: what ``render`` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.data.pictures import write_depth, write_png
from painter_kit.evaluation.kept.base import ADE20K, COCO, category_ids, file_of, flat_name
from painter_kit.tasks.base import get_task
from painter_kit.tasks.colors import VOID, Rounding, painted_colours, quantise
from painter_kit.types import Example, Image, Painted, Spec

Write = Callable[[Path, Any, Spec[Any]], None]


@dataclass(frozen=True)
class PngFiles:
    """One PNG per example in ``folder``; ``flat`` leaves out the folders in names."""

    folder: Path
    write: Write
    flat: bool = False

    def path(self, name: str) -> Path:
        """The file of one example."""
        return file_of(self.folder, flat_name(name) if self.flat else name, ".png")

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return self.path(name).is_file()

    def keep(self, example: Example, painted: Painted, prediction: Any, spec: Spec[Any]) -> None:
        """Write the file, whole or not at all."""
        self.write(self.path(example.id), prediction, spec)

    def finish(self, names: Sequence[str]) -> list[Path]:
        """The folder."""
        return [self.folder]


def write_depth_png(path: Path, prediction: npt.NDArray[np.floating], spec: Spec[Any]) -> None:
    """uint16 (H, W) millimetres; predictions are whole millimetres already."""
    write_depth(path, prediction)


def write_label_png(path: Path, prediction: npt.NDArray[np.integer], spec: Spec[Any]) -> None:
    """uint8 (H, W) in the benchmark's ids."""
    write_png(path, label_table(spec)[prediction])


def label_table(spec: Spec[Any]) -> npt.NDArray[np.uint8]:
    """uint8 (256,): the id that is written for each class index; 255 stands for no class."""
    none = 0 if spec.data in (ADE20K, COCO) else VOID
    table = np.full(256, none, np.uint8)
    ids = category_ids(spec, len(spec.coding.palette))
    table[: len(ids)] = ids
    return table


def write_mask_png(path: Path, prediction: npt.NDArray[np.integer], spec: Spec[Any]) -> None:
    """uint8 (H, W), 1 where the foreground is."""
    write_png(path, prediction.astype(np.uint8))


def write_restored_png(path: Path, prediction: np.ndarray, spec: Spec[Any]) -> None:
    """uint8 (H, W, 3); what is measured as floats is truncated."""
    whole = prediction.dtype == np.uint8
    write_png(path, prediction if whole else quantise(prediction, "truncate"))


def write_rendered_png(path: Path, prediction: Any, spec: Spec[Any]) -> None:
    """uint8 (H, W, 3) as people are shown it."""
    write_png(path, get_task(spec.task).render(prediction, spec))


@dataclass(frozen=True)
class PaintedFiles:
    """What was painted, before anything is decoded, as RGB PNG at the size of the picture.

    The released code saves these and decodes them later. Of a task with parts there is a folder
    per part, of an example with views one file per view (``NAME_view00.png``) at the view's size.
    """

    folder: Path

    def has(self, name: str) -> bool:
        """Whether all pictures of the example were written, of which it may have none."""
        return self._mark(name).is_file()

    def keep(self, example: Example, painted: Painted, prediction: Any, spec: Spec[Any]) -> None:
        """Write the pictures, and a mark last."""
        if isinstance(painted, dict):
            for part, own in painted.items():
                _write_painted(self.folder / part, example, own, spec.part(part))
        else:
            _write_painted(self.folder, example, painted, spec)
        mark = self._mark(example.id)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()

    def finish(self, names: Sequence[str]) -> list[Path]:
        """The folder."""
        return [self.folder]

    def _mark(self, name: str) -> Path:
        return file_of(self.folder / ".done", name, "")


def _write_painted(folder: Path, example: Example, painted: Any, spec: Spec[Any]) -> None:
    if painted.ndim == 3:
        path = file_of(folder, example.id, ".png")
        write_png(path, _colours(painted, example.image, spec))
        return
    views = get_task(spec.task).views
    shown = views(example, spec) if views else ()
    for number, (output, view) in enumerate(zip(painted, shown, strict=True)):
        path = file_of(folder, example.id, f"_view{number:02d}.png")
        write_png(path, _colours(output, view, spec))


def _colours(painted: npt.NDArray[np.floating], image: Image, spec: Spec[Any]) -> Image:
    rounding: Rounding = getattr(spec.protocol, "rounding", "truncate")
    height, width = image.shape[:2]
    return painted_colours(painted, (height, width), spec.output_resize, rounding)
