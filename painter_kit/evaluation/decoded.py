"""What was decoded of one picture, in the forms that ``--data folder:DIR`` takes for the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from painter_kit.data.pictures import depth_millimetres
from painter_kit.evaluation.kept.panoptic import id_colours, segment_entries
from painter_kit.tasks.base import Task
from painter_kit.types import Size, Spec

# A picture (uint8 or uint16, (H, W) or (H, W, 3)), or plain data for JSON.
Form: TypeAlias = "npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | list[Any] | dict[str, Any]"


def decoded_forms(task: Task, spec: Spec[Any], prediction: Any, size: Size) -> Mapping[str, Form]:
    """The decoded result by name: ``decoded``, of panoptic ``segments`` too.

    depth: 16-bit millimetres; classes and foreground: index picture; instance: 16-bit numbers
    from 1, the best on top; keypoint: a list of name, x, y (pixels) and score; panoptic: picture
    of segment ids (id = R + 256 G + 65536 B, 0 is void) and COCO's ``segments_info``. Other
    tasks: a picture. ``size`` is that of the picture the prediction is of.
    """
    if task.name == "depth":
        return {"decoded": depth_millimetres(prediction)}
    if task.name in ("semantic", "coco-semantic", "foreground"):
        return {"decoded": prediction.astype(np.uint8)}
    if task.name == "instance":
        return {"decoded": instance_numbers(prediction, spec, size)}
    if task.name == "keypoint":
        return {"decoded": _points(prediction, spec)}
    if task.name == "panoptic":
        segments = {"segments_info": _segments(prediction, spec)}
        return {"decoded": id_colours(prediction.segments), "segments": segments}
    return {"decoded": task.render(prediction, spec)}


def _points(prediction: Any, spec: Spec[Any]) -> list[dict[str, Any]]:
    rows = zip(spec.protocol.names, prediction.points, prediction.scores, strict=True)
    return [
        {"name": name, "x": float(p[0]), "y": float(p[1]), "score": float(s)} for name, p, s in rows
    ]


def _segments(prediction: Any, spec: Spec[Any]) -> list[dict[str, Any]]:
    segments = []
    for entry in segment_entries(prediction, spec):
        category = int(prediction.categories[entry["id"] - 1])
        named = {"name": spec.classes[category], "isthing": category in spec.protocol.things}
        segments.append({**entry, **named})
    return segments


def instance_numbers(prediction: Any, spec: Spec[Any], size: Size) -> npt.NDArray[np.uint16]:
    """uint16 (H, W): 1 for the best instance, 2 for the next; only those worth showing."""
    numbers = np.zeros(size, np.uint16)
    shown = np.flatnonzero(prediction.scores >= spec.protocol.shown)
    for index in shown[::-1]:
        numbers[prediction.masks[index]] = index + 1
    return numbers
