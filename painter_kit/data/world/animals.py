"""The joints of the world's quadrupeds, by name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.figures import Bones

# Three points of every leg: where it leaves the body, half-way, and its end.
LEG = ("top", "middle", "paw")
JOINTS = (
    *("nose", "neck", "withers", "tail_base"),
    *(
        f"{side}_{end}_{joint}"
        for end in ("front", "back")
        for side in ("left", "right")
        for joint in LEG
    ),
)
_BODY = 4  # capsules of trunk, neck, head and tail, which come before the legs
_LEG = 3  # capsules of a leg: two bones and the paw
_OUT = 0.4  # share of the upper bone that lies in the body; both legs of a pair start in one point


def animal_joints(bones: Bones) -> npt.NDArray[np.float64]:
    """Positions (16, 2) of the joints in the quadruped's own plane, in the order of ``JOINTS``."""
    capsules = bones.capsules[_BODY:]
    if len(capsules) != 4 * _LEG:
        raise ValueError(
            f"bones must be those of a quadruped but have {len(capsules)} leg capsules"
        )
    head, chest, rump = (bones.keypoints[name] for name in ("head", "chest", "rump"))
    legs = [
        start + _OUT * (end - start) if place % _LEG == 0 else start
        for place, (start, end, *_) in enumerate(capsules)
    ]
    return np.array([head, (head + chest) / 2, chest, rump, *legs])
