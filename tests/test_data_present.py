from pathlib import Path

import pytest

from painter_kit.data.present import (
    dataset_folder,
    is_inside,
    missing_files,
    natural_key,
    require_files,
)
from painter_kit.errors import InputError


def paths(root: Path) -> list[Path]:
    return [root / "a" / "1.png", root / "b" / "2.png", root / "a" / "3.png", root / "a" / "4.png"]


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.touch()


def test_missing_files_keep_their_order(tmp_path: Path):
    make(tmp_path, "a/3.png")
    first, second, third, fourth = paths(tmp_path)
    assert missing_files([fourth, first, second, third]) == [fourth, first, second]
    assert missing_files([]) == []


def test_a_file_in_place_of_a_folder_holds_nothing(tmp_path: Path):
    make(tmp_path, "a")
    assert missing_files([tmp_path / "a" / "1.png"]) == [tmp_path / "a" / "1.png"]


def test_every_folder_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import os

    make(tmp_path, "a/1.png", "b/2.png")
    listed, listdir = [], os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: (listed.append(path), listdir(path))[1])
    missing_files(paths(tmp_path))
    assert listed == [tmp_path / "a", tmp_path / "b"]


def test_require_files_names_the_first_and_counts_the_others(tmp_path: Path):
    with pytest.raises(InputError, match=r"1\.png and 3 more do not exist; get them$"):
        require_files(paths(tmp_path), "get them")
    make(tmp_path, "a/1.png", "a/3.png", "a/4.png")
    with pytest.raises(InputError, match=r"b/2\.png does not exist; get it$"):
        require_files(paths(tmp_path), "get it")
    make(tmp_path, "b/2.png")
    require_files(paths(tmp_path), "get it")


def test_the_folder_of_a_dataset(tmp_path: Path):
    with pytest.raises(InputError, match=r"--data x needs --data-root DIR, .* holds xs/$"):
        dataset_folder(None, "x", "xs", "unpack it")
    with pytest.raises(InputError, match=r"folder .*/xs does not exist; unpack it$"):
        dataset_folder(tmp_path, "x", "xs", "unpack it")
    (tmp_path / "xs").mkdir()
    assert dataset_folder(tmp_path, "x", "xs", "unpack it") == tmp_path / "xs"


def test_numbers_sort_as_people_count():
    names = ["10", "9", "a10b2", "a2b10", "a", "", "9_10", "9_9", "x²", "007"]
    ordered = ["", "007", "9", "9_9", "9_10", "10", "a", "a2b10", "a10b2", "x²"]
    assert sorted(names, key=natural_key) == ordered


@pytest.mark.parametrize("name", ["a.png", "a/b.png", "a b/.c", "a/./b", "a..b/c.png"])
def test_names_that_stay_inside(name: str):
    assert is_inside(name)


@pytest.mark.parametrize(
    "name", ["", "/a", "../a", "a/../../b", "a/..", "..\\a", "\\a", "a\0b", ".."]
)
def test_names_that_lead_out(name: str):
    assert not is_inside(name)
