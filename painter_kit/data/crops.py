"""Crops around persons or animals: a box, enlarged to the aspect of a small canvas, warped onto it.

As the released code does it: the shorter side grows until width / height is that of the canvas,
both grow by a quarter, and three points fix the affine map. Distances between pixel centres keep
their scale canvas width / crop width, so that pixel (0, 0) of a picture without a crop would not
stay exactly in place (not the unbiased variant).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from painter_kit.types import Image, Size

CANVAS: Size = (256, 192)
PADDING = 1.25
Box = tuple[float, float, float, float]  # x, y, width, height in pixels


@dataclass(frozen=True)
class Crop:
    """A rectangle of a picture: ``centre`` x and y, ``extent`` width and height, in pixels, and
    the ``rotation`` in degrees that its content is turned back by. ``canvas`` is the size (H, W)
    that it is warped to."""

    centre: tuple[float, float]
    extent: tuple[float, float]
    rotation: float = 0.0
    canvas: Size = CANVAS

    @property
    def zoom(self) -> float:
        """Pixels of the canvas per pixel of the picture."""
        return self.canvas[1] / self.extent[0]

    def mirrored(self, width: int) -> Crop:
        """The crop of the mirrored picture, ``width`` pixels wide."""
        return replace(self, centre=(width - self.centre[0] - 1, self.centre[1]))


def box_crop(box: Box, padding: float = PADDING, canvas: Size = CANVAS) -> Crop:
    """The crop around a box."""
    x, y, width, height = box
    extent = fit(width, height, padding, canvas)
    return Crop((x + width / 2, y + height / 2), extent, canvas=canvas)


def fit(width: float, height: float, padding: float, canvas: Size = CANVAS) -> tuple[float, float]:
    """Width and height of the canvas's aspect that hold a box, times ``padding``."""
    aspect = canvas[1] / canvas[0]
    return max(width, height * aspect) * padding, max(height, width / aspect) * padding


def affine(crop: Crop) -> npt.NDArray[np.float64]:
    """float64 (2, 3): pixels of the picture to pixels of the canvas."""
    import cv2

    height, width = crop.canvas
    turn = np.deg2rad(crop.rotation)
    up = crop.extent[0] / 2 * np.array([np.sin(turn), -np.cos(turn)])
    source = _three_points(np.array(crop.centre), up)
    target = _three_points(np.array([width, height]) / 2, np.array([0, -width / 2]))
    return cv2.getAffineTransform(source, target).astype(np.float64)


def _three_points(
    centre: npt.NDArray[np.float64], up: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """The centre, the point ``up`` from it, and the one at a right angle to both."""
    return np.array([centre, centre + up, centre + up + (up[1], -up[0])], np.float32)


def warp(image: Image, crop: Crop) -> Image:
    """uint8 (H, W, 3), the canvas: the crop of a picture, bilinear by OpenCV, black outside."""
    import cv2

    picture = np.ascontiguousarray(image)
    warped = cv2.warpAffine(picture, affine(crop), crop.canvas[::-1], flags=cv2.INTER_LINEAR)
    return warped.astype(np.uint8, copy=False)


def warp_points(keypoints: npt.NDArray[np.floating], crop: Crop) -> npt.NDArray[np.float32]:
    """float32 (K, 3): keypoints (K, 3), x, y and visibility, in pixels of the canvas."""
    matrix = affine(crop)
    moved = keypoints[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return np.column_stack([moved, keypoints[:, 2]]).astype(np.float32)
