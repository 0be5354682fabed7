from pathlib import Path

import pytest

from painter_kit.data.present import missing_files, natural_key, require_files
from painter_kit.errors import InputError


def test_numbers_sort_as_people_count():
    names = ["10", "9", "a10b2", "a2b10", "a", "", "9_10", "9_9", "x²", "007"]
    ordered = ["", "007", "9", "9_9", "9_10", "10", "a", "a2b10", "a10b2", "x²"]
    assert sorted(names, key=natural_key) == ordered


def test_missing_files_keep_their_order(tmp_path: Path):
    (tmp_path / "there").touch()
    paths = [tmp_path / "z", tmp_path / "there", tmp_path / "no" / "folder", tmp_path / "a"]
    assert missing_files(paths) == [paths[0], paths[2], paths[3]]
    require_files([paths[1]], "")
    with pytest.raises(InputError, match=r"z and 2 more do not exist; get them"):
        require_files(paths, "get them")
    with pytest.raises(InputError, match=r"a does not exist; get it"):
        require_files(paths[3:], "get it")
