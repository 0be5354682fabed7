"""Scenes of SIDD's patches, and records that are missing or broken."""

import json
from pathlib import Path

import pytest

from painter_kit.data.sidd_record import RECORD, PatchRecord, read_record
from painter_kit.errors import InputError

PHOTOGRAPHS = (
    "Data/0001_001_S6/0001_NOISY_SRGB_010.PNG",
    "Data/0001_001_S6/0001_NOISY_SRGB_011.PNG",
)


def write(folder: Path, text: str) -> None:
    (folder / "train").mkdir()
    (folder / "train" / RECORD).write_text(text)


def test_two_photographs_of_a_scene_are_one_group():
    record = PatchRecord(0, 3, (*PHOTOGRAPHS, "Data/0002_001_S6/0002_NOISY_SRGB_010.PNG"), "")
    assert [record.scene(n) for n in "123"] == ["0001_001_S6", "0001_001_S6", "0002_001_S6"]
    assert [record.scene(n) for n in ("0", "4", "x")] == ["0", "4", "x"]


def test_the_record_is_read_back(tmp_path: Path):
    assert read_record(tmp_path) is None
    value = {"seed": 1, "patches": 3, "photographs": list(PHOTOGRAPHS), "prompt": ""}
    write(tmp_path, json.dumps(value))
    assert read_record(tmp_path) == PatchRecord(1, 3, PHOTOGRAPHS, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "cannot be read"), ("[]", "a mapping"), ('{"seed": 1}', "missing key")],
)
def test_a_broken_record_is_named(text: str, message: str, tmp_path: Path):
    write(tmp_path, text)
    with pytest.raises(InputError, match=f"{RECORD}.*{message}"):
        read_record(tmp_path)
