from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from painter_kit.data.coco_categories import NAMES
from painter_kit.data.pictures import read_depth, read_image, read_index
from painter_kit.data.specs import class_spec, depth_spec, restoration_spec
from painter_kit.evaluation.kept.pictures import (
    PaintedFiles,
    PngFiles,
    label_table,
    write_depth_png,
    write_label_png,
    write_mask_png,
    write_rendered_png,
    write_restored_png,
)
from painter_kit.tasks.base import get_task
from painter_kit.types import Coding, Example, Spec

SIZE = (6, 8)
EXAMPLE = Example("room/rgb_1", "room", np.zeros((*SIZE, 3), np.uint8), {})
DEPTH = depth_spec("nyuv2")


def test_depth_is_16_bit_millimetres_under_scene_and_picture(tmp_path: Path):
    files = PngFiles(tmp_path, write_depth_png, flat=True)
    rng = np.random.default_rng(0)
    depth = (rng.integers(0, 10_001, SIZE) / 1000).astype(np.float32)
    assert not files.has("room/rgb_1")
    files.keep(EXAMPLE, np.zeros((4, 4, 3)), depth, DEPTH)
    assert files.has("room/rgb_1")
    assert files.finish(["room/rgb_1"]) == [tmp_path]
    path = tmp_path / "room_rgb_1.png"
    with Pictures.open(path) as picture:
        assert picture.mode.startswith("I;16")
    np.testing.assert_array_equal(read_depth(path), depth)


def test_depth_kept_is_the_depth_that_was_decoded(tmp_path: Path):
    painted = np.random.default_rng(1).random((4, 4, 3)).astype(np.float32)
    decoded = get_task("depth").decode(painted, DEPTH, SIZE)
    write_depth_png(tmp_path / "a.png", decoded, DEPTH)
    np.testing.assert_array_equal(read_depth(tmp_path / "a.png"), decoded)


@pytest.mark.parametrize(
    ("data", "classes", "expected"),
    [
        ("ade20k", tuple(map(str, range(150))), [1, 4, 0]),
        ("coco", NAMES, [1, 4, 0]),
        ("folder:x", ("a", "b", "c", "d"), [0, 3, 255]),
    ],
)
def test_labels_are_in_the_benchmarks_ids(
    tmp_path: Path, data: str, classes: tuple[str, ...], expected: list[int]
):
    task = "coco-semantic" if data == "coco" else "semantic"
    spec = class_spec(data, task, classes)
    labels = np.array([[0, 3, 255]], np.uint8)
    write_label_png(tmp_path / "a.png", labels, spec)
    np.testing.assert_array_equal(read_index(tmp_path / "a.png"), [expected])


def test_every_class_of_coco_has_another_id():
    table = label_table(class_spec("coco", "coco-semantic", NAMES))
    assert len(set(table[:133].tolist())) == 133
    assert (table[132], table[255]) == (200, 0)


def test_masks_and_restored_pictures(tmp_path: Path):
    spec = restoration_spec("lol", "enhance")
    write_mask_png(tmp_path / "mask.png", np.array([[0, 1]], bool), spec)
    np.testing.assert_array_equal(read_index(tmp_path / "mask.png"), [[0, 1]])
    floats = np.full((*SIZE, 3), 0.999, np.float32)
    write_restored_png(tmp_path / "float.png", floats, spec)
    assert set(read_image(tmp_path / "float.png").ravel()) == {254}  # truncated, not rounded
    whole = np.full((*SIZE, 3), 7, np.uint8)
    write_restored_png(tmp_path / "whole.png", whole, spec)
    np.testing.assert_array_equal(read_image(tmp_path / "whole.png"), whole)


def test_other_tasks_leave_what_people_are_shown(tmp_path: Path):
    depth = np.full(SIZE, 2, np.float32)
    write_rendered_png(tmp_path / "a.png", depth, DEPTH)
    shown = get_task("depth").render(depth, DEPTH)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), shown)


def test_painted_pictures_are_kept_at_the_pictures_size(tmp_path: Path):
    files = PaintedFiles(tmp_path)
    painted = np.full((3, 3, 3), 0.999, np.float32)
    assert not files.has(EXAMPLE.id)
    files.keep(EXAMPLE, painted, None, DEPTH)
    assert files.has(EXAMPLE.id)
    picture = read_image(tmp_path / "room/rgb_1.png")
    assert picture.shape == (*SIZE, 3)
    assert set(picture.ravel()) == {254}


def test_painted_parts_have_a_folder_each(tmp_path: Path):
    spec = Spec("both", "d", 3, "m", "max", "", Coding(), None, parts=(("a", DEPTH), ("b", DEPTH)))
    painted = {name: np.full((3, 3, 3), level, np.float32) for name, level in (("a", 0), ("b", 1))}
    PaintedFiles(tmp_path).keep(EXAMPLE, painted, None, spec)
    for name, level in (("a", 0), ("b", 255)):
        assert set(read_image(tmp_path / name / "room/rgb_1.png").ravel()) == {level}
