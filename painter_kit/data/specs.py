"""Specs with the released constants, for data that brings none of its own (paper 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from painter_kit.data.skeletons import COCO_KEYPOINTS, flip_pairs_of, sigmas_of
from painter_kit.errors import InputError
from painter_kit.tasks.colors import (
    ADE20K_BASE,
    COCO_BASE,
    LOCATION_CODING,
    grid_palette,
    keypoint_palette,
)
from painter_kit.tasks.depth import DepthProtocol
from painter_kit.tasks.foreground import ForegroundProtocol
from painter_kit.tasks.instance import InstanceProtocol
from painter_kit.tasks.keypoint import AnimalProtocol, KeypointProtocol
from painter_kit.tasks.panoptic import PanopticProtocol
from painter_kit.tasks.restoration import RestorationProtocol
from painter_kit.tasks.semantic import SemanticProtocol
from painter_kit.types import RGB, Coding, Size, Spec

CANVAS = 448
COCO_CANVAS = 560
KEYPOINTS = 25  # that the palette has colours for
RESTORATION = ("denoise", "derain", "enhance")
UNSEEN = ("dehaze", "deblur", "inpaint", "colourise")  # restorations without released data
# Away from black, which stands for pixels that do not count.
FOREGROUND_PALETTE: tuple[RGB, RGB] = ((60, 60, 60), (255, 255, 255))


def depth_spec(data: str) -> Spec[Any]:
    """Depth up to 10 m on a grey ramp: the constants of NYUv2 without its crop."""
    return Spec("depth", data, CANVAS, "rmse", "min", "m", Coding(), DepthProtocol())


def class_spec(data: str, task: str, classes: tuple[str, ...]) -> Spec[Any]:
    """Classes in the colours of ADE20K (``semantic``) or COCO (``coco-semantic``).

    Raises ``InputError`` when there are more classes than colours, or than an index PNG holds.
    """
    base, canvas = (ADE20K_BASE, CANVAS) if task == "semantic" else (COCO_BASE, COCO_CANVAS)
    most = min(base**3, 255)
    if not 0 < len(classes) <= most:
        raise InputError(f"{data}: {task} takes 1 to {most} classes but got {len(classes)}")
    coding = Coding(palette=grid_palette(len(classes), base))
    spec = Spec(task, data, canvas, "miou", "max", "", coding, SemanticProtocol())
    return replace(spec, target_resize="nearest", classes=classes)


def foreground_spec(data: str) -> Spec[Any]:
    """Foreground against background in two fixed greys."""
    coding = Coding(palette=FOREGROUND_PALETTE)
    spec = Spec("foreground", data, CANVAS, "iou", "max", "", coding, ForegroundProtocol())
    return replace(spec, target_resize="nearest", classes=("background", "foreground"))


def instance_spec(data: str) -> Spec[Any]:
    """Class-agnostic instances in the colours of their places."""
    coding, protocol = LOCATION_CODING, InstanceProtocol()
    spec = Spec("instance", data, COCO_CANVAS, "ap", "max", "", coding, protocol)
    return replace(spec, target_resize="nearest", output_resize="nearest", version=3)


def panoptic_spec(data: str, classes: tuple[str, ...], things: tuple[int, ...]) -> Spec[Any]:
    """Segments of ``classes`` in the colours of COCO; the indices ``things`` have instances.

    Both parts are painted at COCO's size.
    """
    parts = (
        ("semantic", class_spec(data, "coco-semantic", classes)),
        ("instance", instance_spec(data)),
    )
    protocol = PanopticProtocol(things)
    spec = Spec("panoptic", data, COCO_CANVAS, "pq", "max", "", Coding(), protocol)
    return replace(spec, classes=classes, parts=parts)


def restoration_spec(data: str, task: str) -> Spec[Any]:
    """The clean picture, measured by plain PSNR and SSIM."""
    protocol = RestorationProtocol()
    spec = Spec(task, data, CANVAS, "psnr", "max", "dB", Coding(), protocol)
    return replace(spec, output_resize="bicubic")


def keypoint_spec(data: str, names: tuple[str, ...]) -> Spec[Any]:
    """Keypoints of one person or animal a picture, measured by PCK.

    Raises ``InputError`` when there are more keypoints than colours.
    """
    if not 0 < len(names) <= KEYPOINTS:
        raise InputError(f"{data}: keypoint takes 1 to {KEYPOINTS} names but got {len(names)}")
    protocol = KeypointProtocol(names, sigmas_of(names), flip_pairs_of(names))
    coding = Coding(palette=keypoint_palette(len(names)))
    spec = Spec("keypoint", data, CANVAS, "pck", "max", "", coding, protocol)
    return replace(spec, output_resize="nearest")


def coco_keypoint_spec(data: str) -> Spec[Any]:
    """COCO's keypoints, found by flip test and measured by average precision."""
    spec = keypoint_spec(data, COCO_KEYPOINTS)
    return replace(spec, metric="ap", protocol=replace(spec.protocol, flip_test=True))


def animal_spec(
    data: str,
    sigmas: Mapping[str, float],
    crop: Size,
    classes: tuple[str, ...],
    shared: tuple[int, ...] = (),
) -> Spec[Any]:
    """Keypoints of animals of ``classes`` in annotated boxes, found by flip test in crops of the
    size ``crop`` and measured by average precision and PCK; ``sigmas`` by name of the joint."""
    spec, names = keypoint_spec(data, tuple(sigmas)), tuple(sigmas)
    protocol = AnimalProtocol(
        names,
        tuple(sigmas.values()),
        flip_pairs_of(names),
        crop=crop,
        flip_test=True,
        shared=shared,
    )
    return replace(spec, metric="ap", classes=classes, protocol=protocol)


RELEASED_TASKS = (
    *("depth", "semantic", "coco-semantic", "foreground", "instance", "keypoint"),
    *RESTORATION,
)


def released_spec(data: str, task: str, classes: tuple[str, ...] = ()) -> Spec[Any]:
    """The released constants of a task of ``RELEASED_TASKS``, or those of restorations for one of
    ``UNSEEN``; ``classes`` name the labels.

    Raises ``InputError`` for another task.
    """
    if task in ("semantic", "coco-semantic"):
        return class_spec(data, task, classes)
    if task == "keypoint":
        return keypoint_spec(data, classes)
    if task in (*RESTORATION, *UNSEEN):
        return restoration_spec(data, task)
    made = {"depth": depth_spec, "foreground": foreground_spec, "instance": instance_spec}
    if task not in made:
        raise InputError(f"--data {data} has no task {task}; it has {', '.join(RELEASED_TASKS)}")
    return made[task](data)


def with_canvas(spec: Spec[Any], side: int) -> Spec[Any]:
    """``spec`` for a model whose sub-images have this side (S pixels).

    The released model (S = 448) keeps COCO's 560, the size that its published numbers were
    painted at; any other model paints at its own size. The limit under which a target counts as
    empty is an area, and scales with the canvas. Parts are fitted one by one.
    """
    parts = tuple((name, with_canvas(part, side)) for name, part in spec.parts)
    spec = replace(spec, parts=parts)
    if side == spec.canvas or (side, spec.canvas) == (CANVAS, COCO_CANVAS):
        return spec
    protocol = spec.protocol
    if hasattr(protocol, "near_empty"):
        limit = round(protocol.near_empty * (side / spec.canvas) ** 2)
        protocol = replace(protocol, near_empty=limit)
    return replace(spec, canvas=side, protocol=protocol)
