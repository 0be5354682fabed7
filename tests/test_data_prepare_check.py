from functools import partial
from pathlib import Path

import numpy as np

from painter_kit.data.pictures import read_index, write_png
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.check import Files, pictures, relative

NOTE = "get it"


def made(root: Path, count: int = 3) -> list[Path]:
    paths = [root / "set" / f"{number}.png" for number in range(count)]
    for path in paths:
        write_png(path, np.zeros((2, 2, 3), np.uint8))
    return paths


def test_a_whole_folder(tmp_path: Path):
    finding = Files(tmp_path / "set", pictures(made(tmp_path)), NOTE, 3).finding(tmp_path, True)
    assert finding == Finding("set", 3, 3)
    assert finding.whole


def test_missing_and_broken_files_are_named(tmp_path: Path):
    paths = made(tmp_path)
    paths[0].unlink()
    paths[2].write_bytes(paths[2].read_bytes()[:40])
    files = Files(tmp_path / "set", pictures(paths), NOTE, 3)
    shallow, deep = (files.finding(tmp_path, d) for d in (False, True))
    assert shallow == Finding("set", 2, 3, ("set/0.png",), (), NOTE)
    assert deep.broken == ("set/2.png",)
    assert deep.missing == shallow.missing
    assert not deep.whole


def test_files_are_opened_as_they_are_meant(tmp_path: Path):
    path = made(tmp_path, 1)[0]  # in colours, not an index map
    files = Files(tmp_path / "set", {path: partial(read_index, path)}, NOTE)
    assert files.finding(tmp_path, deep=True).broken == ("set/0.png",)
    assert files.finding(tmp_path, deep=False).whole


def test_other_files_are_not_counted(tmp_path: Path):
    paths = made(tmp_path)
    (tmp_path / "set" / "list.txt").touch()
    (tmp_path / "set" / ".0.1a2b.png").touch()  # left by an interrupted writer
    assert Files(tmp_path / "set", pictures(paths[:1]), NOTE).finding(tmp_path, False).present == 3


def test_a_folder_that_is_not_there(tmp_path: Path):
    wanted = Files(tmp_path / "set", {}, NOTE, expected=5).finding(tmp_path, True)
    assert wanted == Finding("set", 0, 5, missing=("set",), note=NOTE)
    optional = Files(tmp_path / "set", {}, NOTE).finding(tmp_path, True)
    assert optional.whole
    assert optional.note == NOTE


def test_names_are_below_the_root(tmp_path: Path):
    assert relative(tmp_path, tmp_path / "a" / "b.png") == "a/b.png"
    paths = [Path("b.png"), Path("a.png")]
    assert list(pictures(paths)) == sorted(paths)
