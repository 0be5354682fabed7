"""The dataset ``coco`` on the written world: which pictures a task has, and how reading fails."""

import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data import coco_files as files
from painter_kit.data.base import HasReleased, open_dataset
from painter_kit.data.coco import CocoData, labelled, paintable, panoptic_entries
from painter_kit.data.coco_truth import Entry
from painter_kit.data.pictures import write_png
from painter_kit.errors import InputError
from tests.coco_roots import COUNT, SIZE, copied_root, written_root

TASKS = ("coco-semantic", "instance", "panoptic")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CocoData:
    return CocoData(written_root(tmp_path_factory))


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory, data: CocoData) -> Path:
    """A root whose files a test may change."""
    assert data.root is not None
    return copied_root(tmp_path_factory, data.root)


def annotation(root: Path, kind: str, split: str) -> Path:
    return root / "coco" / "annotations" / f"{kind}_{split}.json"


@pytest.mark.parametrize("task", TASKS)
def test_examples_of_every_task(data: CocoData, task: str):
    for subset in ("train", "test"):
        examples = data.examples(task, subset)
        assert 0 < len(examples) <= COUNT
        assert list(examples.groups) == list(examples.ids)
        for example, name in zip(examples, examples.ids, strict=True):
            assert example.id == example.group == name
            assert example.image.shape == (*SIZE, 3)
            assert all(a.shape[-2:] == SIZE for n, a in example.truth.items() if n == "masks")


def test_ids_are_names_of_pictures(data: CocoData):
    assert list(data.examples("panoptic", "train").ids)[:2] == ["000000000009", "000000000165"]
    assert "000000391460" in data.examples("instance", "train").ids
    assert len(data.examples("panoptic", "test")) == COUNT


def test_splits_are_cut_from_the_official_ones(data: CocoData):
    assert isinstance(data, HasReleased)
    assert data.sources == {"pool": "train", "select": "train", "confirm": "train", "test": "test"}


def test_instances_are_measured_by_their_own_annotations(data: CocoData):
    for train, test in zip(*(data.examples("instance", s) for s in ("train", "test")), strict=True):
        assert "areas" not in train.truth
        assert not train.truth["crowd"].any()
        assert len(test.truth["areas"]) == len(test.truth["masks"])
    panoptic = data.examples("panoptic", "test")
    for one, other in zip(data.examples("instance", "test"), panoptic, strict=True):
        np.testing.assert_array_equal(one.truth["masks"], other.truth["masks"])
        np.testing.assert_array_equal(one.truth["areas"], other.truth["mask_areas"])


def test_specs_have_the_released_constants(data: CocoData):
    spec = data.spec("panoptic")
    assert (spec.canvas, spec.protocol.things) == (560, tuple(range(80)))
    assert spec.part("semantic") == data.spec("coco-semantic")
    assert spec.part("instance") == data.spec("instance")
    assert data.spec("coco-semantic").coding.palette[132] == (183, 111, 39)
    assert data.spec("instance").output_resize == "nearest"


def test_what_cannot_be_painted_is_no_training_data(own: Path):
    path = annotation(own, "panoptic", "train2017")
    content = json.loads(path.read_text())
    first, second, third, _ = sorted(content["annotations"], key=lambda a: a["image_id"])
    first["segments_info"] = []
    second["segments_info"] = [s for s in second["segments_info"] if s["category_id"] > 90]
    sizes = {image["id"]: image for image in content["images"]}
    sizes[third["image_id"]]["height"] = 31
    path.write_text(json.dumps(content))
    everything = panoptic_entries(own / "coco", "train2017")
    assert [labelled(entry) for entry in everything] == [False, True, True, True]
    assert [paintable(entry) for entry in everything] == [False, False, False, True]
    counts = {task: len(CocoData(own).examples(task, "train")) for task in TASKS}
    assert counts == {"coco-semantic": 3, "instance": 1, "panoptic": 1}


def test_pictures_without_instance_annotations_have_no_masks(own: Path):
    annotation(own, "instances", "val2017").unlink()
    truth = CocoData(own).examples("panoptic", "test")[0].truth
    assert set(truth) == {"segments", "categories", "crowd"}


def test_index_maps_stand_in_for_panoptic_annotations(own: Path):
    expected = CocoData(own).examples("coco-semantic", "test")[1]
    entry = Entry(own / "coco", "val2017", expected.id)
    write_png(entry.index_png, expected.truth["labels"])
    annotation(own, "panoptic", "val2017").unlink()
    found = CocoData(own).examples("coco-semantic", "test")
    assert list(found.ids) == [expected.id]
    np.testing.assert_array_equal(found[0].truth["labels"], expected.truth["labels"])


def test_missing_files_are_named_before_anything_is_read(own: Path):
    (own / "coco" / "val2017" / "000000000285.jpg").unlink()
    with pytest.raises(InputError, match=r"val2017/000000000285\.jpg does not exist") as caught:
        CocoData(own).examples("instance", "test")
    assert "cut the annotations down" in str(caught.value)
    (files.panoptic_pngs(own / "coco", "train2017") / "000000000009.png").unlink()
    with pytest.raises(InputError, match=r"panoptic_train2017/000000000009\.png does not exist"):
        CocoData(own).examples("panoptic", "train")


def test_a_picture_of_another_size_is_refused(own: Path):
    examples = CocoData(own).examples("coco-semantic", "test")
    picture = own / "coco" / "val2017" / f"{examples.ids[0]}.jpg"
    write_png(picture, np.zeros((10, 20, 3), np.uint8))
    with pytest.raises(InputError, match="is 20 x 10 but its annotation is of another size"):
        examples[0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda data: data.spec("depth"), "--data coco has no task depth; it has coco-semantic"),
        (lambda data: data.examples("instance", "val"), "has the subsets train, test"),
        (lambda data: CocoData(None).examples("instance", "test"), "needs --data-root DIR"),
        (lambda data: open_dataset("coco:17"), "--data coco takes no argument but got '17'"),
    ],
)
def test_bad_names_are_refused_in_one_line(data: CocoData, call, text: str):
    with pytest.raises(InputError, match=text) as caught:
        call(data)
    assert "\n" not in str(caught.value)


def test_the_name_opens_it(data: CocoData):
    assert open_dataset("coco", data.root) == data
