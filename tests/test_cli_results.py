"""The files that predict leaves, task by task."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.cli.results import beside, write_result
from painter_kit.data.base import open_dataset
from painter_kit.data.folder import open_folder
from painter_kit.tasks.base import get_task, make_pair, task_parts
from painter_kit.types import Example

WORLD = open_dataset("world")


def example_of(name: str) -> Example:
    return WORLD.examples(name, "test")[0]


def written(folder: Path, name: str) -> tuple[Example, dict[str, str]]:
    """The files for a world picture whose truth was painted."""
    task, spec, example = get_task(name), WORLD.spec(name), example_of(name)
    pair = make_pair(task, spec, example)
    painted = pair.target.astype(np.float32) / 255
    painted = painted if task.views is None else painted[None]
    spec = spec.with_coding(pair.coding)
    return example, write_result(folder / "x", task, spec, example, painted)


def test_painted_and_side_by_side_have_the_pictures_size(tmp_path: Path):
    example, names = written(tmp_path, "depth")
    height, width = example.image.shape[:2]
    assert names == {
        "painted": "x_painted.png",
        "side_by_side": "x_side_by_side.png",
        "decoded": "x_decoded.png",
    }
    assert Image.open(tmp_path / "x_painted.png").size == (width, height)
    row = np.asarray(Image.open(tmp_path / "x_side_by_side.png"))
    assert row.shape[0] == height
    np.testing.assert_array_equal(row[:, :width], example.image)


def test_depth_is_millimetres(tmp_path: Path):
    example, names = written(tmp_path, "depth")
    depth = np.asarray(Image.open(tmp_path / names["decoded"]))
    assert depth.dtype == np.uint16
    truth = example.truth["depth_m"]
    np.testing.assert_allclose(depth[truth > 0] / 1000, truth[truth > 0], atol=0.05)


@pytest.mark.parametrize("name", ["depth", "semantic", "coco-semantic", "foreground", "instance"])
def test_decoded_files_are_targets_of_a_folder(tmp_path: Path, name: str):
    example, names = written(tmp_path, name)
    for sub in ("images", "targets"):
        (tmp_path / sub).mkdir()
    Image.fromarray(example.image).save(tmp_path / "images" / "x.png")
    (tmp_path / names["decoded"]).rename(tmp_path / "targets" / "x.png")
    (tmp_path / "classes.txt").write_text("\n".join(WORLD.spec("semantic").classes))
    again = open_folder(str(tmp_path)).examples(name)[0].truth
    (key,) = again
    if name == "instance":
        assert len(again[key]) >= 1
        assert again[key].sum(axis=0).max() == 1
    elif name != "depth":
        truth = example.truth[key]
        np.testing.assert_array_equal(again[key][truth != 255], truth[truth != 255])


def test_keypoints_are_named_points(tmp_path: Path):
    example, names = written(tmp_path, "keypoint")
    points = json.loads((tmp_path / names["decoded"]).read_text())
    assert names["decoded"] == "x_decoded.json"
    assert [p["name"] for p in points] == list(WORLD.spec("keypoint").protocol.names)
    truth = example.truth["keypoints"]
    for point, (x, y, seen) in zip(points, truth, strict=True):
        if seen == 2:
            assert abs(point["x"] - x) <= 2
            assert abs(point["y"] - y) <= 2


@pytest.mark.parametrize("name", ["denoise", "derain", "enhance"])
def test_restored_pictures_are_pictures(tmp_path: Path, name: str):
    example, names = written(tmp_path, name)
    decoded = np.asarray(Image.open(tmp_path / names["decoded"])).astype(int)
    assert np.abs(decoded - example.truth["clean"]).max() <= 1


def test_pictures_stand_in_a_row_with_gaps():
    black, grey = np.zeros((3, 2, 3), np.uint8), np.full((3, 5, 3), 9, np.uint8)
    row = beside(black, grey)
    assert row.shape == (3, 11, 3)
    assert (row[:, 2:6] == 255).all()
    assert (row[:, 6:] == 9).all()


def test_panoptic_is_segments_in_the_form_of_coco(tmp_path: Path):
    task, spec, example = get_task("panoptic"), WORLD.spec("panoptic"), example_of("panoptic")
    painted = {}
    for name, part, own in task_parts(task, spec):
        target = make_pair(part, own, example_of(part.name)).target
        painted[name] = target.astype(np.float32) / 255
    names = write_result(tmp_path / "x", task, spec, example, painted)
    assert names == {
        "painted_semantic": "x_painted_semantic.png",
        "painted_instance": "x_painted_instance.png",
        "side_by_side": "x_side_by_side.png",
        "decoded": "x_decoded.png",
        "segments": "x_decoded.json",
    }
    told = json.loads((tmp_path / "x_decoded.json").read_text())
    assert told["file_name"] == "x_decoded.png"
    colours = np.asarray(Image.open(tmp_path / "x_decoded.png")).astype(int)
    ids = colours @ [1, 256, 65536]
    assert {s["id"]: s["area"] for s in told["segments_info"]} == {
        i: n for i, n in zip(*np.unique(ids, return_counts=True), strict=True) if i > 0
    }
    classes = {s["name"]: s["isthing"] for s in told["segments_info"]}
    assert set(classes) <= set(spec.classes)
    # What was painted is the truth: large regions come back under their classes.
    truth = np.array(spec.classes)[example.truth["categories"]][example.truth["segments"] - 1]
    found = {s["id"]: s["name"] for s in told["segments_info"]}
    agree = np.mean([found.get(i) == t for i, t in zip(ids.ravel(), truth.ravel(), strict=True)])
    assert agree > 0.8
    row = np.asarray(Image.open(tmp_path / "x_side_by_side.png"))
    assert row.shape[1] == 4 * example.image.shape[1] + 3 * 4
