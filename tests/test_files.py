"""Files appear whole or not at all."""

import csv
import zipfile
from contextlib import suppress
from pathlib import Path

from painter_kit.files import atomic, damaged_part, write_rows, write_text


def test_write_makes_the_folder_and_leaves_nothing_else(tmp_path: Path):
    write_text(tmp_path / "a" / "b.txt", "grün")
    assert (tmp_path / "a" / "b.txt").read_text(encoding="utf-8") == "grün"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_failure_keeps_the_old_file(tmp_path: Path):
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    with suppress(RuntimeError), atomic(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_name_keeps_folder_and_suffix(tmp_path: Path):
    with atomic(tmp_path / "picture.png") as temporary:
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".png")
        temporary.touch()


def test_rows_are_read_back_as_they_were(tmp_path: Path):
    rows = [{"a": "x, y", "b": 1}, {"a": 'said "no"', "b": None}]
    write_rows(tmp_path / "new" / "rows.csv", rows)
    with (tmp_path / "new" / "rows.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"a": "x, y", "b": "1"},
            {"a": 'said "no"', "b": ""},
        ]


def test_archives_are_compared_with_their_checksums(tmp_path: Path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("part", bytes(5000))
    assert damaged_part(path) == ""
    whole = path.read_bytes()
    path.write_bytes(whole[:2000] + b"x" + whole[2001:])
    assert damaged_part(path) == "damaged: checksum of part does not match"
    path.write_bytes(b"no archive")
    assert damaged_part(path) == ""
