"""``--data ap10k``: keypoints of mammals of 54 species (AP-10K), 17 joints a skeleton.

Layout, as the archive unpacks: ``ap10k/`` (or ``ap-10k/``) with ``data/000000000001.jpg`` ... and
``annotations/ap10k-{train,val,test}-split{1,2,3}.json``. Splits pool, select and confirm are drawn
from the training file, test is the test file of the same split. After a colon, separated by
commas: ``split2`` for another of the three splits (1), ``val`` to test on the validation file
(which most published numbers are of), ``background=4`` to test on pictures with that background
only (``data/ap10k_classes.py`` lists the eight).

Joints are painted in the 17 colours of persons: joint k of an animal in the colour of keypoint k of
COCO, with another meaning that the prompt has to tell.
"""

from __future__ import annotations

import re
from pathlib import Path

from painter_kit.data.animal_files import Form
from painter_kit.data.animal_skeletons import AP10K_SIGMAS
from painter_kit.data.animals import CANVAS, AnimalData, AnimalFiles
from painter_kit.data.ap10k_classes import BACKGROUNDS, SPECIES
from painter_kit.data.specs import animal_spec
from painter_kit.errors import InputError

FOLDERS = ("ap10k", "ap-10k")
SPLITS = (1, 2, 3)
PICTURES = ("data",)
FORM = Form(tuple(AP10K_SIGMAS), SPECIES, len(BACKGROUNDS))
ADVICE = "unpack AP-10K there (data/ and annotations/)"
_USE = (
    "write ap10k or ap10k:OPTION,... with split1, split2 or split3, val, and background=1 to "
    f"background={len(BACKGROUNDS)}"
)


def annotation_file(part: str, split: int) -> str:
    """The annotations of ``train``, ``val`` or ``test``, inside the folder of the data set."""
    return f"annotations/ap10k-{part}-split{split}.json"


def open_ap10k(argument: str, root: Path | None = None) -> AnimalData:
    """The dataset of ``--data ap10k``. Raises ``InputError`` for an option that is not known."""
    split, part, background = 1, "test", 0
    for option in filter(None, argument.split(",")):
        if found := re.fullmatch(r"split([123])", option):
            split = int(found[1])
        elif option == "val":
            part = option
        elif found := re.fullmatch(rf"background=([1-{len(BACKGROUNDS)}])", option):
            background = int(found[1])
        else:
            raise InputError(f"--data ap10k:{argument}: unknown option {option!r}; {_USE}")
    name = f"ap10k:{argument}" if argument else "ap10k"
    files = {"train": annotation_file("train", split), "test": annotation_file(part, split)}
    layout = AnimalFiles(FOLDERS, files, PICTURES, FORM, ADVICE)
    spec = animal_spec(name, AP10K_SIGMAS, CANVAS, SPECIES)
    return AnimalData(root, name, layout, spec, background)
