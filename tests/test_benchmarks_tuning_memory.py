"""Peak memory of a tuning step, on the small model."""

import pytest

from benchmarks.tuning_memory import main, measure_afresh


def test_a_fresh_process_makes_one_step_and_tells_its_peak():
    peak = measure_afresh("world-tiny", 2, "on")
    assert peak.canvas == (128, 64)
    assert peak.checkpointing
    assert 0.1 < peak.start_gb <= peak.peak_gb < 8
    assert peak.loss > 0
    assert peak.seconds > 0


@pytest.mark.parametrize(("bar", "code", "words"), [("50", 0, "kept"), ("0.01", 1, "NOT KEPT")])
def test_the_bar_decides(capsys: pytest.CaptureFixture[str], bar: str, code: int, words: str):
    assert main(["--model", "world-tiny", "--bar", bar]) == code
    told = capsys.readouterr().out
    assert told.strip().endswith(words)
    assert "world-tiny, 2,159,331 parameters, canvas 128 x 64, batch 1" in told
