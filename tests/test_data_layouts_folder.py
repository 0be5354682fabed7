from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.crops import box_crop, warp, warp_points
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.folder import LAYOUT, TASKS
from painter_kit.data.world.dataset import WorldDataset, WorldExamples
from painter_kit.errors import InputError


@pytest.mark.parametrize("task", [task for task in TASKS if task != "keypoint"])
def test_the_folder_is_read_back_as_the_world_has_it(tmp_path: Path, task: str):
    write_layout(LAYOUT, tmp_path, LayoutOptions(count=2, task=task, split="select"))
    read = open_dataset(f"folder:{tmp_path}").examples(task, "all")
    world = WorldDataset("world").examples(task, "select")
    assert list(read.ids) == ["select_000000", "select_000001"]
    for index in range(2):
        np.testing.assert_array_equal(read[index].image, world[index].image)
        truth, expected = read[index].truth, world[index].truth
        assert set(truth) == set(expected)
        for name in truth:
            np.testing.assert_allclose(truth[name], expected[name], atol=1e-6)


def test_figures_come_back_as_crops_with_their_names(tmp_path: Path):
    options = LayoutOptions(count=2, task="keypoint", split="select", size=(96, 64))
    write_layout(LAYOUT, tmp_path, options)
    assert {p.name for p in tmp_path.iterdir()} == {
        *("images", "keypoints.json", "world-folder.json")
    }
    data = open_dataset(f"folder:{tmp_path}")
    world = WorldExamples("keypoint", "select", "world", 2, (96, 64))
    assert data.tasks == ("keypoint",)
    names = data.spec("keypoint").protocol.names
    assert names == WorldDataset("world").spec("keypoint").protocol.names
    read = data.examples("keypoint", "all")
    assert list(read.ids) == ["select_000000_box0", "select_000001_box0"]
    for example, figure in zip(read, world, strict=True):
        x, y, width, height = figure.truth["box"].tolist()  # cut at the last pixel
        crop = box_crop((x, y, min(width, 63 - x), min(height, 95 - y)))
        expected = warp_points(figure.truth["keypoints"], crop)
        np.testing.assert_allclose(example.truth["keypoints"], expected, atol=0.02)
        np.testing.assert_array_equal(example.image, warp(figure.image, crop))
        area = example.truth["area"] / example.truth["zoom"] ** 2
        assert area == pytest.approx(float(figure.truth["area"]))


def test_classes_are_named_where_they_are_asked_for(tmp_path: Path):
    write_layout(LAYOUT, tmp_path, LayoutOptions(count=1, task="semantic"))
    classes = open_dataset(f"folder:{tmp_path}").spec("semantic").classes
    assert classes == WorldDataset("world").spec("semantic").classes
    write_layout(LAYOUT, tmp_path, LayoutOptions(count=1, task="depth"), overwrite=True)
    assert not (tmp_path / "classes.txt").exists()


def test_a_larger_picture_shows_more_of_the_same_split(tmp_path: Path):
    write_layout(LAYOUT, tmp_path, LayoutOptions(count=1, task="derain", size=(96, 128)))
    example = open_dataset(f"folder:{tmp_path}").examples("derain", "all")[0]
    assert example.image.shape == example.truth["clean"].shape == (96, 128, 3)


@pytest.mark.parametrize(
    ("wrong", "words"), [({"task": "panoptic"}, "cannot be written"), ({"split": "val"}, "--split")]
)
def test_unknown_tasks_and_splits_are_refused(tmp_path: Path, wrong: dict, words: str):
    with pytest.raises(InputError, match=words):
        write_layout(LAYOUT, tmp_path, LayoutOptions(**wrong))
    assert not list(tmp_path.iterdir())
