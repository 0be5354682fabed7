"""What each task's ground truth is, given a scene's or a figure's arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.types import Image, Truth

SCENE_TASKS = ("depth", "semantic", "coco-semantic", "instance", "foreground")
# Tasks that are painted in one picture, which training can draw; panoptic is made of two.
PAINTED_TASKS = (*SCENE_TASKS, "keypoint", *RESTORATION_TASKS)
WORLD_TASKS = (*PAINTED_TASKS, "panoptic")


def scene_truth(
    task: str,
    depth_m: npt.NDArray[np.float32],
    labels: npt.NDArray[np.uint8],
    ids: npt.NDArray[np.uint8],
) -> Truth:
    """The truth of ``panoptic`` or a task of ``SCENE_TASKS``, of a ``Scene``'s (H, W) arrays."""
    if task == "depth":
        return {"depth_m": depth_m}
    if task == "instance":
        return {"masks": ids[None] == np.arange(1, int(ids.max()) + 1)[:, None, None]}
    if task == "foreground":
        return {"mask": (ids > 0).astype(np.uint8)}
    if task == "panoptic":
        return _panoptic_truth(labels, ids)
    return {"labels": labels}


def _panoptic_truth(labels: npt.NDArray[np.uint8], ids: npt.NDArray[np.uint8]) -> Truth:
    """A segment for every shape and every class of the room, in order of (id, class)."""
    keys, numbers = np.unique(ids.astype(np.int64) * 256 + labels, return_inverse=True)
    segments, categories = numbers.reshape(ids.shape).astype(np.int32) + 1, keys % 256
    things = np.flatnonzero(keys >= 256)
    return {
        "segments": segments,
        "categories": categories,
        "crowd": np.zeros(len(keys), bool),
        "masks": segments == things[:, None, None] + 1,
        "mask_categories": categories[things],
        "mask_crowd": np.zeros(len(things), bool),
    }


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
