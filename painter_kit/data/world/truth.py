"""What each task's ground truth is, given a scene's or a figure's arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.types import Image, Truth

SCENE_TASKS = ("depth", "semantic", "coco-semantic", "instance", "foreground")
WORLD_TASKS = (*SCENE_TASKS, "keypoint", *RESTORATION_TASKS)


def scene_truth(
    task: str,
    depth_m: npt.NDArray[np.float32],
    labels: npt.NDArray[np.uint8],
    ids: npt.NDArray[np.uint8],
) -> Truth:
    """The truth of a task of ``SCENE_TASKS`` from the (H, W) arrays of a ``Scene``."""
    if task == "depth":
        return {"depth_m": depth_m}
    if task == "instance":
        return {"masks": ids[None] == np.arange(1, int(ids.max()) + 1)[:, None, None]}
    if task == "foreground":
        return {"mask": (ids > 0).astype(np.uint8)}
    return {"labels": labels}


def mirror_keypoints(keypoints: npt.NDArray[np.float32], width: int) -> npt.NDArray[np.float32]:
    """Keypoints (K, 3) of the mirrored picture.

    Names stay: left limbs are the light ones, and a mirror does not change tones.
    """
    mirrored = keypoints.copy()
    mirrored[:, 0] = width - 1 - keypoints[:, 0]
    return mirrored


def clean_truth(image: Image) -> Truth:
    """The truth of a restoration task: the clean picture (H, W, 3)."""
    return {"clean": image}
