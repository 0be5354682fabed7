"""PASCAL-5i: folds of five classes, lists of either split, real samples."""

from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.pascal5i import CLASSES, fold_of, list_file
from painter_kit.data.pictures import read_index
from painter_kit.errors import InputError
from tests.samples import copy_samples


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_layout(get_layout("pascal5i"), folder, LayoutOptions(8, size=(48, 64)))
    return folder


def test_folds_hold_five_classes_each():
    assert [fold_of(i) for i in (0, 4, 5, 19)] == [0, 0, 1, 3]
    assert len(CLASSES) == 20


def test_examples_are_what_lists_and_masks_say(root: Path):
    for fold in range(4):
        for split in ("trn", "val"):
            lines = list_file(root / "pascal5i", split, fold).read_text().split()
            dataset = open_dataset(f"pascal5i:{fold}", root)
            if not lines:
                continue
            examples = dataset.examples("foreground", split)
            assert len(examples) == len(lines)
            for line, example in zip(lines, examples, strict=True):
                name, label = line.split("__")
                assert example.id == f"{CLASSES[int(label) - 1]}/{name}"
                assert example.group == name
                assert fold_of(int(label) - 1) == fold
                mask = read_index(root / "pascal5i/VOC2012/SegmentationClassAug" / f"{name}.png")
                np.testing.assert_array_equal(example.truth["mask"] == 1, mask == int(label))
                np.testing.assert_array_equal(example.truth["mask"] == 255, mask == 255)


def test_all_folds_and_single_classes(root: Path):
    whole = open_dataset("pascal5i", root)
    names = {name.partition("/")[0] for name in whole.examples("foreground", "val").ids}
    assert len(names) > 4
    one = sorted(names)[0]
    ids = open_dataset(f"pascal5i:{one}", root).examples("foreground", "val").ids
    assert {*ids} == {i for i in whole.examples("foreground", "val").ids if i.startswith(f"{one}/")}
    assert whole.sources == {"pool": "trn", "select": "trn", "confirm": "trn", "test": "val"}


@pytest.mark.parametrize(("name", "words"), [("4", "a fold, 0 to 3"), ("lion", "tvmonitor")])
def test_other_arguments_are_refused(root: Path, name: str, words: str):
    with pytest.raises(InputError, match=words):
        open_dataset(f"pascal5i:{name}", root)


def test_broken_lists_name_the_line(tmp_path: Path):
    path = list_file(tmp_path / "pascal5i", "val", 0)
    path.parent.mkdir(parents=True)
    path.write_text("2007_000033__01\n2007_000033__21\n")
    with pytest.raises(InputError, match=r"fold0.txt, line 2"):
        open_dataset("pascal5i:0", tmp_path).examples("foreground", "val")
    with pytest.raises(InputError, match=r"fold1.txt does not exist"):
        open_dataset("pascal5i:1", tmp_path).examples("foreground", "val")


def test_real_samples(tmp_path: Path):
    copy_samples("pascal5i", tmp_path)
    examples = open_dataset("pascal5i:0", tmp_path).examples("foreground", "val")
    assert examples.ids[0] == "aeroplane/2007_000033"
    first = examples[0].truth["mask"]
    assert {0, 1, 255} == {*np.unique(first).tolist()}
    assert 0.03 < np.mean(first == 1) < 0.5
