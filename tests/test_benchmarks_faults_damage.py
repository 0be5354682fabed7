"""Damage is random, single and repeated alike; every way of taking it is told apart."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.faults.damage import CUT, FLIPPED, TIMES, Sample, damage, damaged
from painter_kit.errors import InputError

WHOLE = bytes(range(200))
RNG = np.random.default_rng


def test_a_cut_is_a_shorter_file():
    cuts = [damaged(WHOLE, CUT, RNG(seed)) for seed in range(20)]
    assert all(WHOLE.startswith(cut) and len(cut) < len(WHOLE) for cut in cuts)
    assert len({len(cut) for cut in cuts}) > 10


def test_a_flip_is_of_one_bit():
    for seed in range(20):
        other = np.frombuffer(damaged(WHOLE, FLIPPED, RNG(seed)), np.uint8)
        changed = np.unpackbits(other ^ np.frombuffer(WHOLE, np.uint8))
        assert changed.sum() == 1
    assert damaged(WHOLE, FLIPPED, RNG(3)) == damaged(WHOLE, FLIPPED, RNG(3))


def read_json(folder: Path) -> str:
    try:
        return str(json.loads((folder / "x.json").read_bytes())["value"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder / 'x.json'}: broken ({error})") from error


def raise_as_is(folder: Path) -> str:
    return str(json.loads((folder / "x.json").read_bytes())["value"])


def sample(folder: Path, read, checked: bool = False, args=("tasks", "--nothing")) -> Sample:
    folder.mkdir()
    (folder / "x.json").write_text('{"value": 123456789012345678901234567890}')
    return Sample("x.json", folder, read, lambda place: list(args), checked)


def test_text_is_refused_or_another_value(tmp_path: Path):
    (tmp_path / "work").mkdir()
    found = damage(sample(tmp_path / "own", read_json), FLIPPED, tmp_path / "work", RNG(0))
    counts = found.data["read"]
    assert found.faults == TIMES == sum(counts.values())
    assert counts["refused"] > 0
    assert counts["another value"] > 0
    assert found.said.startswith("Error: No such option")
    assert found.good


@pytest.mark.parametrize(
    ("read", "checked", "args", "words"),
    [
        (raise_as_is, False, ("tasks", "--nothing"), "crashed: JSONDecodeError"),
        (read_json, True, ("tasks", "--nothing"), "another value"),
        (read_json, False, ("tasks",), "badly told: exit code 0"),
    ],
)
def test_what_goes_wrong_is_named(tmp_path: Path, read, checked: bool, args, words: str):
    (tmp_path / "work").mkdir()
    bad = sample(tmp_path / "own", read, checked, args)
    outcome = damage(bad, FLIPPED, tmp_path / "work", RNG(0))
    assert words in outcome.wrong
    assert outcome.passed < outcome.faults
