"""FSS-1000 in its authors' layout."""

from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.fss1000_classes import TEST
from painter_kit.errors import InputError
from painter_kit.evaluation.splits import make_splits
from tests.few_shot import COLOURS, write_fss
from tests.samples import copy_samples


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_fss(tmp_path, per_class=10)
    return tmp_path


def test_test_classes_are_240():
    assert len({*TEST}) == 240
    assert {"bus", "taj_mahal", "abe's_flyingfish"} <= {*TEST}


def test_classes_pictures_and_masks(root: Path):
    examples = open_dataset("fss1000", root).examples("foreground", "test")
    assert len(examples) == 30
    assert list(examples.ids[:2]) == ["cat/1", "cat/2"]
    assert examples.ids[9] == "cat/10"  # counted as people count
    for example in examples:
        level = COLOURS[example.id.partition("/")[0]]
        inside = example.image[example.truth["mask"] == 1].mean()
        assert abs(inside - level) < 8


def test_without_the_list_the_published_one_counts(root: Path):
    (root / "fss1000/fss_test_set.txt").unlink()
    with pytest.raises(InputError, match="no pictures"):
        open_dataset("fss1000", root).examples("foreground", "test")
    (root / "fss1000/cat").rename(root / "fss1000/bus")
    assert len(open_dataset("fss1000", root).examples("foreground", "test")) == 10


def test_a_single_class_has_splits_of_its_own(root: Path):
    splits = make_splits(open_dataset("fss1000:dog", root), "foreground")
    named = [{*getattr(splits, n).ids} for n in ("pool", "select", "confirm", "test")]
    assert sum(map(len, named)) == len(set.union(*named)) == 10
    assert all(name.startswith("dog/") for name in set.union(*named))
    with pytest.raises(InputError, match="holds no pictures"):
        open_dataset("fss1000:cow", root).examples("foreground", "test")
    with pytest.raises(InputError, match="one class"):
        open_dataset("fss1000:../x", root)


def test_the_authors_sample(tmp_path: Path):
    copy_samples("fss1000", tmp_path)
    examples = open_dataset("fss1000:eiffel_tower", tmp_path).examples("foreground", "test")
    assert len(examples) == 3
    for example in examples:
        assert example.image.shape == (224, 224, 3)
        assert 0.01 < np.mean(example.truth["mask"]) < 0.6
