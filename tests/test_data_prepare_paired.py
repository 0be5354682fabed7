"""Pair lists of what is there, and findings about folders of pairs."""

import logging
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.paired import pair_files
from painter_kit.data.pairs import read_pair_list
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare.base import PrepareOptions
from painter_kit.data.prepare.paired import (
    ListedPart,
    absent_finding,
    list_finding,
    list_pairs,
    lists_step,
    pair_findings,
)
from painter_kit.errors import InputError

KIND = "derain_image2derain"
BLACK = np.zeros((12, 16, 3), np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("10", "9"):
        for kind in ("bad", "good"):
            write_png(tmp_path / "set" / kind / f"{name}.png", BLACK)
    return tmp_path


def sides(root: Path) -> tuple[Path, Path]:
    return root / "set" / "bad", root / "set" / "good"


def test_a_list_is_in_natural_order_and_relative(root: Path):
    path = list_pairs(root, root / "set" / "x.json", KIND, pair_files(*sides(root), ""))
    entries = read_pair_list(path)
    assert [entry.image_path for entry in entries] == ["set/bad/9.png", "set/bad/10.png"]
    assert [entry.target_path for entry in entries] == ["set/good/9.png", "set/good/10.png"]
    assert list_finding(root, path).present == 2


def test_a_step_lists_the_parts_that_are_there(root: Path, caplog):
    pairs = partial(pair_files, *sides(root), "")
    there = ListedPart(root / "a.json", root / "set", pairs)
    gone = ListedPart(root / "b.json", root / "gone", pairs)
    step = lists_step("lists", KIND, lambda root: [there, gone])
    assert len(step.items(root, PrepareOptions())) == 0
    with caplog.at_level(logging.WARNING):
        assert step.finish(root, PrepareOptions()) == [root / "a.json"]
    assert "gone does not exist, so b.json is not made" in caplog.text
    step = lists_step("lists", KIND, lambda root: [gone])
    with pytest.raises(InputError, match="gone do not exist; painterkit datasets check says"):
        step.finish(root, PrepareOptions())


def test_whole_folders(root: Path):
    found = pair_findings(root, *sides(root), 2, "get it", deep=True)
    assert [f.part for f in found] == ["set/bad", "set/good"]
    assert all(f.whole and not f.note for f in found)
    assert not pair_findings(root, *sides(root), 3, "get it", deep=False)[0].whole


def test_partners_and_expected_names_are_missing(root: Path):
    bad, good = sides(root)
    (bad / "9.png").unlink()
    (good / "10.png").rename(good / "10.jpg")  # the same name, another suffix
    found = pair_findings(root, bad, good, None, "get it", False, names=("9", "11"))
    assert found[0].missing == ("set/bad/11.png", "set/bad/9.png")
    assert (found[1].missing, found[1].note) == (("set/good/11.png",), "get it")


def test_unequal_and_unreadable_pictures_are_broken(root: Path):
    bad, good = sides(root)
    write_png(good / "9.png", BLACK[:, :11])
    (bad / "10.png").write_bytes(b"")
    found = pair_findings(root, bad, good, None, "", deep=True)
    assert found[0].broken == ("set/bad/10.png",)
    assert found[1].broken == ("set/good/9.png",)


@pytest.mark.parametrize("text", ["{", "[1]", '[{"image_path": "a"}]'])
def test_broken_lists(root: Path, text: str):
    path = root / "x.json"
    assert list_finding(root, path).missing == ()
    path.write_text(text)
    found = list_finding(root, path)
    assert found.broken == ("x.json",)
    assert "x.json" in found.note


def test_a_folder_that_is_not_there(root: Path):
    assert absent_finding(root, root / "set", "get it") == ()
    (found,) = absent_finding(root, root / "gone", "get it")
    assert (found.part, found.missing, found.note) == ("gone", ("gone",), "get it")
