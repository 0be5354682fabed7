"""The keypoints of AP-10K and of Animal-Pose, how exactly people mark them, and which agree.

Fall-off of OKS (standard deviation / sqrt(area)) as in the configurations of mmpose, which
published results use. Names are spelled alike here; the files' own spellings are in
``data/animal_files.py``.
"""

from __future__ import annotations

from types import MappingProxyType

AP10K_SIGMAS = MappingProxyType(
    {
        "left_eye": 0.025,
        "right_eye": 0.025,
        "nose": 0.026,
        "neck": 0.035,
        "root_of_tail": 0.035,
        "left_shoulder": 0.079,
        "left_elbow": 0.072,
        "left_front_paw": 0.062,
        "right_shoulder": 0.079,
        "right_elbow": 0.072,
        "right_front_paw": 0.062,
        "left_hip": 0.107,
        "left_knee": 0.087,
        "left_back_paw": 0.089,
        "right_hip": 0.107,
        "right_knee": 0.087,
        "right_back_paw": 0.089,
    }
)
ANIMALPOSE_SIGMAS = MappingProxyType(
    {
        "left_eye": 0.025,
        "right_eye": 0.025,
        "left_ear_base": 0.026,
        "right_ear_base": 0.035,
        "nose": 0.035,
        "throat": 0.1,
        "tail_base": 0.1,
        "withers": 0.1,
        "left_front_elbow": 0.107,
        "right_front_elbow": 0.107,
        "left_back_elbow": 0.107,
        "right_back_elbow": 0.107,
        "left_front_knee": 0.087,
        "right_front_knee": 0.087,
        "left_back_knee": 0.087,
        "right_back_knee": 0.087,
        "left_front_paw": 0.089,
        "right_front_paw": 0.089,
        "left_back_paw": 0.089,
        "right_back_paw": 0.089,
    }
)
# Joint of Animal-Pose -> the one of AP-10K in the same place. Both mark three points of a leg,
# where it leaves the body, half-way, and the paw, under different names.
SHARED = MappingProxyType(
    {
        "left_eye": "left_eye",
        "right_eye": "right_eye",
        "nose": "nose",
        "tail_base": "root_of_tail",
        **{f"{side}_front_elbow": f"{side}_shoulder" for side in ("left", "right")},
        **{f"{side}_front_knee": f"{side}_elbow" for side in ("left", "right")},
        **{f"{side}_front_paw": f"{side}_front_paw" for side in ("left", "right")},
        **{f"{side}_back_elbow": f"{side}_hip" for side in ("left", "right")},
        **{f"{side}_back_knee": f"{side}_knee" for side in ("left", "right")},
        **{f"{side}_back_paw": f"{side}_back_paw" for side in ("left", "right")},
    }
)
