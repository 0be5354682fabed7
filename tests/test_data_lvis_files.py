"""LVIS's annotation files: what is kept, where things are looked for, what is said of odd ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from painter_kit.data.lvis_files import Listed, annotation_file, picture_file, read_lvis
from painter_kit.errors import InputError, MissingError


def content() -> dict[str, Any]:
    square = [0.0, 0.0, 4.0, 0.0, 4.0, 4.0]
    return {
        "images": [
            {"id": 9, "coco_url": "http://x.org/val2017/000000000009.jpg", "height": 8, "width": 6},
            {
                "id": 3,
                "coco_url": "http://x.org/train2017/000000000003.jpg",
                "height": 5,
                "width": 4,
            },
        ],
        "annotations": [
            {"id": 1, "image_id": 9, "category_id": 2, "segmentation": [square], "area": 8.0},
            {"id": 2, "image_id": 9, "category_id": 1, "segmentation": [square], "area": 8.0},
        ],
        "categories": [
            {"id": 1, "name": "dog", "synset": "dog.n.01", "synonyms": ["dog"], "frequency": "f"},
            {"id": 2, "name": "starfish", "synset": "starfish.n.01", "frequency": "r"},
        ],
    }


def written(root: Path, change: Callable[[Any], object] = lambda made: None) -> Path:
    made = content()
    change(made)
    path = root / "lvis" / "annotations" / "lvis_v1_val.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made))
    return path


def test_pictures_with_and_without_objects_in_order_of_their_ids(tmp_path: Path):
    found = read_lvis(written(tmp_path))
    first, second = found.pictures
    assert first.listed == Listed(3, "train2017", (5, 4))
    assert (first.outlines, first.kinds) == ((), ())
    assert (second.listed.stem, second.listed.folder) == ("000000000009", "val2017")
    assert second.kinds == (2, 0)  # novel, thing
    assert [o.category for o in second.outlines] == [2, 1]
    assert [(c.name, c.frequency) for c in found.categories] == [("dog", "f"), ("starfish", "r")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda made: made["annotations"][0].pop("area"), r"is not as LVIS has it \(no 'area'\)"),
        (lambda made: made.pop("images"), r"is not as LVIS has it \(Listed\)"),
        (lambda made: made.pop("annotations"), r"is not as LVIS has it \(no annotations\)"),
        (lambda made: made["annotations"][0].update(category_id=7), "annotates the category 7 but"),
        (lambda made: made["annotations"][0].update(image_id=5), "annotates the image 5 but does"),
        (
            lambda made: made["images"][0].update(coco_url="http://x.org/val2014/9.jpg"),
            "is in none of train2017, val2017",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: Callable[[Any], object], message: str):
    with pytest.raises(InputError, match=rf"lvis_v1_val\.json .*{message}"):
        read_lvis(written(tmp_path, change))


def test_files_are_found_in_either_place(tmp_path: Path):
    with pytest.raises(MissingError, match=r"lvis_v1_val\.json does not exist; unpack lvis_v1"):
        read_lvis(annotation_file(tmp_path, "val", "v1"))
    path = written(tmp_path)
    assert annotation_file(tmp_path, "val", "v1") == path
    path.rename(tmp_path / "lvis" / path.name)
    assert annotation_file(tmp_path, "val", "v1") == tmp_path / "lvis" / path.name
    listed = Listed(9, "val2017", (8, 6))
    coco, own = (tmp_path / top / "val2017" / "000000000009.jpg" for top in ("coco", "lvis"))
    assert picture_file(tmp_path, listed) == coco
    own.parent.mkdir(parents=True)
    own.touch()
    assert picture_file(tmp_path, listed) == own
    coco.parent.mkdir(parents=True)
    coco.touch()
    assert picture_file(tmp_path, listed) == coco
