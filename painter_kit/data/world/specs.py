"""The world's specs: protocol constants of the paper, scaled from its pictures to 64 px."""

from __future__ import annotations

from typing import Any

from painter_kit.data.world.codings import base_coding, shifted_coding
from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.data.world.figures import SKELETONS
from painter_kit.data.world.scene import CLASSES
from painter_kit.data.world.shapes import SEEN
from painter_kit.tasks.depth import DepthProtocol
from painter_kit.tasks.foreground import ForegroundProtocol
from painter_kit.tasks.instance import InstanceProtocol
from painter_kit.tasks.keypoint import KeypointProtocol
from painter_kit.tasks.panoptic import PanopticProtocol
from painter_kit.tasks.restoration import RestorationProtocol
from painter_kit.tasks.semantic import SemanticProtocol
from painter_kit.types import Direction, Spec

CANVAS = 64
SEEN_CLASSES = CLASSES[: 2 + len(SEEN)]
# Falling-off of OKS: head, neck, hip, hands, feet of the figures, as in COCO.
_SIGMAS = (0.06, 0.08, 0.10, 0.065, 0.065, 0.085, 0.085)
_METRICS: dict[str, tuple[str, Direction, str]] = {
    "depth": ("rmse", "min", "m"),
    "semantic": ("miou", "max", ""),
    "coco-semantic": ("miou", "max", ""),
    "instance": ("ap50", "max", ""),
    "panoptic": ("pq", "max", ""),
    "keypoint": ("pck", "max", ""),
    "foreground": ("iou", "max", ""),
    "denoise": ("psnr", "max", "dB"),
    "derain": ("psnr", "max", "dB"),
    "enhance": ("psnr", "max", "dB"),
}


def world_spec(task: str, data: str = "world", canvas: int = CANVAS) -> Spec[Any]:
    """The spec of a task of ``WORLD_TASKS`` on ``world``, ``world-shifted`` or ``world-unseen``.

    Label palettes have as many colours as the data has classes (8, or 12 with the held-out
    categories); the skeleton of ``world-unseen`` is the quadruped's.
    """
    classes = CLASSES if data == "world-unseen" else SEEN_CLASSES
    skeleton = SKELETONS["quadruped" if data == "world-unseen" else "person"]
    metric, direction, unit = _METRICS[task]
    shifted = data == "world-shifted"
    coding = shifted_coding(task) if shifted else base_coding(task, len(classes))
    return Spec(
        task=task,
        data=data,
        canvas=canvas,
        metric=metric,
        direction=direction,
        unit=unit,
        coding=coding,
        protocol=_protocol(task, skeleton, len(classes), canvas),
        target_resize="bicubic" if task in RESTORATION_TASKS else "nearest",
        classes=classes if "semantic" in task or task == "panoptic" else (),
        parts=_parts(data, canvas) if task == "panoptic" else (),
        version=3 if task == "instance" else 1,
    )


def _parts(data: str, canvas: int) -> tuple[tuple[str, Spec[Any]], ...]:
    """The specs of the parts of ``panoptic``."""
    return (
        ("semantic", world_spec("coco-semantic", data, canvas)),
        ("instance", world_spec("instance", data, canvas)),
    )


def _protocol(task: str, skeleton: tuple[str, ...], classes: int, canvas: int) -> object:
    if task == "depth":
        return DepthProtocol()
    if "semantic" in task:
        return SemanticProtocol()
    if task == "foreground":
        return ForegroundProtocol()
    if task == "instance":
        # 20 x 20 places: finer ones would be smaller than what a 64 px picture can show.
        return InstanceProtocol(
            blocks=2,
            cells=10,
            ignore_black=True,
            candidates=100,
            keep=20,
            near_empty=max(1, 300 * canvas**2 // 448**2),
        )
    if task == "panoptic":
        # Wall and floor come first; 8192 is an area in pictures of 480 x 640.
        return PanopticProtocol(
            things=tuple(range(2, classes)), stuff_area=8192 * canvas**2 // (480 * 640)
        )
    if task == "keypoint":
        return KeypointProtocol(
            names=skeleton,
            sigmas=_SIGMAS,
            class_sigma=canvas / 64,
            heat_sigma=2 * canvas / 64,
            near_empty=300 * canvas**2 // (256 * 192),
        )
    return RestorationProtocol()
