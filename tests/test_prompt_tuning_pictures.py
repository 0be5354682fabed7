"""Pictures of a tuning."""

from pathlib import Path

import numpy as np
import PIL.Image

from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Pair
from prompt_tuning.course import Snapshot
from prompt_tuning.pictures import beside, draw_learned, strip
from prompt_tuning.tune import Learned


def snapshot(step: int, side: int = 16) -> Snapshot:
    image, target = (np.full((side, side, 3), v, np.uint8) for v in (step, 255 - step))
    return Snapshot(step, Prompt(Pair(image, target, Coding()), "toy"), 1 / (1 + step), 1.0)


def test_a_strip_shows_inputs_above_targets_in_order_of_steps():
    made = strip([snapshot(step) for step in (0, 20, 40)])
    assert made.shape == (16 + 2 + 16, 3 * 16 + 2 * 2, 3)
    assert [int(made[0, left, 0]) for left in (0, 18, 36)] == [0, 20, 40]
    assert [int(made[-1, left, 0]) for left in (0, 18, 36)] == [255, 235, 215]


def test_a_long_strip_shows_first_and_last_and_large_pictures_are_made_smaller():
    made = strip([snapshot(step, 200) for step in range(100)])
    assert made.shape[1] == 12 * 128 + 11 * 2
    assert int(made[0, 0, 0]) == 0
    assert int(made[0, -1, 0]) == 99


def test_start_and_learned_stand_side_by_side():
    made = beside(snapshot(7, 40).prompt, snapshot(90).prompt)  # the start has a size of its own
    assert made.shape == (34, 34, 3)
    assert (int(made[0, 0, 0]), int(made[0, -1, 0])) == (7, 90)


def test_three_files_are_written(tmp_path: Path):
    shots = [snapshot(0), snapshot(2), snapshot(3)]
    learned = Learned(shots, [0.3, 0.2, 0.1], shots[2], 3, 0.1)
    draw_learned(tmp_path, learned, "error")
    assert {p.name for p in tmp_path.iterdir()} == {"steps.png", "learned.png", "curves.png"}
    curves = np.asarray(PIL.Image.open(tmp_path / "curves.png").convert("RGB"))
    assert len(np.unique(curves.reshape(-1, 3), axis=0)) > 10
    before = (tmp_path / "curves.png").read_bytes()
    other = Learned(shots, [0.1, 0.2, 0.3], shots[2], 3, 0.1)
    draw_learned(tmp_path, other, "error")
    assert (tmp_path / "curves.png").read_bytes() != before
