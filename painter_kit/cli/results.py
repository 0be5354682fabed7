"""What ``predict`` leaves of one picture: painted, decoded, and both beside the input."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from painter_kit.cli.prompt_run import whole_output
from painter_kit.data.pictures import write_depth, write_png
from painter_kit.files import write_text
from painter_kit.tasks.base import decode_example, task_parts
from painter_kit.tasks.colors import painted_colours
from painter_kit.types import Example, Image, Painted, Size, Spec

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
    outputs = dict(_outputs(task, spec, example, painted))
    files = {what: _named(stem, what) for what in outputs}
    for what, picture in outputs.items():
        write_png(files[what], picture)
    files["side_by_side"] = _named(stem, "side_by_side")
    shown = beside(example.image, *outputs.values(), task.render(prediction, spec))
    write_png(files["side_by_side"], shown)
    files |= write_decoded(stem, task, spec, prediction, example.image.shape)
    return {what: path.name for what, path in files.items()}


def _outputs(
    task: Task, spec: Spec[Any], example: Example, painted: Painted
) -> Iterator[tuple[str, Image]]:
    """What was painted, as pictures of the example's size."""
    if isinstance(painted, Mapping):
        for name, part, own in task_parts(task, spec):
            for _, picture in _outputs(part, own, example, painted[name]):
                yield f"painted_{name}", picture
        return
    whole = whole_output(task, spec, example, painted)
    if whole is not None:
        height, width = example.image.shape[:2]
        yield "painted", painted_colours(whole, (height, width), spec.output_resize, "round")


def _named(stem: Path, what: str, suffix: str = ".png") -> Path:
    return stem.with_name(f"{stem.name}_{what}{suffix}")


def write_decoded(
    stem: Path, task: Task, spec: Spec[Any], prediction: Any, size: tuple[int, ...]
) -> dict[str, Path]:
    """Write the decoded result in the form that ``--data folder:DIR`` takes for the task.

    depth: 16-bit millimetres; classes and foreground: index PNG; instance: 16-bit numbers from
    1, the best on top; keypoint: JSON of name, x, y (pixels) and score; panoptic: PNG of segment
    ids and JSON of segments, in COCO's forms. Other tasks: a picture.
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
    elif task.name == "panoptic":
        return _write_panoptic(path, spec, prediction)
    else:
        write_png(path, task.render(prediction, spec))
    return {"decoded": path}


def _write_panoptic(path: Path, spec: Spec[Any], prediction: Any) -> dict[str, Path]:
    """The segments, which are numbered by their colours (id = R + 256 G + 65536 B), 0 is void."""
    from painter_kit.evaluation.kept.panoptic import id_colours, segment_entries

    write_png(path, id_colours(prediction.segments))
    segments = []
    for entry in segment_entries(prediction, spec):
        category = int(prediction.categories[entry["id"] - 1])
        named = {"name": spec.classes[category], "isthing": category in spec.protocol.things}
        segments.append({**entry, **named})
    told = {"file_name": path.name, "segments_info": segments}
    write_text(path.with_suffix(".json"), json.dumps(told, indent=1) + "\n")
    return {"decoded": path, "segments": path.with_suffix(".json")}


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
