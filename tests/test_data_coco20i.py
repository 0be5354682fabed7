"""COCO-20i: folds modulo four, lists as harmless pickles or JSON, real samples."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.coco20i import CLASSES, fold_of, list_file, mask_file, read_list
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.pictures import read_index
from painter_kit.errors import InputError
from tests.samples import copy_samples


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_layout(get_layout("coco20i"), folder, LayoutOptions(8, size=(48, 64)))
    return folder


def test_pickles_of_the_layout_are_read_as_they_are(root: Path):
    path = list_file(root / "coco20i", "val", 0)
    assert path.suffix == ".pkl"
    assert read_list(path) == pickle.loads(path.read_bytes())
    assert {fold_of(index) for index in read_list(path)} == {0}
    assert 0 not in {fold_of(index) for index in read_list(list_file(root / "coco20i", "trn", 0))}


def test_examples_of_a_fold_in_both_splits(root: Path):
    for split, year in (("val", "val2014"), ("trn", "train2014")):
        examples = open_dataset("coco20i:1", root).examples("foreground", split)
        for example in examples:
            category, _, name = example.id.partition("/")
            index = CLASSES.index(category)
            assert fold_of(index) == 1
            assert name.startswith(f"COCO_{year}_")
            mask = read_index(mask_file(root / "coco20i", f"{year}/{name}.jpg"))
            np.testing.assert_array_equal(example.truth["mask"], mask == index + 1)


class Harm:
    def __reduce__(self):
        return (Path.touch, (Path("harmed"),))


def test_code_in_a_pickle_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "fold0.pkl"
    path.write_bytes(pickle.dumps({0: [Harm()]}))
    with pytest.raises(InputError, match="no plain list of pictures"):
        read_list(path)
    assert not Path("harmed").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([1], "must map class indices"),
        ({"80": []}, "must be a class index"),
        ({"1": ["../../secret.jpg"]}, "no picture below"),
        ({"1": [7]}, "no picture below"),
    ],
)
def test_lists_of_another_form_are_refused(tmp_path: Path, data, words):
    path = tmp_path / "fold0.json"
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match=words):
        read_list(path)


def test_real_samples(tmp_path: Path):
    copy_samples("coco20i", tmp_path)
    examples = open_dataset("coco20i:0", tmp_path).examples("foreground", "val")
    assert "person/COCO_val2014_000000308394" in examples.ids
    for example in examples:
        assert (example.truth["mask"] == 1).any()
