import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.coco import CocoData
from painter_kit.data.coco_released import PROMPT
from painter_kit.data.pictures import read_image, write_png
from painter_kit.data.prepare import coco_instances, coco_semantic
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.errors import InputError
from tests.coco_roots import SIZE, copied_root, written_root

TASKS = ("coco-semantic", "instance")


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_root(tmp_path_factory, written_root(tmp_path_factory))


def prepare(root: Path, task: str) -> None:
    """Make the files of the prompt's picture, as ``painterkit prepare`` does."""
    module = coco_semantic if task == "coco-semantic" else coco_instances
    step = module.STEPS[0]
    items = step.items(root, PrepareOptions(copies=0))
    chosen = [item for item in items if PROMPT in item.outputs[0].name]
    assert len(chosen) == run_items(chosen) == 1


@pytest.mark.parametrize("task", TASKS)
def test_prepared_files_and_annotations_give_the_same_pair(own: Path, task: str):
    painted = CocoData(own).released(task)
    prepare(own, task)
    (own / "coco" / "annotations" / "panoptic_train2017.json").unlink()  # not needed any more
    prepared = CocoData(own).released(task)
    assert prepared.digest == painted.digest
    assert prepared.coding == CocoData(own).spec(task).coding


def test_the_picture_is_the_named_one(own: Path):
    photograph = read_image(own / "coco" / "train2017" / f"{PROMPT}.jpg")
    semantic, instance = (CocoData(own).released(task) for task in TASKS)
    np.testing.assert_array_equal(semantic.image, photograph)
    assert semantic.image.shape == (*SIZE, 3)
    assert instance.image.shape == (1024, 1024, 3)
    enlarged = instance.image[3::7, 3::5].astype(float).mean()
    assert enlarged == pytest.approx(photograph.mean(), abs=3)
    for pair in (semantic, instance):
        assert pair.target.any()


@pytest.mark.parametrize("task", TASKS)
def test_what_is_missing_is_named(own: Path, task: str):
    png = own / "coco" / "annotations" / "panoptic_train2017" / f"{PROMPT}.png"
    png.unlink()
    with pytest.raises(InputError, match=rf"{PROMPT}\.png does not exist; unpack panoptic"):
        CocoData(own).released(task)
    (own / "coco" / "annotations" / "panoptic_train2017.json").unlink()
    with pytest.raises(InputError, match=r"panoptic_train2017\.json does not exist"):
        CocoData(own).released(task)
    (own / "coco" / "train2017" / f"{PROMPT}.jpg").unlink()
    with pytest.raises(InputError, match=rf"{PROMPT}\.jpg does not exist.*train2017\.zip"):
        CocoData(own).released(task)


@pytest.mark.parametrize("task", TASKS)
def test_annotations_without_the_picture_are_refused(own: Path, task: str):
    path = own / "coco" / "annotations" / "panoptic_train2017.json"
    content = json.loads(path.read_text())
    content["annotations"] = [a for a in content["annotations"] if a["image_id"] != int(PROMPT)]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=f"nothing to paint for the released prompt {PROMPT}"):
        CocoData(own).released(task)


def test_prepared_files_of_unequal_sizes_are_refused(own: Path):
    prepare(own, "coco-semantic")
    painted = own.rglob(f"panoptic_segm_train2017_with_color/{PROMPT}.png")
    write_png(next(painted), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match=r"is not of the size of .* prepare it anew"):
        CocoData(own).released("coco-semantic")


def test_panoptic_has_prompts_of_its_parts_alone(own: Path):
    with pytest.raises(InputError, match=r"no released prompt of panoptic; it has coco-semantic"):
        CocoData(own).released("panoptic")
