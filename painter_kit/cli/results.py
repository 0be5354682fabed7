"""What ``predict`` leaves of one picture: painted, decoded, and both beside the input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from painter_kit.data.pictures import write_png
from painter_kit.evaluation.decoded import decoded_forms
from painter_kit.evaluation.painted import painted_pictures
from painter_kit.files import write_text
from painter_kit.tasks.base import decode_example
from painter_kit.types import Example, Image, Painted, Spec

if TYPE_CHECKING:
    from painter_kit.tasks.base import Task

GAP = 4


def write_result(
    stem: Path, task: Task, spec: Spec[Any], example: Example, painted: Painted
) -> dict[str, str]:
    """Write the files of one picture at its own size; what each holds -> file name.

    ``painted`` is what ``task.decode_example`` takes. ``painted`` is the output as a picture, of a
    task with parts ``painted_PART`` each; what was decoded depends on the task (see
    ``write_decoded``); ``side_by_side`` shows picture, outputs and decoded result.
    """
    prediction = decode_example(task, spec, painted, example)
    outputs = painted_pictures(task, spec, example, painted)
    files = {what: _named(stem, what) for what in outputs}
    for what, picture in outputs.items():
        write_png(files[what], picture)
    files["side_by_side"] = _named(stem, "side_by_side")
    shown = beside(example.image, *outputs.values(), task.render(prediction, spec))
    write_png(files["side_by_side"], shown)
    files |= write_decoded(stem, task, spec, prediction, example.image.shape)
    return {what: path.name for what, path in files.items()}


def _named(stem: Path, what: str, suffix: str = ".png") -> Path:
    return stem.with_name(f"{stem.name}_{what}{suffix}")


def write_decoded(
    stem: Path, task: Task, spec: Spec[Any], prediction: Any, size: tuple[int, ...]
) -> dict[str, Path]:
    """Write the decoded result in the forms of ``decoded_forms``: pictures as PNG, data as JSON."""
    files = {}
    for what, form in decoded_forms(task, spec, prediction, (size[0], size[1])).items():
        path = _named(stem, "decoded")
        if isinstance(form, np.ndarray):
            write_png(path, form)
        else:
            named = {"file_name": path.name, **form} if isinstance(form, dict) else form
            path = path.with_suffix(".json")
            write_text(path, json.dumps(named, indent=1) + "\n")
        files[what] = path
    return files


def beside(*pictures: Image) -> Image:
    """Pictures of equal height in a row with white gaps."""
    gap = np.full((pictures[0].shape[0], GAP, 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)]
    return np.concatenate(parts[:-1], axis=1)
