"""The command: its plan, and one tiny cell trained for real."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.ablations.__main__ import main
from benchmarks.ablations.variants import VARIANTS
from painter_kit.cli.main import cli
from tests.test_cli_train import few_scenes  # noqa: F401  (a fixture for every test here)

TINY = ["iterations=2", "batch=2", "processes=1", "validation_examples=2", "validation_prompts=2"]
SETS = [part for item in (*TINY, "mix={depth: 1.0, denoise: 1.0}") for part in ("--set", item)]


def here(arguments) -> int:
    return CliRunner().invoke(cli, list(arguments)).exit_code


def test_the_plan_says_how_long_it_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--out", str(tmp_path / "a"), "--plan", "--throughput", "90"]) == 0
    text = capsys.readouterr().err
    cells = sum(v.seeds for v in VARIANTS)
    assert f"{cells} of {cells} cells to train: about 1." in text  # below the three hours
    assert "no-merging-seed2: network.merge_after=null seed=2" in text
    assert not (tmp_path / "a").exists()


def test_a_cell_is_trained_and_its_table_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    where = ["--out", str(tmp_path), "--throughput", "50", "--variant", "base", "--seeds", "1"]
    assert main([*where, *SETS], here) == 0
    printed = capsys.readouterr().out
    assert "Table S2" in printed
    assert "(1 seed)" in printed
    rows = pd.read_csv(tmp_path / "ablations.csv")
    assert rows["task"].tolist() == ["depth", "denoise"]
    assert rows["samples"].tolist() == [4, 4]
    assert (tmp_path / "ablations.md").read_text() == printed.rstrip("\n") + "\n"

    def refuse(arguments) -> int:
        raise AssertionError("finished cells are kept")

    assert main([*where, *SETS], refuse) == 0


def test_a_failure_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    where = ["--out", str(tmp_path), "--throughput", "50", "--variant", "base", "--seeds", "1"]
    assert main(where, lambda arguments: 3) == 1
    assert capsys.readouterr().err.endswith(
        "Error: training base-seed0 failed with exit code 3; the same command continues it\n"
    )
