"""The world as LVIS: what its files say of each picture."""

import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.coco_files import Outline, outline_masks
from painter_kit.data.layouts.lvis import categories
from painter_kit.data.lvis_classes import kind_of
from painter_kit.data.pictures import picture_size
from painter_kit.tasks.kinds import KINDS
from tests.ood_toys import COUNT, written_root


@pytest.fixture
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_root(tmp_path_factory, "lvis")


def test_categories_are_of_every_kind():
    kinds = [KINDS[kind_of(category)] for category in categories()]
    assert set(kinds) == set(KINDS)
    assert [c["id"] for c in categories()] == list(range(1, len(kinds) + 1))


@pytest.mark.parametrize("part", ["train", "val"])
def test_pictures_are_in_the_folder_that_their_address_names(root: Path, part: str):
    made = json.loads((root / "lvis" / "annotations" / f"lvis_v1_{part}.json").read_text())
    assert len(made["images"]) == COUNT
    folders = set()
    for image in made["images"]:
        folder, name = image["coco_url"].split("/")[-2:]
        assert picture_size(root / "lvis" / folder / name) == (image["height"], image["width"])
        assert name == f"{image['id']:012d}.jpg"
        folders.add(folder)
        present = {a["category_id"] for a in made["annotations"] if a["image_id"] == image["id"]}
        assert present.isdisjoint(image["neg_category_ids"])
        assert present >= set(image["not_exhaustive_category_ids"])
    assert folders == ({"train2017"} if part == "train" else {"train2017", "val2017"})


def test_annotations_are_polygons_with_their_areas(root: Path):
    made = json.loads((root / "lvis" / "annotations" / "lvis_v1_val.json").read_text())
    sizes = {image["id"]: (image["height"], image["width"]) for image in made["images"]}
    assert len({a["id"] for a in made["annotations"]}) == len(made["annotations"]) > COUNT
    for a in made["annotations"]:
        assert "iscrowd" not in a
        shape = [np.array(polygon) for polygon in a["segmentation"]]
        outline = Outline(a["image_id"], 0, False, a["area"], shape)
        (mask,) = outline_masks([outline], sizes[a["image_id"]], Path("a.jpg"))
        assert mask.sum() == pytest.approx(a["area"], rel=0.25, abs=12)
