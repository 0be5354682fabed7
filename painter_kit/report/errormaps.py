"""Where predictions are wrong, as pictures: per kind of task, with what the colours mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import VOID
from painter_kit.tasks.depth import counted
from painter_kit.tasks.heat import Keypoints
from painter_kit.tasks.people import People
from painter_kit.types import RGB, Example, Image, Spec

LEAST_SIDE = 256  # pixels of a picture that lines are drawn on
GAIN = 4  # by which differences of pictures are multiplied
# Metres that the last colour may stand for: the least that most pixels stay below is taken.
DEPTH_SCALES = (0.5, 1.0, 2.0, 5.0, 10.0)
WRONG: RGB = (230, 60, 50)
EXTRA: RGB = (245, 160, 40)
TRUE: RGB = (60, 220, 110)
IGNORED: RGB = (70, 80, 130)
# Dark to bright, so that it reads in grey too.
SCALE: tuple[RGB, ...] = (
    (10, 10, 30),
    (95, 25, 110),
    (200, 60, 80),
    (250, 150, 60),
    (252, 250, 190),
)


@dataclass(frozen=True)
class ErrorMap:
    """A picture of the errors and, in a few words, how wrong the prediction is."""

    image: Image
    words: str


Draw = Callable[[Spec[Any], Example, Any, float], ErrorMap]


def error_map(
    task: Task, spec: Spec[Any], example: Example, prediction: Any, most: float = DEPTH_SCALES[1]
) -> ErrorMap:
    """The errors of one prediction, at the size of its picture; of depth up to ``most`` metres."""
    draw = _DRAWN.get(task.name)
    if draw is None:
        height, width = example.image.shape[:2]
        truth = task.encode(example.truth, spec, (height, width))
        return _difference(task.render(prediction, spec), truth)
    return draw(spec, example, prediction, most)


def depth_scale(spec: Spec[Any], pairs: Sequence[tuple[Example, Any]]) -> float:
    """The metres for ``error_map`` that 95 % of the errors of these predictions stay below."""
    errors = [_depth_errors(spec, example, prediction) for example, prediction in pairs]
    counted_ones = [values[valid] for values, valid in errors if valid.any()]
    if not counted_ones:
        return DEPTH_SCALES[0]
    reach = float(np.quantile(np.concatenate(counted_ones), 0.95))
    return next((scale for scale in DEPTH_SCALES if scale >= reach), DEPTH_SCALES[-1])


def legend(task: Task) -> str:
    """What the colours of the task's error maps mean."""
    return _LEGENDS.get(task.name, f"absolute difference of the pictures, times {GAIN}")


def truth_picture(task: Task, spec: Spec[Any], example: Example) -> Image:
    """The truth as predictions are shown; keypoints on their picture."""
    size = example.image.shape[0], example.image.shape[1]
    if task.name == "depth":
        depth = example.truth["depth_m"]
        shown = task.render(depth, spec)
        shown[depth <= 0] = 0
        return shown
    if task.name == "keypoint":
        return _dots(example, _true_points(example), TRUE)
    return task.encode(example.truth, spec, size)


def prediction_picture(task: Task, spec: Spec[Any], example: Example, prediction: Any) -> Image:
    """The prediction as a picture for people; keypoints on their picture."""
    if task.name == "keypoint":
        return _dots(example, _found_points(prediction), EXTRA)
    return task.render(prediction, spec)


def _depth_errors(
    spec: Spec[Any], example: Example, prediction: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.bool_]]:
    """Absolute errors (H, W) in metres, and which pixels count."""
    protocol = spec.protocol
    clamped = np.clip(np.nan_to_num(prediction), protocol.min_m, protocol.max_m)
    errors = np.abs(clamped - np.asarray(example.truth["depth_m"]))
    return errors, counted(example.truth, spec)


def _depth(
    spec: Spec[Any], example: Example, prediction: npt.NDArray[np.floating], most: float
) -> ErrorMap:
    errors, valid = _depth_errors(spec, example, prediction)
    image = _scaled(errors / most)
    image[~valid] = IGNORED
    if not valid.any():
        return ErrorMap(image, "")
    return ErrorMap(image, f"mean {errors[valid].mean():.2f} m, most {errors[valid].max():.2f} m")


def _labels(
    spec: Spec[Any], example: Example, prediction: npt.NDArray[np.integer], most: float
) -> ErrorMap:
    truth = example.truth
    return _wrong_pixels(
        example, prediction, truth["labels"] if "labels" in truth else truth["mask"]
    )


def _panoptic(spec: Spec[Any], example: Example, prediction: Any, most: float) -> ErrorMap:
    def classes(segments: np.ndarray, categories: np.ndarray) -> np.ndarray:
        return np.concatenate([[VOID], categories])[segments]

    truth = example.truth
    found = classes(prediction.segments, prediction.categories)
    return _wrong_pixels(example, found, classes(truth["segments"], truth["categories"]))


def _wrong_pixels(example: Example, found: np.ndarray, true: np.ndarray) -> ErrorMap:
    image = _dimmed(example.image)
    counted = true != VOID
    wrong = counted & (found != true)
    image[~counted] = IGNORED
    image[wrong] = WRONG
    return ErrorMap(image, f"{wrong.sum() / max(1, counted.sum()):.1%} of the pixels wrong")


