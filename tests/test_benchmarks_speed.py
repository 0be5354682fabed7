"""The command: a table, a figure, and errors in one line."""

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from benchmarks.speed.__main__ import command


def test_the_quick_command_writes_tables_and_pictures(tmp_path: Path):
    words = ["--out", str(tmp_path), "--quick", "--prompts", "0", "--pool", "2", "--images", "2"]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "speed.md").read_text()
    assert page in result.output
    titles = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    parts = "Parts of our forward, world-tiny at 1"
    counts = "GFLOP per picture, world-tiny"
    assert titles == ["Forward", counts, parts, "Canvas size", "Pool size"]
    pictures = {"speed.png", "speed-growth.png"}
    assert {"forward.csv", "pool-size.csv", *pictures} <= {p.name for p in tmp_path.iterdir()}


def test_an_unknown_model_is_one_line(tmp_path: Path):
    words = [sys.executable, "-m", "benchmarks.speed", "--out", str(tmp_path), "--case", "x", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: unknown model 'x'")
