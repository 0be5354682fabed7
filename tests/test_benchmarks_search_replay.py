"""The command ``python -m benchmarks.search_replay``, in this process."""

import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.search_replay.__main__ import cli, main
from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.synthetic import Synthetic


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
    assert "s of CPU" in text
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
    assert (tmp_path / "out" / "curves.png").is_file()


def test_smoke_of_drawn_matrices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Drawn small here; the campaign draws 512 x 512."""
    from benchmarks.search_replay import synthetic

    small = (Synthetic("tiny", 0.5, candidates=32, select=48, test=16),)
    monkeypatch.setattr(synthetic, "FAMILIES", small)
    out = ("--matrices", tmp_path / "none", "--out", tmp_path / "out")
    text = run("run", *out, "--seeds", 2, "--replays", 2)
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