def _instances(spec: Spec[Any], example: Example, prediction: Any, most: float) -> ErrorMap:
    shown = prediction.scores >= spec.protocol.shown
    size = example.image.shape[:2]
    found = np.any(prediction.masks[shown], axis=0) if shown.any() else np.zeros(size, bool)
    masks = np.asarray(example.truth["masks"], bool)
    true = masks.any(axis=0) if len(masks) else np.zeros(size, bool)
    image = _dimmed(example.image)
    image[true & ~found] = WRONG
    image[found & ~true] = EXTRA
    return ErrorMap(image, f"{shown.sum()} shown, {len(masks)} true")


def _restored(spec: Spec[Any], example: Example, prediction: np.ndarray, most: float) -> ErrorMap:
    clean = np.asarray(example.truth["clean"], np.float64)
    levels = prediction if prediction.dtype == np.uint8 else 255.0 * prediction
    return _difference(np.asarray(levels, np.float64), clean)


def _difference(found: np.ndarray, true: np.ndarray) -> ErrorMap:
    errors = np.abs(found.astype(np.float64) - true)
    image = np.clip(GAIN * errors, 0, 255).astype(np.uint8)
    return ErrorMap(image, f"mean difference {errors.mean():.1f} of 255 levels")


def _keypoints(
    spec: Spec[Any], example: Example, prediction: Keypoints | People, most: float
) -> ErrorMap:
    scale, image = _large(example.image)
    true, found = scale * _true_points(example), scale * _found_points(prediction)
    if isinstance(prediction, People):
        # Who is who is the metric's business: dots of both, no lines.
        return ErrorMap(_draw_dots(_draw_dots(image, found, EXTRA), true, TRUE), "")
    points = np.where(prediction.scores[:, None] > 0, prediction.points, np.nan)
    labelled = np.asarray(example.truth["keypoints"], np.float64)
    away = []
    for place, (tx, ty, visible) in zip(points, labelled, strict=True):
        if visible > 0 and np.isfinite(place).all():
            (x, y), (end_x, end_y) = place * scale, (tx * scale, ty * scale)
            cv2.line(
                image, (round(x), round(y)), (round(end_x), round(end_y)), WRONG, 2, cv2.LINE_AA
            )
            away.append(float(np.hypot(*(place - (tx, ty)))))
    image = _draw_dots(image, true, TRUE)
    missed = int((labelled[:, 2] > 0).sum()) - len(away)
    words = f"mean {np.mean(away):.1f} pixels away" if away else "none found"
    return ErrorMap(image, f"{words}, {missed} not found" if missed else words)


def _true_points(example: Example) -> npt.NDArray[np.float64]:
    """float64 (n, 2): labelled keypoints of the person, or of all people."""
    truth = example.truth
    points = np.asarray(truth["keypoints"], np.float64).reshape(-1, 3)
    return points[points[:, 2] > 0, :2]


def _found_points(prediction: Keypoints | People) -> npt.NDArray[np.float64]:
    points = np.asarray(prediction.points, np.float64).reshape(-1, 2)
    return points[np.ravel(prediction.scores) > 0]


def _dots(example: Example, points: npt.NDArray[np.float64], colour: RGB) -> Image:
    scale, image = _large(example.image)
    return _draw_dots(image, scale * points, colour)


def _draw_dots(image: Image, points: npt.NDArray[np.float64], colour: RGB) -> Image:
    radius = max(1, min(image.shape[:2]) // 64)
    for x, y in points.tolist():
        cv2.circle(image, (round(x), round(y)), radius, colour, -1, cv2.LINE_AA)
    return image


def _large(image: Image) -> tuple[int, Image]:
    """How much larger a small picture is made for lines to be seen on, and that, dimmed."""
    scale = max(1, LEAST_SIDE // max(image.shape[:2]))
    return scale, _dimmed(image).repeat(scale, axis=0).repeat(scale, axis=1)


def _dimmed(image: Image) -> Image:
    """The picture in dark grey, for colours to stand out on."""
    grey = image.mean(axis=2, keepdims=True) * 0.45 + 12
    return np.repeat(grey, 3, axis=2).astype(np.uint8)


def _scaled(shares: npt.NDArray[np.floating]) -> Image:
    stops = np.linspace(0, 1, len(SCALE))
    channels = [np.interp(shares, stops, channel) for channel in zip(*SCALE, strict=True)]
    return np.stack(channels, axis=-1).astype(np.uint8)


_DRAWN: Mapping[str, Draw] = {
    "depth": _depth,
    **dict.fromkeys(("semantic", "coco-semantic", "foreground"), _labels),
    "panoptic": _panoptic,
    "instance": _instances,
    "keypoint": _keypoints,
    **dict.fromkeys(("denoise", "derain", "enhance"), _restored),
}
_WRONG_WORDS = "red: wrong class; blue: not counted; the picture in grey elsewhere"
_LEGENDS: Mapping[str, str] = {
    "depth": "absolute error, on the scale above; blue: not counted",
    **dict.fromkeys(("semantic", "coco-semantic", "panoptic", "foreground"), _WRONG_WORDS),
    "instance": "red: instances missed; orange: instances that are none (all taken together)",
    "keypoint": "green: true points; red: lines to where they were found",
    **dict.fromkeys(
        ("denoise", "derain", "enhance"), f"absolute difference per channel, times {GAIN}"
    ),
}
