"""What handling does to pictures, and the table of what it does to the metric."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.evaluate import primary
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Pair
from prompt_tuning.robustness import CHANGES, changed, cropped, jpeg, resized, robustness, shifted
from tests.tuning_toys import INVERT, SPEC, judge, painter, splits

NOISE = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
SMOOTH = np.add.outer(np.arange(0, 64, 2), np.arange(0, 96, 2))[..., None].repeat(3, 2)
SMOOTH = SMOOTH.astype(np.uint8)


def error(one: np.ndarray, two: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - two).mean())


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_gives_a_picture_of_the_same_size(name: str):
    made = CHANGES[name](NOISE)
    assert made.shape == NOISE.shape
    assert made.dtype == np.uint8
    assert (error(made, NOISE) > 0) == (name != "as it is")


def test_jpeg_loses_more_at_lower_quality_and_little_of_smooth_pictures():
    errors = [error(jpeg(NOISE, q), NOISE) for q in (95, 75, 50)]
    assert errors == sorted(errors)
    assert error(jpeg(SMOOTH, 75), SMOOTH) < 3


def test_resizing_loses_detail_alone():
    assert error(resized(NOISE, 0.5), NOISE) > error(resized(NOISE, 0.75), NOISE)
    assert error(resized(SMOOTH, 0.5), SMOOTH) < 2


def test_a_crop_keeps_the_middle():
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:4] = 255
    assert not cropped(picture, 0.5).any()
    picture[12:20, 12:20] = 200
    assert (cropped(picture, 0.5)[10:22, 10:22] > 190).all()  # the middle, twice as large


def test_a_shift_repeats_the_edge():
    moved = shifted(NOISE, 1 / 16)
    np.testing.assert_array_equal(moved[2:, 3:], NOISE[:-2, :-3])
    np.testing.assert_array_equal(moved[0, 3:], NOISE[0, :-3])


def prompt(seed: int) -> Prompt:
    pictures = np.random.default_rng(seed).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    return Prompt(Pair(*pictures, Coding()), "toy", kind="learned")


def test_both_pictures_of_every_part_are_changed():
    pair = PartedPrompt({"a": prompt(0), "b": prompt(1)}, "toy")
    made = changed(pair, lambda picture: 255 - picture)
    assert isinstance(made, PartedPrompt)
    for name, part in made.parts.items():
        np.testing.assert_array_equal(part.pair.image, 255 - pair.parts[name].pair.image)
        np.testing.assert_array_equal(part.pair.target, 255 - pair.parts[name].pair.target)


def test_a_row_for_every_change_and_a_column_for_every_prompt(tmp_path: Path):
    model, select = painter(), splits().select
    judging = judge(model, tmp_path)
    learned, searched = prompt(0), replace(prompt(1), kind="searched")
    table = robustness(judging, select, {"learned": learned, "searched": searched})
    assert [row["change"] for row in table] == list(CHANGES)
    assert judging.requested == 2 * len(CHANGES) * len(select)
    plain = primary(INVERT, SPEC, judging.records(learned, select))
    assert table[0]["learned"] == plain
    halved = changed(searched, CHANGES["resized to 1/2 and back"])
    row = next(row for row in table if row["change"] == "resized to 1/2 and back")
    assert row["searched"] == primary(INVERT, SPEC, judging.records(halved, select))
