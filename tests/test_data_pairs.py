from pathlib import Path

import pytest

from painter_kit.data.pairs import (
    PAIR_TYPES,
    PairEntry,
    present_pairs,
    read_pair_list,
    write_pair_list,
)
from painter_kit.errors import InputError

ENTRIES = [PairEntry(f"a/{i}.jpg", f"a/{i}.png", kind) for i, kind in enumerate(PAIR_TYPES)]


def test_round_trip(tmp_path: Path):
    assert read_pair_list(write_pair_list(tmp_path / "new" / "l.json", ENTRIES)) == ENTRIES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("{}", "must hold a list"),
        ('[{"image_path": "a"}]', "entry 0 needs the texts"),
        ('[{"image_path": "a", "target_path": "b", "type": "sidd"}]', "has type 'sidd'"),
    ],
)
def test_broken_lists_are_named(tmp_path: Path, text: str, message: str):
    path = tmp_path / "l.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_pair_list(path)


def test_missing_list_says_what_makes_it(tmp_path: Path):
    with pytest.raises(InputError, match="painterkit prepare"):
        read_pair_list(tmp_path / "none.json")


def test_pairs_without_a_file_are_left_out(tmp_path: Path):
    pairs = [(tmp_path / f"a/{i}.jpg", tmp_path / f"b/{i}.png") for i in range(3)]
    for path in (*pairs[2], *pairs[0], pairs[1][0]):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert present_pairs(tmp_path, pairs, "lol_image2enhance") == [
        PairEntry(f"a/{i}.jpg", f"b/{i}.png", "lol_image2enhance") for i in (0, 2)
    ]
