"""The command: its plan, its errors, and one tiny cell trained for real."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.ablations.__main__ import PAGE, main
from benchmarks.ablations.variants import cells
from painter_kit.cli.main import cli
from tests.ablation_cards import write_card
from tests.test_cli_train import few_scenes  # noqa: F401  (a fixture for every test here)

TINY = ["iterations=2", "batch=2", "processes=1", "validation_examples=2", "validation_prompts=2"]
SETS = [part for item in TINY for part in ("--set", item)]
ALL = list(cells())


def here(arguments) -> int:
    return CliRunner().invoke(cli, list(arguments)).exit_code


def refuse(arguments) -> int:
    raise AssertionError("nothing is to be trained")


def test_the_plan_says_how_long_it_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    where = ["--out", str(tmp_path / "a"), "--plan", "--throughput", "21"]
    assert main(where, refuse) == 0
    text = capsys.readouterr().err
    assert f"{len(ALL)} of {len(ALL)} cells to train: about 2.9 h at 21 samples/s" in text
    assert "no-merging-seed2: network.merge_after=null seed=2" in text
    assert not (tmp_path / "a").exists()


def test_a_cell_is_trained_and_its_table_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    where = ["--out", str(tmp_path), "--throughput", "50", "--variant", "base", "--seeds", "1"]
    assert main([*where, *SETS], here) == 0
    printed = capsys.readouterr().out
    assert "Table S2" in printed
    assert "Table 2" not in printed  # the base alone is no comparison
    assert "(1 seed)" in printed
    rows = pd.read_csv(tmp_path / "ablations.csv")
    assert rows[["task", "metric"]].to_numpy().tolist() == [
        ["semantic", "miou"],
        ["semantic", "macc"],
    ]
    assert rows["samples"].tolist() == [4, 4]
    assert (tmp_path / "ablations.md").read_text() == printed

    again = [*where, *SETS]
    again.remove("--throughput")
    again.remove("50")
    assert main(again, refuse) == 0  # finished cells are kept, and no rate is needed
    assert capsys.readouterr().out == printed


def test_tables_are_published_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    page = tmp_path / "page.md"
    page.write_text(PAGE.read_text())
    monkeypatch.setattr("benchmarks.ablations.__main__.PAGE", page)
    write_card(ALL[0], tmp_path)
    chosen = ["--out", str(tmp_path), "--variant", "base", "--seeds", "1"]
    assert main(chosen, refuse) == 0
    assert page.read_text() == PAGE.read_text()
    assert main([*chosen, "--publish"], refuse) == 0
    table = next(line for line in capsys.readouterr().out.splitlines() if "| base |" in line)
    assert table in page.read_text()
    assert "\n### Table S2" in page.read_text()


def test_tables_of_the_finished_cells_stay_when_one_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    where = ["--out", str(tmp_path), "--throughput", "50", "--variant", "base"]

    def start(arguments) -> int:
        cell = next(c for c in ALL if str(tmp_path / c.folder) in arguments)
        if cell.seed == 1:
            return 3
        write_card(cell, tmp_path)
        return 0

    assert main(where, start) == 1
    assert capsys.readouterr().err.endswith(
        "Error: training base-seed1 failed with exit code 3; the same command continues it\n"
    )
    assert pd.read_csv(tmp_path / "ablations.csv")["seed"].tolist() == [0, 0]
    assert "| base | 1 |" in (tmp_path / "ablations.md").read_text()


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--seeds", "0", "must be a whole number of at least 1 but got 0"),
        ("--seeds", "-1", "must be a whole number of at least 1 but got -1"),
        ("--seeds", "one", "must be a whole number of at least 1 but got one"),
        ("--throughput", "0", "must be a number above 0 but got 0"),
        ("--throughput", "-5", "must be a number above 0 but got -5"),
        ("--throughput", "nan", "must be a number above 0 but got nan"),
        ("--variant", "bass", "invalid choice: 'bass'"),
    ],
)
def test_wrong_options_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, words: str
):
    with pytest.raises(SystemExit) as ended:
        main(["--out", str(tmp_path / "a"), option, value], refuse)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_wrong_files_and_settings_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_card(ALL[0], tmp_path)
    where = ["--out", str(tmp_path), "--throughput", "50", "--variant", "base"]
    assert main([*where, "--set", "validation_examples=0"], refuse) == 2
    assert (
        "validation_examples and validation_prompts must be at least 1" in capsys.readouterr().err
    )
    card = tmp_path / ALL[0].folder / "card.json"
    card.write_text(json.dumps({"recipe": ""})[:8])
    assert main(where, refuse) == 2
    assert f"Error: {card}: not the card of a validated training" in capsys.readouterr().err
