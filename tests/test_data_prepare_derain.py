"""The pair lists of the deraining sets, and what is said of the sets on disk."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.derain import LAYOUT
from painter_kit.data.pairs import PairEntry, read_pair_list
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare.base import PrepareOptions
from painter_kit.data.prepare.table import get_preparation
from painter_kit.errors import InputError
from tests.samples import copy_samples

DERAIN = get_preparation("derain")
KIND = "derain_image2derain"


def prepare(root: Path) -> list[Path]:
    (step,) = DERAIN.steps
    return list(step.finish(root, PrepareOptions()))


def findings(root: Path, deep: bool = True) -> dict[str, object]:
    return {finding.part: finding for finding in DERAIN.check(root, deep)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "input" / "root"  # a folder whose name must not be rewritten
    write_layout(LAYOUT, root, LayoutOptions(count=2, size=(32, 40)))
    return root


def test_lists_are_those_of_the_released_trainer(root: Path):
    lists = prepare(root)
    assert [p.name for p in lists] == ["derain_train.json", "derain_test_rain100h.json"]
    assert {p.parent for p in lists} == {root / "derain"}
    train, test = (read_pair_list(path) for path in lists)
    assert train == [
        PairEntry(f"derain/train/input/{n}.jpg", f"derain/train/target/{n}.jpg", KIND)
        for n in (1, 100)
    ]
    place = "derain/test/Rain100H"
    assert test == [
        PairEntry(f"{place}/input/{n}.png", f"{place}/target/{n}.png", KIND) for n in (1, 2)
    ]
    before = lists[0].read_bytes()
    assert prepare(root)[0].read_bytes() == before


def test_parts_that_are_not_there_are_left_out(root: Path, caplog):
    shutil.rmtree(root / "derain" / "train")
    assert [p.name for p in prepare(root)] == ["derain_test_rain100h.json"]
    assert "train does not exist, so derain_train.json is not made" in caplog.text
    shutil.rmtree(root / "derain" / "test" / "Rain100H")
    with pytest.raises(InputError, match=r"train and .*Rain100H do not exist"):
        prepare(root)


def test_check_names_what_is_missing_and_broken(root: Path):
    prepare(root)
    folder = root / "derain"
    shutil.rmtree(folder / "test" / "Test2800")
    (folder / "test/Rain100L/input/1.png").unlink()
    (folder / "train/input/1.jpg").write_bytes(b"no picture")
    write_png(folder / "test/Test1200/target/2.png", np.zeros((40, 32, 3), np.uint8))
    found = findings(root)
    assert found["derain/train/input"].expected == 13_712
    assert found["derain/train/input"].broken == ("derain/train/input/1.jpg",)
    assert found["derain/test/Rain100L/input"].missing == ("derain/test/Rain100L/input/1.png",)
    assert found["derain/test/Rain100L/target"].present == 2
    assert found["derain/test/Test1200/target"].broken == ("derain/test/Test1200/target/2.png",)
    assert found["derain/test/Test2800/input"].missing == ("derain/test/Test2800/input",)
    assert found["derain/test/Test2800/input"].expected == 2800
    assert not any(finding.broken for finding in findings(root, deep=False).values())


def test_a_set_that_is_handed_out_smaller_is_whole(tmp_path: Path):
    for kind in ("input", "target"):
        for number in range(1, 99):
            path = tmp_path / "derain" / "test" / "Test100" / kind / f"{number}.png"
            write_png(path, np.zeros((11, 11, 3), np.uint8))
    found = findings(tmp_path)["derain/test/Test100/input"]
    assert (found.present, found.expected, found.whole) == (98, 98, True)
    assert "the paper counts 100" in found.note
    (tmp_path / "derain/test/Test100/input/98.png").unlink()
    assert not findings(tmp_path)["derain/test/Test100/input"].whole


def test_real_pairs(tmp_path: Path):
    copy_samples("derain", tmp_path)
    train, test = (read_pair_list(path) for path in prepare(tmp_path))
    assert [Path(entry.target_path).name for entry in train] == ["didmdn_heavy_5.jpg"]
    assert [Path(entry.image_path).stem for entry in test] == ["64", "78", "89"]
    found = findings(tmp_path)
    assert not any(finding.broken for finding in found.values())
    assert found["derain/test/Rain100H/target"].present == 3
    assert found["derain/derain_test_rain100h.json"].present == 3
