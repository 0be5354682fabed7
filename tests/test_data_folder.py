"""A user's own pairs: every task's targets, and every way in which a folder can be wrong."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from painter_kit.data import folder as folder_module
from painter_kit.data.base import open_dataset
from painter_kit.data.folder import (
    FolderData,
    open_folder,
    register_target,
    target_spec,
    target_tasks,
)
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Coding, Spec

RNG = np.random.default_rng(1)
SIZE = (5, 7)
PICTURE = RNG.integers(0, 256, (*SIZE, 3), np.uint8)
DEPTH = RNG.integers(500, 9000, SIZE).astype(np.uint16)
LABELS = np.array([[0, 1, 2, 255, 1, 0, 2]] * 5, np.uint8)
MASK = np.array([[0, 1, 1, 255, 1, 0, 0]] * 5, np.uint8)
VOID = np.uint8(255)
IDS = np.array([[0, 300, 300, 0, 7, 7, 0]] * 5, np.uint16)
TARGETS = {
    "depth": DEPTH,
    "semantic": LABELS,
    "coco-semantic": LABELS,
    "foreground": MASK,
    "instance": IDS,
    "derain": PICTURE,
}


def make(folder: Path, target: np.ndarray, names: tuple[str, ...] = ("a", "b")) -> Path:
    for sub in ("images", "targets"):
        (folder / sub).mkdir(parents=True)
    for name in names:
        Image.fromarray(PICTURE).save(folder / "images" / f"{name}.jpg", quality=100)
        Image.fromarray(target).save(folder / "targets" / f"{name}.png")
    (folder / "classes.txt").write_text("wall\nfloor\n\nchair\n")
    return folder


def opened(folder: Path) -> FolderData:
    return open_folder(str(folder))


@pytest.mark.parametrize(
    ("task", "key", "expected"),
    [
        ("depth", "depth_m", (DEPTH / 1000).astype(np.float32)),
        ("semantic", "labels", LABELS),
        ("coco-semantic", "labels", LABELS),
        ("foreground", "mask", MASK),
        ("instance", "masks", np.stack([IDS == 7, IDS == 300])),
        ("derain", "clean", PICTURE),
    ],
)
def test_targets_become_truth_that_tasks_take(
    tmp_path: Path, task: str, key: str, expected: np.ndarray
):
    data = opened(make(tmp_path, TARGETS[task]))
    example = data.examples(task)[0]
    np.testing.assert_allclose(example.truth[key], expected, rtol=1e-6)
    pair = make_pair(get_task(task), data.spec(task), example)
    assert pair.target.shape == (*SIZE, 3)
    assert pair.target.any()


def test_names_groups_and_splits(tmp_path: Path):
    names = ("kitchen__2", "kitchen__1", "hall")
    data = open_dataset(f"folder:{make(tmp_path, DEPTH, names)}")
    examples = data.examples("depth", data.sources["pool"])
    assert list(examples.ids) == ["hall", "kitchen__1", "kitchen__2"]
    assert list(examples.groups) == ["hall", "kitchen", "kitchen"]
    assert [e.id for e in examples] == list(examples.ids)
    assert set(data.sources) == {"pool", "select", "confirm", "test"}
    assert set(data.sources.values()) == {"all"}


def test_specs(tmp_path: Path):
    data = opened(make(tmp_path, LABELS))
    assert data.spec("semantic").classes == ("wall", "floor", "chair")
    assert data.spec("depth").data == f"folder:{tmp_path}"
    for task in data.tasks:
        assert data.spec(task).task == task


def test_other_files_do_not_matter(tmp_path: Path):
    make(tmp_path, DEPTH)
    (tmp_path / "images" / "notes.txt").touch()
    (tmp_path / "targets" / ".hidden.png").touch()
    assert len(opened(tmp_path).examples("depth")) == 2


def test_targets_of_a_task_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folder_module, "_registered", {})
    data = opened(make(tmp_path, DEPTH))
    assert "far" not in data.tasks
    register_target(
        "far",
        lambda path: {"far": np.array(Image.open(path)) > 5000},
        lambda name: Spec("far", name, 64, "iou", "max", "", Coding(), None),
    )
    assert "far" in data.tasks
    assert "far" in target_tasks()
    (first, _) = data.examples("far")
    np.testing.assert_array_equal(first.truth["far"], DEPTH > 5000)
    assert data.spec("far") == target_spec(data.name, "far")
    assert data.spec("far").data == f"folder:{tmp_path}"
    assert data.spec("depth").metric == "rmse"


def remove(path: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).unlink()


def put(path: str, array: np.ndarray) -> Callable[[Path], None]:
    return lambda folder: Image.fromarray(array).save(folder / path)


def text(path: str, content: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).write_text(content) and None


CASES: list[tuple[str, Callable[[Path], Any], str]] = [
    ("depth", remove("targets/b.png"), "images/b.jpg has no target in"),
    ("depth", remove("images/a.jpg"), "targets/a.png has no picture in"),
    ("depth", lambda d: shutil.rmtree(d / "images"), "images does not exist"),
    ("depth", lambda d: shutil.rmtree(d / "targets"), "targets does not exist"),
    ("depth", put("images/a.png", PICTURE), "a.png and a.jpg share a name; rename one"),
    (
        "depth",
        put("targets/a.png", DEPTH[:4]),
        "a.png is 7 x 4 but {d}/images/a.jpg is 7 x 5; make them equal",
    ),
    ("depth", put("targets/a.png", LABELS), "expected a 16-bit grey PNG of millimetres"),
    ("depth", put("targets/a.png", DEPTH * 0), "a.png holds no depth, all of it is 0"),
    ("depth", text("images/a.jpg", "no picture"), "images/a.jpg cannot be read"),
    ("depth", text("targets/a.png", "no picture"), "targets/a.png cannot be read"),
    ("semantic", remove("classes.txt"), "classes.txt cannot be read; write one class name"),
    ("semantic", text("classes.txt", "\n"), "semantic takes 1 to 216 classes but got 0"),
    ("semantic", text("classes.txt", "wall\nfloor"), "holds class 2 but classes.txt names 2"),
    ("semantic", put("targets/a.png", PICTURE), "expected one number per pixel"),
    ("foreground", put("targets/a.png", LABELS), "holds the value 2; foreground is 1"),
    (
        "foreground",
        put("targets/a.png", (MASK == 1) * VOID),
        "holds no foreground; foreground is 1",
    ),
    ("denoise", put("targets/a.png", DEPTH), "expected 8-bit RGB or grey"),
    ("keypoint", text("classes.txt", "x"), "has no task keypoint; it has depth, semantic"),
]


@pytest.mark.parametrize(("task", "harm", "words"), CASES, ids=[c[2][:40] for c in CASES])
def test_wrong_folders_are_named_in_one_line(
    tmp_path: Path, task: str, harm: Callable[[Path], None], words: str
):
    make(tmp_path, TARGETS.get(task, PICTURE))
    harm(tmp_path)
    with pytest.raises(InputError) as caught:
        list(opened(tmp_path).examples(task))
    assert words.format(d=tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sizes_are_compared_before_anything_is_read(tmp_path: Path):
    make(tmp_path, DEPTH)
    put("targets/b.png", DEPTH[:4])(tmp_path)
    with pytest.raises(InputError, match="make them equal"):
        opened(tmp_path).examples("depth")


def test_partners_that_lack_are_counted(tmp_path: Path):
    make(tmp_path, DEPTH, ("a", "b", "c"))
    remove("targets/b.png")(tmp_path)
    remove("targets/c.png")(tmp_path)
    with pytest.raises(InputError, match=r"b\.jpg has no target .* \(and 1 more\)"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("argument", "words"),
    [("", "needs the folder"), ("no/such", "folder no/such/images does not exist")],
)
def test_no_folder(argument: str, words: str):
    with pytest.raises(InputError, match=words):
        open_folder(argument)


def test_empty_folder(tmp_path: Path):
    make(tmp_path, DEPTH, ())
    with pytest.raises(InputError, match="images holds no pictures"):
        opened(tmp_path)


def test_keypoints_need_no_targets(tmp_path: Path):
    make(tmp_path, DEPTH)
    assert "keypoint" not in opened(tmp_path).tasks
    keypoints = {
        "images": [{"id": 3, "file_name": "a.jpg"}],
        "annotations": [{"image_id": 3, "category_id": 1, "keypoints": [2, 2, 2, 0, 0, 0]}],
        "categories": [{"id": 1, "keypoints": ["nose", "tail"]}],
    }
    (tmp_path / "keypoints.json").write_text(json.dumps(keypoints))
    both = opened(tmp_path)
    assert {"keypoint", "depth"} <= set(both.tasks)
    assert both.spec("keypoint").protocol.names == ("nose", "tail")
    shutil.rmtree(tmp_path / "targets")
    alone = opened(tmp_path)
    assert alone.tasks == ("keypoint",)
    assert list(alone.examples("keypoint").ids) == ["a_box0"]
    with pytest.raises(InputError, match="has no task depth; it has keypoint"):
        alone.examples("depth")


@pytest.mark.skipif("PAINTERKIT_SAMPLES" not in os.environ, reason="PAINTERKIT_SAMPLES is not set")
def test_real_photographs_with_real_depth(tmp_path: Path):
    samples = Path(os.environ["PAINTERKIT_SAMPLES"]) / "nyu_depth_v2" / "official_splits" / "test"
    for sub in ("images", "targets"):
        (tmp_path / sub).mkdir()
    for number, image in enumerate(sorted(samples.glob("*/rgb_*.jpg"))):
        depth = image.with_name(image.name.replace("rgb", "sync_depth")).with_suffix(".png")
        shutil.copy(image, tmp_path / "images" / f"{number}.jpg")
        shutil.copy(depth, tmp_path / "targets" / f"{number}.png")
    examples = opened(tmp_path).examples("depth")
    assert len(examples) == 2
    for example in examples:
        assert example.image.shape == (480, 640, 3)
        assert 1 < float(np.median(example.truth["depth_m"])) < 6
