"""Pairs of picture files."""

from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.paired import PairExamples, PairFiles, by_name, pair_files
from painter_kit.data.pictures import write_png
from painter_kit.errors import InputError

RNG = np.random.default_rng(0)


def picture(*size: int) -> np.ndarray:
    return RNG.integers(0, 256, (*size, 3), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("2", "10", "100"):
        write_png(tmp_path / "set" / "bad" / f"{name}.png", picture(12, 16))
        write_png(tmp_path / "set" / "good" / f"{name}.png", picture(12, 16))
    return tmp_path / "set"


def pairs_of(folder: Path) -> list[PairFiles]:
    return pair_files(folder / "bad", folder / "good", "unpack it")


def test_pairs_are_found_by_name_in_natural_order(folder: Path):
    (folder / "bad" / "notes.txt").touch()
    (folder / "good" / ".3.png").touch()
    (folder / "good" / "2.png").rename(folder / "good" / "2.jpg")  # the suffix may differ
    pairs = pairs_of(folder)
    assert [pair.id for pair in pairs] == [pair.group for pair in pairs] == ["2", "10", "100"]
    assert (pairs[0].degraded.name, pairs[0].clean.name) == ("2.png", "2.jpg")
    assert all(p.degraded.parent.name == "bad" and p.clean.parent.name == "good" for p in pairs)


def test_examples_are_read_when_asked_for(folder: Path):
    examples = PairExamples(tuple(p._replace(stratum="s") for p in pairs_of(folder)))
    assert (len(examples), examples.ids, examples.groups) == (3, *(["2", "10", "100"],) * 2)
    example = list(examples)[1]
    assert (example.id, str(example.truth["stratum"])) == ("10", "s")
    assert np.any(example.image != example.truth["clean"])
    assert "stratum" not in PairExamples(tuple(pairs_of(folder)))[0].truth
    write_png(folder / "good" / "10.png", picture(16, 12))
    with pytest.raises(InputError, match=r"good/10.png is 12 x 16 but .*bad/10.png is 16 x 12"):
        examples[1]


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ("bad/10.png", r"good/10.png has no degraded picture in .*bad; add 10"),
        ("good/10.png", r"bad/10.png has no clean picture in .*good; add 10"),
    ],
)
def test_a_missing_partner_is_named(folder: Path, gone: str, words: str):
    (folder / gone).unlink()
    with pytest.raises(InputError, match=words):
        pairs_of(folder)


def test_folders_that_are_no_use_are_named(folder: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"folder .*gone does not exist; unpack it"):
        pair_files(folder / "bad", tmp_path / "gone", "unpack it")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"folder .*empty holds no pictures"):
        by_name(tmp_path / "empty", "")
    (folder / "bad" / "2.jpg").touch()
    with pytest.raises(InputError, match=r"2.png and 2.jpg share a name"):
        by_name(folder / "bad", "")


def test_a_link_to_nothing_is_no_picture(folder: Path):
    place = next(path for path in folder.rglob("*") if path.is_file()).parent
    (place / "z.png").symlink_to("nothing")
    with pytest.raises(InputError, match=r"z\.png is no file that can be read"):
        by_name(place, "get it")
