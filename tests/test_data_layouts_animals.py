"""Quadrupeds on disk: annotations that agree with the pictures and with each other."""

import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.animal_skeletons import ANIMALPOSE_SIGMAS, AP10K_SIGMAS
from painter_kit.data.layouts.animals import ANIMALPOSE_JOINTS, AP10K_JOINTS, compose
from painter_kit.data.layouts.ap10k import HERDS
from painter_kit.data.layouts.base import LayoutOptions
from painter_kit.data.pictures import picture_size
from painter_kit.data.world.animals import JOINTS
from tests.ood_toys import COUNT, SIZE, written_root


def content(root: Path, file: str) -> dict:
    return json.loads((root / file).read_text())


@pytest.mark.parametrize(
    ("name", "file", "folder", "joints"),
    [
        ("ap10k", "ap10k/annotations/ap10k-test-split1.json", "ap10k/data", 17),
        ("animalpose", "animalpose/annotations/animalpose_val.json", "animalpose", 20),
    ],
)
def test_annotations_fit_their_pictures(
    tmp_path_factory: pytest.TempPathFactory, name: str, file: str, folder: str, joints: int
):
    root = written_root(tmp_path_factory, name)
    made = content(root, file)
    assert len(made["images"]) == COUNT
    sizes = {image["id"]: (image["height"], image["width"]) for image in made["images"]}
    for image in made["images"]:
        assert picture_size(root / folder / image["file_name"]) == sizes[image["id"]] == SIZE
    assert made["annotations"]
    for annotation in made["annotations"]:
        points = np.reshape(annotation["keypoints"], (joints, 3))
        x, y, width, height = annotation["bbox"]
        seen = points[:, 2] > 0
        assert annotation["num_keypoints"] == seen.sum()
        assert annotation["area"] == width * height > 0
        visible = points[points[:, 2] == 2]
        assert (visible[:, 0] >= x - 2).all()
        assert (visible[:, 1] <= y + height + 2).all()


def test_the_three_splits_of_ap10k_share_their_pictures(tmp_path_factory: pytest.TempPathFactory):
    root = written_root(tmp_path_factory, "ap10k")
    for split in (1, 2, 3):
        parts = [
            {
                i["id"]
                for i in content(root, f"ap10k/annotations/ap10k-{p}-split{split}.json")["images"]
            }
            for p in ("train", "val", "test")
        ]
        assert len(set.union(*parts)) == sum(map(len, parts)) == 3 * COUNT
    made = content(root, "ap10k/annotations/ap10k-train-split1.json")
    assert {image["background"] for image in made["images"]} == set(range(1, COUNT + 1))
    assert len(made["categories"]) == 54
    assert {a["category_id"] for a in made["annotations"]} <= set(range(1, COUNT + 1))


def test_what_is_drawn_has_a_name_in_both():
    assert set(ANIMALPOSE_JOINTS) <= set(ANIMALPOSE_SIGMAS)
    assert set(AP10K_JOINTS) == set(AP10K_SIGMAS) - {"left_eye", "right_eye"}
    assert set(ANIMALPOSE_JOINTS.values()) == set(JOINTS)
    assert set(AP10K_JOINTS.values()) == set(JOINTS) - {"withers"}


def test_a_key_gives_one_picture():
    options = LayoutOptions(size=(60, 80))
    (first, animals), (again, _) = (compose(options, "test", 4, (60, 80)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert animals
    assert HERDS.picture(Path("root"), 7) == Path("root/ap10k/data/000000000007.jpg")
