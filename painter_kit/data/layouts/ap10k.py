"""AP-10K: one folder of pictures and nine annotation files, of three splits of all pictures."""

from __future__ import annotations

from painter_kit.data.animal_skeletons import AP10K_SIGMAS
from painter_kit.data.ap10k import SPLITS, annotation_file
from painter_kit.data.ap10k_classes import BACKGROUNDS, SPECIES
from painter_kit.data.layouts.animals import AP10K_JOINTS, Herds

PARTS = ("train", "val", "test")


def _files(place: int) -> tuple[str, ...]:
    """The annotation files that a part of split 1 belongs to: in other splits to another part,
    but that training pictures of the world are never in a test file."""
    parts = [PARTS[0]] * 3 if place == 0 else [PARTS[1 + (place + s) % 2] for s in SPLITS]
    return tuple(annotation_file(part, split) for part, split in zip(parts, SPLITS, strict=True))


HERDS = Herds(
    name="ap10k",
    pictures="data",
    suffix=".jpg",
    files={
        part: ("train" if place == 0 else "test", _files(place)) for place, part in enumerate(PARTS)
    },
    names=tuple(AP10K_SIGMAS),
    order=tuple(AP10K_SIGMAS),
    joints=AP10K_JOINTS,
    categories=SPECIES,
    backgrounds=len(BACKGROUNDS),
)
LAYOUT = HERDS.layout("pictures of quadrupeds with 17 keypoints, three splits")
