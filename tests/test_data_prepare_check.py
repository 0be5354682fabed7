from functools import partial
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.pictures import read_index, write_png
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.check import Files, broken_files, pictures, relative


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures that open, one that does not, and things that are no pictures."""
    place = tmp_path / "set" / "images"
    for number in range(2):
        write_png(place / f"{number}.png", np.full((2, 3, 3), number, np.uint8))
    (place / "2.png").write_bytes(b"\x89PNG broken")
    for name in ("list.json", ".hidden.png"):
        (place / name).touch()
    return place


def expected(folder: Path, *numbers: int) -> list[Path]:
    return [folder / f"{number}.png" for number in numbers]


def test_files_are_counted_and_not_opened_unless_deep(tmp_path: Path, folder: Path):
    files = Files(folder, pictures(expected(folder, 0, 1, 2)), "get them", 3)
    assert files.finding(tmp_path, deep=False) == Finding("set/images", 3, 3)
    assert files.finding(tmp_path, deep=False).whole
    deep = files.finding(tmp_path, deep=True)
    assert deep.broken == ("set/images/2.png",)
    assert not deep.whole


def test_missing_files_are_named_with_what_to_do(tmp_path: Path, folder: Path):
    files = Files(folder, pictures(expected(folder, 4, 0, 3)), "get them", 3)
    found = files.finding(tmp_path, deep=True)
    assert found.missing == ("set/images/3.png", "set/images/4.png")
    assert found.note == "get them"
    assert found.broken == ()  # what is missing is not called broken too
    assert Files(folder, {}, "get them", 3).finding(tmp_path, True).note == ""


def test_files_that_nobody_expects_count_too(tmp_path: Path, folder: Path):
    found = Files(folder, pictures(expected(folder, 0)), "", 1).finding(tmp_path, False)
    assert (found.present, found.whole) == (3, False)


def test_an_absent_folder_is_missing_only_when_its_number_is_published(tmp_path: Path):
    place = tmp_path / "set" / "none"
    openings = pictures(expected(place, 0))
    needed = Files(place, openings, "get them", 7).finding(tmp_path, True)
    assert needed == Finding("set/none", 0, 7, ("set/none",), note="get them")
    spare = Files(place, openings, "make it").finding(tmp_path, True)
    assert spare == Finding("set/none", 0, note="make it")
    assert spare.whole


def test_any_opening_tells_whether_a_file_is_broken(tmp_path: Path, folder: Path):
    paths = expected(folder, 0, 1, 2)
    as_pictures = pictures(reversed(paths))
    assert list(as_pictures) == paths
    assert broken_files(tmp_path, as_pictures) == ("set/images/2.png",)
    as_maps = {path: partial(read_index, path) for path in paths}  # they are RGB
    assert broken_files(tmp_path, as_maps) == tuple(relative(tmp_path, path) for path in paths)


def test_only_what_users_can_mend_is_called_broken(tmp_path: Path, folder: Path):
    def fault() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_files(tmp_path, {folder / "0.png": fault})
