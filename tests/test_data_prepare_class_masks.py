"""Painted pairs of few-shot data, and what ``datasets check`` says of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from painter_kit.data.base import open_dataset
from painter_kit.data.coco20i import mask_file
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.pictures import read_image, read_index
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.data.prepare.coco20i import write_mask
from painter_kit.data.prepare.table import get_preparation
from painter_kit.data.specs import FOREGROUND_PALETTE
from painter_kit.errors import InputError

NAMES = ("fss1000", "pascal5i", "coco20i")
OPTIONS = PrepareOptions()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name in NAMES:
        write_layout(get_layout(name), folder, LayoutOptions(4, size=(48, 64)))
    return folder


def foreground(name: str):
    return next(step for step in get_preparation(name).steps if step.name == "foreground")


@pytest.mark.parametrize("name", NAMES)
def test_every_mask_is_painted_in_two_greys_and_listed(root: Path, name: str):
    step = foreground(name)
    items = step.items(root, OPTIONS)
    assert run_items(items) == len(items) > 5
    assert all(item.done for item in step.items(root, OPTIONS))
    lists = step.finish(root, OPTIONS)
    assert lists
    for path in lists:
        for pair in json.loads(path.read_text()):
            target = read_image(root / pair["target_path"])
            assert {tuple(c) for c in target.reshape(-1, 3).tolist()} <= {
                *FOREGROUND_PALETTE,
                (0, 0, 0),
            }
            assert (target == FOREGROUND_PALETTE[1]).all(axis=2).any()
            assert read_image(root / pair["image_path"]).shape == target.shape


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_or_broken_is_named(root: Path, name: str):
    preparation = get_preparation(name)
    findings = preparation.check(root, deep=True)
    assert not any(f.missing or f.broken for f in findings)
    assert any(f.expected and f.present < f.expected for f in findings)  # far from whole
    dataset = open_dataset(name, root)
    entries = dataset.examples("foreground", dataset.sources["test"]).entries  # pyright: ignore
    mask, kept = entries[0].mask, entries[0].mask.read_bytes()
    called = mask.relative_to(root).as_posix()
    try:
        mask.write_bytes(b"none")
        assert called in {b for f in preparation.check(root, deep=True) for b in f.broken}
        assert called not in {b for f in preparation.check(root, deep=False) for b in f.broken}
        mask.unlink()
        assert called in {m for f in preparation.check(root, deep=False) for m in f.missing}
    finally:
        mask.write_bytes(kept)


def test_without_the_download_the_folder_is_missing(tmp_path: Path):
    for name in NAMES:
        (finding,) = get_preparation(name).check(tmp_path, deep=False)
        assert finding.missing == (name,)
        with pytest.raises(InputError, match="holds no masks"):
            foreground(name).items(tmp_path, OPTIONS)


def test_missing_masks_are_drawn_from_instances_small_ones_on_top(root: Path, tmp_path: Path):
    square = [[1, 1, 9, 1, 9, 9, 1, 9]]
    small = [[3, 3, 6, 3, 6, 6, 3, 6]]
    target = tmp_path / "mask.png"
    instances = [
        {"segmentation": small, "area": 9, "category_id": 3},
        {"segmentation": square, "area": 64, "category_id": 1},
    ]
    write_mask(target, (12, 12), instances)
    mask = read_index(target)
    assert mask[4, 4] == 3  # car, class 2
    assert mask[1, 1] == 1
    assert mask[11, 11] == 0


def test_the_step_of_masks_makes_those_that_are_missing(root: Path):
    folder = root / "coco20i"
    masks = next(step for step in get_preparation("coco20i").steps if step.name == "masks")
    with pytest.raises(InputError, match="needed only where masks are missing"):
        masks.items(root, OPTIONS)
    name = next(iter(sorted((folder / "COCO2014/val2014").iterdir()))).name
    annotations = {
        "images": [{"id": 5, "file_name": name, "height": 48, "width": 64}],
        "annotations": [
            {"image_id": 5, "area": 4, "category_id": 1, "segmentation": [[0, 0, 9, 0, 9, 9, 0, 9]]}
        ],
    }
    path = folder / "COCO2014/annotations/instances_val2014.json"
    path.write_text(json.dumps(annotations))
    target = mask_file(folder, f"val2014/{name}")
    kept = target.read_bytes()
    target.unlink()
    try:
        for item in masks.items(root, OPTIONS):
            item.make()
            assert np.count_nonzero(read_index(target) == 1) > 50
    finally:
        target.write_bytes(kept)
        path.unlink()
    assert Pictures.open(target).size == (64, 48)
