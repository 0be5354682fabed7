"""Judging beside pure forwards."""

from pathlib import Path

import pytest

from benchmarks.speed.search import measure_end_to_end, timed
from painter_kit.inference.predictor import Predictor
from painter_kit.model.builders import CONFIGS


@pytest.mark.parametrize(("task", "forwards"), [("depth", 4), ("panoptic", 8)])
def test_judging_takes_longer_than_painting(tmp_path: Path, task: str, forwards: int):
    predictor = Predictor(CONFIGS["world-tiny"].build(), batch_size=2)
    found = measure_end_to_end(predictor, task, "world", 1, 4, tmp_path)
    assert found.forwards == forwards
    assert 0 < found.measuring < found.painting + found.measuring < found.judging


def test_calls_are_timed():
    seconds: list[float] = []
    assert timed(lambda a, b: a + b, seconds)(1, 2) == 3
    assert len(seconds) == 1
