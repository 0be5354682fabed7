"""What annotation files of animals may hold, and what is said of those that hold something else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.animal_files import Form, plain_name, read_herds
from painter_kit.errors import InputError, MissingError

FORM = Form(("left_eye", "right_eye", "tail_base"), ("cat", "cow"), 8)
Content = dict[str, Any]


def content() -> Content:
    """Two pictures, the second without animals; keypoints spelled and ordered otherwise."""
    names = ["R_Eye", "TailBase", "L_Eye"]
    return {
        "images": [
            {"id": 7, "file_name": "b.jpg", "width": 40, "height": 30, "background": 3},
            {"id": 2, "file_name": "sub/a.jpg", "width": 20, "height": 10},
        ],
        "annotations": [
            {
                "id": 1,
                "image_id": 7,
                "category_id": 2,
                "bbox": [1, 2, 30, 20],
                "area": 500.0,
                "keypoints": [9, 9, 1, 5, 6, 0, 3, 4, 2],
            }
        ],
        "categories": [
            {"id": i, "name": n, "keypoints": names} for i, n in ((1, "cat"), (2, "cow"))
        ],
    }


def written(folder: Path, change: Callable[[Content], object] = lambda made: None) -> Path:
    made = content()
    change(made)
    path = folder / "annotations.json"
    path.write_text(json.dumps(made))
    return path


def test_keypoints_come_in_the_order_of_the_form(tmp_path: Path):
    first, second = read_herds(written(tmp_path), tmp_path / "p", FORM, "get it")
    assert (first.picture.image_id, first.path) == (2, tmp_path / "p" / "sub" / "a.jpg")
    assert (first.picture.persons, first.background) == ((), 0)
    (person,) = second.picture.persons
    # Of a keypoint that is not labelled the place is dropped.
    assert person.keypoints.tolist() == [[3, 4, 2], [9, 9, 1], [0, 0, 0]]
    assert (person.box, person.area, person.labelled) == ((1, 2, 30, 20), 500, 2)
    assert (second.species, second.background, second.picture.size) == ((1,), 3, (30, 40))


def test_the_first_form_has_corners_and_no_sizes(tmp_path: Path):
    def change(made: Content) -> None:
        made["images"] = {"7": "b.png"}
        (one,) = made["annotations"]
        one["keypoints"] = np.reshape(one["keypoints"], (-1, 3)).tolist()
        one["bbox"] = [1, 2, 31, 22]
        del one["area"], one["id"]

    Image.new("RGB", (50, 60)).save(tmp_path / "b.png")
    (herd,) = read_herds(written(tmp_path, change), tmp_path, FORM, "get it")
    (person,) = herd.picture.persons
    assert (person.box, person.area) == ((1, 2, 30, 20), 600)
    assert herd.picture.size == (60, 50)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("L_F_Elbow", "left_front_elbow"),
        ("R_EarBase", "right_ear_base"),
        ("left_ear", "left_ear_base"),
        ("TailBase", "tail_base"),
        ("Tail", "tail_base"),
        ("Root of tail", "root_of_tail"),
        ("withers", "withers"),
        ("left_back_paw", "left_back_paw"),
    ],
)
def test_spellings_are_brought_together(name: str, plain: str):
    assert plain_name(name) == plain


def drop(*keys: Any) -> Callable[[Content], object]:
    def change(made: Any) -> None:
        for key in keys[:-1]:
            made = made[key]
        del made[keys[-1]]

    return change


def put(value: Any, *keys: Any) -> Callable[[Content], object]:
    def change(made: Any) -> None:
        for key in keys[:-1]:
            made = made[key]
        made[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop("annotations"), "has no annotations; expected annotations as COCO has them"),
        (drop("annotations", 0, "bbox"), "annotation 1: no 'bbox'; expected image_id, bbox and"),
        (put([1, 2], "annotations", 0, "keypoints"), "annotation 1: cannot reshape"),
        (put([1, 2, 2], "annotations", 0, "keypoints"), "keypoints must be 9 numbers, three for"),
        (put([1e308, 1, 2] * 3, "annotations", 0, "keypoints"), "numbers, three for each"),
        (put([], "annotations", 0, "area"), "annotation 1: float() argument must be"),
        (put([1, 2, 3], "annotations", 0, "bbox"), "annotation 1: not enough values"),
        (put(5, "annotations", 0, "category_id"), "annotation 1: category_id 5 must be 1 to 2"),
        (put(9, "annotations", 0, "image_id"), "annotates the image 9 but does not list it"),
        (put(7, "images", 1, "id"), "lists a picture twice"),
        (put("../b.jpg", "images", 0, "file_name"), "must be a path inside"),
        (drop("images", 0, "file_name"), "an entry of images has no usable 'file_name'"),
        (put(9, "images", 0, "background"), "image 7 has background 9, expected 1 to 8"),
        (put("dog", "categories", 0, "name"), "category 1 is dog, expected 'cat'"),
        (drop("categories", 0, "keypoints"), "name 2 sets of keypoints; expected one"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: Any, message: str):
    path = written(tmp_path, change)
    with pytest.raises(InputError) as error:
        read_herds(path, tmp_path, FORM, "get it")
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)


def test_other_keypoints_are_named(tmp_path: Path):
    form = Form(("left_eye", "right_eye", "nose"))
    with pytest.raises(InputError, match=r"expected the 3 .*they differ in nose, tail_base"):
        read_herds(written(tmp_path), tmp_path, form, "get it")


def test_files_that_are_missing_or_no_json(tmp_path: Path):
    with pytest.raises(MissingError, match=r"none\.json does not exist; unpack it"):
        read_herds(tmp_path / "none.json", tmp_path, FORM, "unpack it")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match=r"bad\.json cannot be read as JSON"):
        read_herds(tmp_path / "bad.json", tmp_path, FORM, "unpack it")


def test_a_file_is_read_anew_when_it_changes(tmp_path: Path):
    assert len(read_herds(written(tmp_path), tmp_path, FORM, "")) == 2
    path = written(tmp_path, drop("images", 1))
    assert len(read_herds(path, tmp_path, FORM, "")) == 1
