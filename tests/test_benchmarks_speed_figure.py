"""The figure is a picture."""

from pathlib import Path

from benchmarks.speed.contest import OURS, PLAIN, Result
from benchmarks.speed.figure import draw_growth, draw_ratios


def test_the_figure_is_drawn(tmp_path: Path):
    case = {OURS: Result((1.0, 1.0), 0.0), PLAIN: Result((2.0, 2.5), 0.0)}
    draw_ratios(tmp_path / "speed.png", {"m, 1": case, "m, 2": case})
    assert (tmp_path / "speed.png").stat().st_size > 1000


def test_growth_is_drawn(tmp_path: Path):
    draw_growth(tmp_path / "growth.png", {"tokens": [(8, 0.1), (32, 0.3)], "pool": [(4, 1.0)]})
    assert (tmp_path / "growth.png").stat().st_size > 1000
