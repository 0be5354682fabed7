"""Names of keypoints, which of them a mirror swaps, and how exactly people mark them."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

# The keypoints of COCO's persons, and their OKS fall-off: standard deviation / sqrt(area).
COCO_SIGMAS = MappingProxyType(
    {
        "nose": 0.026,
        "left_eye": 0.025,
        "right_eye": 0.025,
        "left_ear": 0.035,
        "right_ear": 0.035,
        "left_shoulder": 0.079,
        "right_shoulder": 0.079,
        "left_elbow": 0.072,
        "right_elbow": 0.072,
        "left_wrist": 0.062,
        "right_wrist": 0.062,
        "left_hip": 0.107,
        "right_hip": 0.107,
        "left_knee": 0.087,
        "right_knee": 0.087,
        "left_ankle": 0.089,
        "right_ankle": 0.089,
    }
)
COCO_KEYPOINTS = tuple(COCO_SIGMAS)
UPPER_BODY = 11  # the first so many of COCO's keypoints
_SIGMA = 0.07  # about the mean of COCO's, for keypoints that COCO does not have


def sigmas_of(names: Sequence[str]) -> tuple[float, ...]:
    """COCO's fall-off for its keypoints, a common one for all others."""
    return tuple(COCO_SIGMAS.get(name, _SIGMA) for name in names)


def flip_pairs_of(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Indices of every name with ``left`` and of the same name with ``right``."""
    places = {name: index for index, name in enumerate(names)}
    sided = ((index, name.replace("left", "right")) for name, index in places.items())
    return tuple((i, places[right]) for i, right in sided if places.get(right, i) != i)
