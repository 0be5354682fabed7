"""The pair lists of LoL, and what is said of LoL on disk."""

from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.lol import LAYOUT
from painter_kit.data.pairs import PairEntry, read_pair_list
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare.base import PrepareOptions
from painter_kit.data.prepare.table import get_preparation
from painter_kit.errors import InputError
from tests.samples import copy_samples

LOL = get_preparation("lol")


def prepare(root: Path) -> list[Path]:
    (step,) = LOL.steps
    assert len(step.items(root, PrepareOptions())) == 0
    return list(step.finish(root, PrepareOptions()))


def test_lists_are_those_of_the_released_trainer(tmp_path: Path):
    root = tmp_path / "low" / "root"  # a folder whose name must not be rewritten
    write_layout(LAYOUT, root, LayoutOptions(count=2, size=(32, 40)))
    lists = prepare(root)
    folder = root / "light_enhance"
    assert lists == [folder / "enhance_lol_train.json", folder / "enhance_lol_val.json"]
    train, test = (read_pair_list(path) for path in lists)
    low, high = "light_enhance/our485/low", "light_enhance/our485/high"
    kind = "lol_image2enhance"
    assert train == [PairEntry(f"{low}/{n}.png", f"{high}/{n}.png", kind) for n in (2, 100)]
    assert [Path(entry.image_path).stem for entry in test] == ["1", "22"]


def test_check_compares_with_the_published_counts(tmp_path: Path):
    for part, count in (("our485", 485), ("eval15", 15)):
        for kind in ("low", "high"):
            for number in range(count):
                path = tmp_path / "light_enhance" / part / kind / f"{number}.png"
                write_png(path, np.zeros((8, 8, 3), np.uint8))
    prepare(tmp_path)
    findings = LOL.check(tmp_path, True)
    assert all(finding.whole for finding in findings)
    assert [f.present for f in findings] == [485, 485, 15, 15, 485, 15]
    (tmp_path / "light_enhance/our485/high/7.png").unlink()
    by_part = {f.part: f for f in LOL.check(tmp_path, False)}
    lacking = by_part["light_enhance/our485/high"]
    assert (lacking.present, lacking.expected) == (484, 485)
    assert lacking.missing == ("light_enhance/our485/high/7.png",)
    assert by_part["light_enhance/enhance_lol_train.json"].missing == lacking.missing


def test_a_real_picture_without_its_bright_one(tmp_path: Path):
    copy_samples("light_enhance", tmp_path)
    by_part = {f.part: f for f in LOL.check(tmp_path, True)}
    assert by_part["light_enhance/eval15/low"].present == 1
    assert by_part["light_enhance/eval15/high"].missing == ("light_enhance/eval15/high",)
    with pytest.raises(InputError, match=r"folder .*eval15/high does not exist; unpack LoL"):
        prepare(tmp_path)


def test_nothing_there_at_all(tmp_path: Path):
    (finding,) = LOL.check(tmp_path, False)
    assert (finding.part, finding.missing) == ("light_enhance", ("light_enhance",))
    with pytest.raises(InputError, match=r"light_enhance does not exist; unpack lol there"):
        prepare(tmp_path)
