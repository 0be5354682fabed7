"""Judging beside pure forwards."""

from pathlib import Path

from benchmarks.speed.search import measure_end_to_end
from painter_kit.inference.predictor import Predictor
from painter_kit.model.builders import CONFIGS


def test_judging_takes_longer_than_painting(tmp_path: Path):
    predictor = Predictor(CONFIGS["world-tiny"].build(), batch_size=2)
    found = measure_end_to_end(predictor, "depth", "world", 1, 4, tmp_path)
    assert found.forwards == 4
    assert 0 < found.painting < found.judging
