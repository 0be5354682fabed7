"""Judging beside pure forwards."""

from pathlib import Path

import pytest

from benchmarks.speed.search import measure_end_to_end
from painter_kit.inference.predictor import Predictor
from painter_kit.model.builders import CONFIGS


@pytest.mark.parametrize(("task", "forwards"), [("depth", 4), ("panoptic", 8)])
def test_judging_takes_longer_than_painting(tmp_path: Path, task: str, forwards: int):
    predictor = Predictor(CONFIGS["world-tiny"].build(), batch_size=2)
    found = measure_end_to_end(predictor, task, "world", 1, 4, tmp_path)
    assert found.forwards == forwards
    assert 0 < found.painting < found.judging
