"""Animal-Pose as mmpose prepares it: annotations by part, pictures below the folders they name."""

from __future__ import annotations

from painter_kit.data.animal_skeletons import ANIMALPOSE_SIGMAS
from painter_kit.data.animalpose import annotation_file
from painter_kit.data.layouts.animals import ANIMALPOSE_JOINTS, Herds

_NAMES = (
    *("L_Eye", "R_Eye", "L_EarBase", "R_EarBase", "Nose", "Throat", "TailBase", "Withers"),
    *("L_F_Elbow", "R_F_Elbow", "L_B_Elbow", "R_B_Elbow"),
    *("L_F_Knee", "R_F_Knee", "L_B_Knee", "R_B_Knee"),
    *("L_F_Paw", "R_F_Paw", "L_B_Paw", "R_B_Paw"),
)


def _files(*parts: str) -> tuple[str, ...]:
    return tuple(annotation_file(part) for part in parts)


HERDS = Herds(
    name="animalpose",
    pictures="VOC2012/JPEGImages",
    suffix=".jpeg",
    files={
        "train": ("train", _files("train", "trainval")),
        "val": ("test", _files("val", "trainval")),
        "test": ("test", _files("test")),
    },
    names=_NAMES,
    order=tuple(ANIMALPOSE_SIGMAS),
    joints=ANIMALPOSE_JOINTS,
    categories=("animal",),
)
LAYOUT = HERDS.layout("pictures of quadrupeds with 20 keypoints")
