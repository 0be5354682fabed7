import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.coco import panoptic_entries
from painter_kit.data.coco_truth import semantic_truth
from painter_kit.data.pairs import PairEntry, read_pair_list
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.data.prepare.coco_semantic import STEPS, TYPE, painted_file
from painter_kit.errors import InputError
from painter_kit.tasks.colors import COCO_BASE, grid_palette
from tests.coco_roots import COUNT, copied_root, written_root

PAINTED, INDEXED = STEPS
OPTIONS = PrepareOptions()


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_root(tmp_path_factory, written_root(tmp_path_factory))


def test_painted_maps_and_their_lists(own: Path):
    items = PAINTED.items(own, OPTIONS)
    assert run_items(items) == len(items) == 2 * COUNT
    assert run_items(items) == 0
    palette = np.array([*grid_palette(133, COCO_BASE), *[(0, 0, 0)] * 123])
    for split in ("train2017", "val2017"):
        for entry in panoptic_entries(own / "coco", split):
            with Image.open(painted_file(entry)) as picture:
                assert picture.mode == "RGB"
                np.testing.assert_array_equal(picture, palette[semantic_truth(entry)["labels"]])
    train, val = PAINTED.finish(own, OPTIONS)
    place = "coco/pano_sem_seg"
    assert train == own / place / "coco_train2017_image_panoptic_sem_seg.json"
    assert val == own / place / "coco_val2017_image_panoptic_sem_seg.json"
    assert len(read_pair_list(val)) == COUNT
    assert read_pair_list(train)[0] == PairEntry(
        "coco/train2017/000000000009.jpg",
        f"{place}/panoptic_segm_train2017_with_color/000000000009.png",
        TYPE,
    )
    for pair in read_pair_list(train):
        sizes = {Image.open(own / path).size for path in (pair.image_path, pair.target_path)}
        assert len(sizes) == 1


def test_index_maps_are_of_val_alone(own: Path):
    items = INDEXED.items(own, OPTIONS)
    assert run_items(items) == COUNT
    assert list(INDEXED.finish(own, OPTIONS)) == []
    for entry in panoptic_entries(own / "coco", "val2017"):
        with Image.open(own / "coco" / "panoptic_semseg_val2017" / f"{entry.name}.png") as picture:
            assert picture.mode == "L"
            np.testing.assert_array_equal(picture, semantic_truth(entry)["labels"])


def test_pictures_that_are_not_there_are_left_out_of_the_list(own: Path):
    run_items(PAINTED.items(own, OPTIONS))
    (own / "coco" / "train2017" / "000000000009.jpg").unlink()
    (own / "coco" / "train2017" / "000000000165.jpg").rename(own / "elsewhere.jpg")
    train, _ = PAINTED.finish(own, OPTIONS)
    assert len(read_pair_list(train)) == COUNT - 2


def test_a_split_without_annotations_is_left_out_with_a_warning(
    own: Path, caplog: pytest.LogCaptureFixture
):
    (own / "coco" / "annotations" / "panoptic_train2017.json").unlink()
    with caplog.at_level(logging.WARNING):
        assert len(PAINTED.items(own, OPTIONS)) == COUNT
    assert "panoptic_train2017.json does not exist, so train2017 is left out" in caplog.text
    assert len(PAINTED.finish(own, OPTIONS)) == 1
    (own / "coco" / "annotations" / "panoptic_val2017.json").unlink()
    with pytest.raises(InputError, match=r"panoptic_val2017\.json does not exist, nor is train"):
        PAINTED.items(own, OPTIONS)


def test_a_broken_png_is_named_and_stops_no_other(own: Path):
    pngs = own / "coco" / "annotations" / "panoptic_val2017"
    (pngs / "000000000285.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"1 of 8 could not be prepared.*000000000285\.png"):
        run_items(PAINTED.items(own, OPTIONS))
    assert len(list(own.rglob("*with_color/*.png"))) == 2 * COUNT - 1
