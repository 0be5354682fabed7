"""What ``predict`` leaves of one picture: painted, decoded, and both beside the input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from painter_kit.data.pictures import write_depth, write_png
from painter_kit.files import write_text
from painter_kit.tasks.colors import painted_colours
from painter_kit.types import Image, Size, Spec

if TYPE_CHECKING:
    from painter_kit.tasks.base import Task

GAP = 4


def write_result(
    stem: Path, task: Task, spec: Spec[Any], image: Image, painted: npt.NDArray[np.float32]
) -> dict[str, str]:
    """Write the files of one picture at its own size; what each holds -> file name.

    ``painted`` is float32 (S, S, 3), 0..1 and not clipped. ``painted`` is the output as a
    picture; ``decoded`` depends on the task (see ``write_decoded``); ``side_by_side`` shows
    picture, output and decoded result.
    """
    height, width = size = image.shape[:2]
    prediction = task.decode(painted, spec, (height, width))
    output = painted_colours(painted, (height, width), spec.output_resize, "round")
    files = {"painted": _named(stem, "painted"), "side_by_side": _named(stem, "side_by_side")}
    write_png(files["painted"], output)
    write_png(files["side_by_side"], beside(image, output, task.render(prediction, spec)))
    files["decoded"] = write_decoded(stem, task, spec, prediction, size)
    return {what: path.name for what, path in files.items()}


def _named(stem: Path, what: str, suffix: str = ".png") -> Path:
    return stem.with_name(f"{stem.name}_{what}{suffix}")


def write_decoded(
    stem: Path, task: Task, spec: Spec[Any], prediction: Any, size: tuple[int, ...]
) -> Path:
    """Write the decoded result in the form that ``--data folder:DIR`` takes for the task.

    depth: 16-bit millimetres; classes and foreground: index PNG; instance: 16-bit numbers from
    1, the best on top; keypoint: JSON of name, x, y (pixels) and score. Other tasks: a picture.
    """
    path = _named(stem, "decoded")
    if task.name == "depth":
        write_depth(path, prediction)
    elif task.name in ("semantic", "coco-semantic", "foreground"):
        write_png(path, prediction.astype(np.uint8))
    elif task.name == "instance":
        write_png(path, instance_numbers(prediction, spec, (size[0], size[1])))
    elif task.name == "keypoint":
        path = path.with_suffix(".json")
        rows = zip(spec.protocol.names, prediction.points, prediction.scores, strict=True)
        points = [
            {"name": name, "x": float(p[0]), "y": float(p[1]), "score": float(s)}
            for name, p, s in rows
        ]
        write_text(path, json.dumps(points, indent=1) + "\n")
    else:
        write_png(path, task.render(prediction, spec))
    return path


def instance_numbers(prediction: Any, spec: Spec[Any], size: Size) -> npt.NDArray[np.uint16]:
    """uint16 (H, W): 1 for the best instance, 2 for the next; only those worth showing."""
    numbers = np.zeros(size, np.uint16)
    shown = np.flatnonzero(prediction.scores >= spec.protocol.shown)
    for index in shown[::-1]:
        numbers[prediction.masks[index]] = index + 1
    return numbers


def beside(*pictures: Image) -> Image:
    """Pictures of equal height in a row with white gaps."""
    gap = np.full((pictures[0].shape[0], GAP, 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)]
    return np.concatenate(parts[:-1], axis=1)
