"""The command: a table, a figure, and errors in one line."""

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from benchmarks.speed.__main__ import command


def test_the_command_writes_table_and_figure(tmp_path: Path):
    words = ["--out", str(tmp_path), "--case", "world-tiny", "1", "--rounds", "1"]
    result = CliRunner().invoke(command, [*words, "--no-memory", "--prompts", "0"])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "speed.md").read_text()
    assert page in result.output
    assert "painterkit" in page
    assert {"forward.csv", "speed.png"} <= {path.name for path in tmp_path.iterdir()}


def test_an_unknown_model_is_one_line(tmp_path: Path):
    words = [sys.executable, "-m", "benchmarks.speed", "--out", str(tmp_path), "--case", "x", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: unknown model 'x'")
