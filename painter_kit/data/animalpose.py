"""``--data animalpose``: keypoints of cats, cows, dogs, horses and sheep, 20 joints a skeleton.

Layout, as mmpose prepares the data set: ``animalpose/annotations/animalpose_{train,val,test}.json``
in COCO's form, file names relative to ``animalpose/`` (``VOC2012/JPEGImages/...``,
``animalpose_image_part2/cat/...``) or to ``animalpose/images/``. Splits pool, select and confirm
are drawn from the training file, test is the validation file, which published numbers are of;
``animalpose:test`` tests on the thousand pictures from other sources. All animals count as one
class, as there.

``animalpose:original`` reads the first release instead: ``animalpose/keypoints.json`` and
``animalpose/images/``. It has no split, so that all four are cut from it by pictures, and every
example is the crop of one animal.

The 20 joints are painted in the first 20 of 25 colours, five levels of green times five of blue
(joint k in level k div 5 and k mod 5), of which the 17 of persons are the first.
"""

from __future__ import annotations

from pathlib import Path

from painter_kit.data.animal_files import Form
from painter_kit.data.animal_skeletons import ANIMALPOSE_SIGMAS, SHARED
from painter_kit.data.animals import CANVAS, AnimalData, AnimalFiles
from painter_kit.data.specs import animal_spec
from painter_kit.errors import InputError

FOLDERS = ("animalpose",)
ORIGINAL = "keypoints.json"
FORM = Form(tuple(ANIMALPOSE_SIGMAS))
ADVICE = (
    "prepare Animal-Pose there as mmpose does (annotations/animalpose_*.json and the pictures), or "
    f"put {ORIGINAL} and images/ there and use --data animalpose:original"
)


def annotation_file(part: str) -> str:
    """The annotations of ``train``, ``val``, ``trainval`` or ``test``, inside the folder."""
    return f"annotations/animalpose_{part}.json"


def open_animalpose(argument: str, root: Path | None = None) -> AnimalData:
    """The dataset of ``--data animalpose``. Raises ``InputError`` for an unknown argument."""
    if argument not in ("", "val", "test", "original"):
        raise InputError(
            f"--data animalpose:{argument}: write animalpose (tests on val), animalpose:test or "
            "animalpose:original"
        )
    name = f"animalpose:{argument}" if argument else "animalpose"
    if argument == "original":
        layout = AnimalFiles(FOLDERS, {"all": ORIGINAL}, ("images",), FORM, ADVICE)
    else:
        files = {"train": annotation_file("train"), "test": annotation_file(argument or "val")}
        layout = AnimalFiles(FOLDERS, files, ("", "images"), FORM, ADVICE)
    shared = tuple(i for i, joint in enumerate(ANIMALPOSE_SIGMAS) if joint in SHARED)
    spec = animal_spec(name, ANIMALPOSE_SIGMAS, CANVAS, ("animal",), shared)
    return AnimalData(root, name, layout, spec)
