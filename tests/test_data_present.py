from pathlib import Path

import pytest

from painter_kit.data.present import missing_files, require_files
from painter_kit.errors import InputError


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Files of two folders, one of which does not exist; every second file is there."""
    (tmp_path / "a").mkdir()
    found = [tmp_path / "a" / f"{i}.png" for i in range(4)]
    for path in found[::2]:
        path.touch()
    return [*found, tmp_path / "b" / "0.png"]


def test_missing_files_in_order(paths: list[Path]):
    assert missing_files(paths) == [paths[1], paths[3], paths[4]]
    assert missing_files([]) == []
    assert missing_files(iter(paths[::2][:2])) == []


def test_a_folder_is_listed_once(paths: list[Path], monkeypatch: pytest.MonkeyPatch):
    listed = []
    monkeypatch.setattr(
        "painter_kit.data.present.os.listdir", lambda folder: listed.append(folder) or ["0.png"]
    )
    assert missing_files(paths[:4] * 2) == paths[1:4] * 2
    assert listed == [paths[0].parent]


def test_the_first_missing_file_is_named_with_advice(paths: list[Path]):
    require_files(paths[:1], "nothing to do")
    with pytest.raises(InputError, match=r"1\.png and 2 more do not exist; unpack it") as caught:
        require_files(paths, "unpack it")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"b/0\.png does not exist; unpack it"):
        require_files(paths[-1:], "unpack it")
