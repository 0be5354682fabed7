"""One process against several, on the same cells."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.scale import __main__ as scale
from painter_kit.errors import PainterKitError


def test_ratios_are_taken_within_rounds():
    rows = scale.table({1: [10.0, 20.0, 10.0], 2: [18.0, 40.0, 25.0]})
    assert [row["processes"] for row in rows] == [1, 2]
    assert rows[0]["times one process (median)"] == "1.00"
    assert rows[1]["times one process (median)"] == "2.00"
    assert rows[1]["range"] == "1.80 to 2.50"
    assert rows[1]["forwards/s (median)"] == "25.0"


def test_a_group_that_fails_is_told():
    with pytest.raises(PainterKitError, match=r"1 processes failed: .*no-such-option"):
        scale.measure(1, "--no-such-option")


@pytest.mark.slow
def test_a_small_run(tmp_path: Path):
    sizes = ["--rounds", "1", "--prompts", "2", "--images", "4"]
    done = CliRunner().invoke(scale.main, ["--out", str(tmp_path), *sizes])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "scale.md").read_text()
    assert "| 2 |" in text
    assert "2 prompts x 4 images of depth" in text
    assert (tmp_path / "scale.csv").is_file()
