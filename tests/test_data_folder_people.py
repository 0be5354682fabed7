import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.base import open_dataset
from painter_kit.data.folder_people import read_annotated
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task, make_pair

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")
NAMES = ["nose", "left_ear", "right_ear"]
POINTS = [10, 20, 2, 30.5, 20, 1, 0, 0, 0]


def content() -> dict[str, Any]:
    person = {"image_id": 5, "category_id": 2, "keypoints": POINTS}
    return {
        "images": [{"id": 5, "file_name": "film__b.png"}, {"id": 1, "file_name": "a.png"}],
        "categories": [
            {"id": 1, "name": "cat", "keypoints": ["paw"]},
            {"id": 2, "name": "person", "keypoints": NAMES},
        ],
        "annotations": [
            {**person, "id": 1, "bbox": [5, 5, 30, 40], "area": 700},
            {**person, "id": 2, "iscrowd": 1},
            {**person, "id": 3, "keypoints": [0] * 9},
            {**person, "id": 4},
            {**person, "id": 5, "image_id": 1, "bbox": [0, 0, 40, 50]},
        ],
    }


def make(folder: Path, value: dict[str, Any]) -> Path:
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    for name in ("a", "film__b"):
        picture = rng.integers(0, 256, (60, 50, 3), np.uint8)
        Image.fromarray(picture).save(folder / "images" / f"{name}.png")
    (folder / "keypoints.json").write_text(json.dumps(value))
    return folder


def group(name: str) -> str:
    return name.partition("__")[0]


def test_everybody_with_a_label_is_numbered_in_the_picture(tmp_path: Path):
    names, persons = read_annotated(make(tmp_path, content()), group)
    assert list(names) == NAMES
    assert [p.name for p in persons] == ["a_box0", "film__b_box0", "film__b_box1"]
    assert [p.group for p in persons] == ["a", "film", "film"]
    assert persons[1].person.area == 700
    assert persons[1].person.keypoints.tolist() == np.reshape(POINTS, (3, 3)).tolist()
    # Without a box: the whole picture, 50 wide and 60 high, to its last pixel.
    assert persons[2].boxed.box == (0, 0, 49, 59)
    assert persons[2].person.area == 50 * 60


def test_examples_can_be_painted_and_measured(tmp_path: Path):
    data = open_dataset(f"folder:{make(tmp_path, content())}")
    task, spec = get_task("keypoint"), data.spec("keypoint")
    records = []
    for example in data.examples("keypoint", "all"):
        pair = make_pair(task, spec, example)
        assert pair.target.shape == (256, 192, 3)
        found = task.decode(pair.target / np.float32(255), spec, (256, 192))
        records.append(task.measure(found, example.truth, spec))
    assert task.summarise(records, spec)["pck"] == 1


def change(**entry: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda value: value["annotations"][0].update(entry)


CASES: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda v: v.pop("annotations"), "no 'annotations'; expected images, annotations and"),
    (lambda v: v["annotations"].clear(), "use 0 sets of keypoint names; keep one"),
    (change(category_id=1), "use 2 sets of keypoint names; keep one"),
    (change(keypoints=[1, 2]), "annotation 1 must have 9 numbers as keypoints, three for each"),
    (change(keypoints=[float("nan")] * 9), "annotation 1 must have 9 numbers"),
    (change(keypoints=[1e308, 1, 2] * 3), "annotation 1 must have 9 numbers"),
    (change(bbox=[1, 2]), "expected images, annotations and categories"),
    (lambda v: v["images"][0].update(file_name="../a.png"), "must be a picture in"),
    (lambda v: v["images"][0].update(file_name="c.png"), "c.png does not exist"),
    (lambda v: [a.update(iscrowd=1) for a in v["annotations"]], "holds nobody with a labelled"),
]


@pytest.mark.parametrize(("harm", "words"), CASES, ids=[words[:30] for _, words in CASES])
def test_what_is_wrong_is_named_in_one_line(
    tmp_path: Path, harm: Callable[[dict[str, Any]], Any], words: str
):
    value = content()
    harm(value)
    with pytest.raises(InputError) as caught:
        read_annotated(make(tmp_path, value), group)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path: Path):
    with pytest.raises(InputError, match=r"keypoints\.json cannot be read"):
        read_annotated(tmp_path, group)
    make(tmp_path, content())
    for text in ("{", "[]", "3"):
        (tmp_path / "keypoints.json").write_text(text)
        with pytest.raises(InputError, match="expected images, annotations and categories"):
            read_annotated(tmp_path, group)


@pytest.mark.skipif(not SAMPLES, reason="PAINTERKIT_SAMPLES is not set")
@pytest.mark.parametrize(("name", "count"), [("ap10k", 17), ("animalpose", 20)])
def test_real_animals(tmp_path: Path, name: str, count: int):
    folder = Path(str(SAMPLES)) / name
    (tmp_path / "images").mkdir()
    for picture in folder.rglob("*.jp*g"):
        shutil.copy(picture, tmp_path / "images" / picture.name)
    annotations = next(folder.rglob("*.json"))
    shutil.copy(annotations, tmp_path / "keypoints.json")
    data = open_dataset(f"folder:{tmp_path}")
    spec = data.spec("keypoint")
    assert len(spec.protocol.names) == len(spec.coding.palette) == count
    (example,) = data.examples("keypoint", "all")
    task = get_task("keypoint")
    pair = make_pair(task, spec, example)
    found = task.decode(pair.target / np.float32(255), spec, (256, 192))
    metrics = task.summarise([task.measure(found, example.truth, spec)], spec)
    assert metrics["pck"] > 0.9  # squares of near keypoints cover each other
