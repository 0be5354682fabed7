"""The command ``python -m benchmarks.search_replay``, in this process."""

import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.search_replay import __main__ as command
from benchmarks.search_replay.__main__ import cli, main
from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.synthetic import Synthetic
from painter_kit.errors import InputError


def run(*words: object) -> str:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def test_make_plans_measures_and_keeps(tmp_path: Path):
    sizes = ("--task", "depth", "--candidates", 3, "--select", 4, "--test", 2, "--batch", 2)
    folders = ("--store", tmp_path / "store", "--out", tmp_path / "scores")
    plan = run("make", *sizes, *folders, "--plan")
    assert "3 candidates x (4 select + 2 test) = 18 forwards, 0 known, 18 left" in plan
    assert "forwards/s" in plan
    assert not (tmp_path / "scores").exists()
    text = run("make", *sizes, *folders)
    assert "s of CPU (0 of 18 cells were known before)" in text
    assert "MB of at most 20" in text
    assert Matrix.load(tmp_path / "scores" / "depth-world.npz").select.shape == (3, 4)
    assert "18 known, 0 left" in run("make", *sizes, *folders, "--plan")


def test_run_replays_measured_matrices(tmp_path: Path):
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 0.5, (40, 1)) + rng.normal(0, 1, (40, 96))
    Matrix("depth-made", scores[:, :64], scores[:, 64:]).save(tmp_path / "depth-made.npz")
    text = run(
        *("run", "--matrices", tmp_path, "--out", tmp_path / "out"),
        *("--seeds", 2, "--replays", 3, "--no-tpe", "--no-synthetic"),
    )
    for words in ("depth-made", "halving+certify", "coverage", "costs", "report.md"):
        assert words in text
    assert (tmp_path / "out" / "search_replay.png").is_file()
    assert "only drawn ones" not in text


def test_only_some_are_played(tmp_path: Path):
    rng = np.random.default_rng(0)
    Matrix("made", *rng.normal(0, 1, (2, 40, 64))).save(tmp_path / "made.npz")
    settings = ("--matrices", tmp_path, "--seeds", 2, "--replays", 3, "--no-synthetic")
    text = run("run", *settings, "--out", tmp_path / "out", "--only", "unpaired halving")
    assert "unpaired halving" in text or "prompts do not differ" in text
    assert "coverage\n(none)" in text
    assert "costs\n(none)" in text
    assert "uniform" not in text
    words = ["run", *map(str, settings), "--out", str(tmp_path / "out"), "--only", "best"]
    result = CliRunner().invoke(cli, words)
    assert isinstance(result.exception, InputError)
    assert "--only must be one of exhaustive = random-k, " in str(result.exception)


@pytest.mark.parametrize("more", [[], ["--no-synthetic"]])
def test_a_folder_without_matrices_is_no_campaign(tmp_path: Path, more: list[str]):
    words = ["run", "--matrices", str(tmp_path / "typo"), "--out", str(tmp_path), *more]
    result = CliRunner().invoke(cli, words)
    assert isinstance(result.exception, InputError)
    assert "--matrices: no score matrix in" in str(result.exception)
    assert "search_replay make" in str(result.exception)


def test_tables_and_figure_are_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from benchmarks import publish as module

    told = []
    monkeypatch.setattr(module, "publish", lambda *what: told.append(what))
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 0.5, (30, 1)) + rng.normal(0, 1, (30, 96))
    Matrix("made", scores[:, :64], scores[:, 64:]).save(tmp_path / "made.npz")
    settings = ("--matrices", tmp_path, "--seeds", 1, "--replays", 0, "--no-synthetic", "--publish")
    run("run", *settings, "--out", tmp_path / "out", "--only", "halving")
    ((name, page, pictures),) = told
    assert name == "search_replay"
    assert page.startswith("# Replayed searches\n\nRegret is")
    assert "| made | halving |" in page
    assert [path.name for path in pictures.values()] == ["search_replay.png"]


def test_smoke_of_drawn_matrices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Drawn small here; the campaign draws 512 x 512."""
    from benchmarks.search_replay import synthetic

    small = (Synthetic("tiny", 0.5, candidates=32, select=48, test=16),)
    monkeypatch.setattr(synthetic, "FAMILIES", small)
    monkeypatch.setattr(command, "SCORES", tmp_path / "none")
    text = run("run", "--out", tmp_path / "out", "--seeds", 2, "--replays", 2)
    assert "search_replay make' measures some: only drawn ones are replayed" in text
    assert "TPE + WilcoxonPruner" in text


def test_errors_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "bad.npz").write_bytes(b"no matrix")
    words = ["x", "run", "--matrices", str(tmp_path), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: score matrix")
    assert error.count("\n") == 1
