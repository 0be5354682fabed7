"""A run that is watched for growth, in small, and courses that are made up."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import long_run
from benchmarks.long_run import Course, Sample, command, prompts_for, run_long
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.store import Store
from tests.test_evaluation_judge import prompt
from tests.toys import SPEC, TOY, Listed, ToyPainter, make_example


def course(memory: list[float], files: list[int]) -> Course:
    """Samples every thousand forwards."""
    pairs = enumerate(zip(memory, files, strict=True))
    return Course([Sample(1000 * i, i, m, f, 2, 50.0) for i, (m, f) in pairs])


def test_what_fills_in_the_first_quarter_is_no_growth():
    found = course([500, 700, 720, *[720] * 6], [9, 12, *[12] * 7])
    assert found.flat
    assert found.slope == pytest.approx(0, abs=1e-6)


def test_a_leak_is_told_in_mib_per_forwards():
    found = course([500 + 5 * i for i in range(9)], [9] * 9)
    assert found.slope == pytest.approx(500)
    assert found.growth == pytest.approx(5 * 6)
    assert not found.flat
    assert "NOT flat" in found.sentence
    assert "+500.00 MiB per 100,000 forwards" in found.sentence


def test_one_file_more_is_a_leak():
    assert not course([500] * 9, [9] * 8 + [10]).flat


def test_rows_are_start_quarters_and_end():
    found = course([float(i) for i in range(9)], [9] * 9).rows
    assert [row["forwards"] for row in found] == [0, 2000, 4000, 6000, 8000]
    assert [row["RSS MiB"] for row in found] == ["0.0", "2.0", "4.0", "6.0", "8.0"]


def test_prompt_after_prompt_until_all_are_made(tmp_path: Path):
    images, said = Listed([make_example(f"e{i}", 0) for i in range(8)]), []
    with Store(tmp_path) as store:
        judge = Judge(TOY, SPEC, ToyPainter(), store, "model", batch_size=4)
        found = run_long(judge, map(prompt, range(10)), images, 40, 16, said.append)
    assert [sample.forwards for sample in found.samples] == [0, 16, 32, 40]
    assert judge.new == 48  # the first prompt warms up
    assert [json.loads(line)["forwards"] for line in said] == [0, 16, 32, 40]
    assert all(s.rss_mib > 10 and s.open_files > 0 for s in found.samples)
    with Store(tmp_path / "other") as store:
        judge = Judge(TOY, SPEC, ToyPainter(), store, "model", batch_size=4)
        with pytest.raises(PainterKitError, match="ran out"):
            run_long(judge, map(prompt, range(3)), images, 40, 16)


def test_the_command_in_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(long_run, "SELECT", 8)
    monkeypatch.setattr(long_run, "POOL", 8)
    monkeypatch.setattr(long_run, "MOST_MIB", 200.0)  # so short a run is all beginning
    out = tmp_path / "out"
    run = CliRunner()
    planned = run.invoke(command, ["--out", str(out), "--forwards", "64", "--plan"])
    assert planned.output == "plan: 9 prompts on 8 images of depth = 64 forwards\n"
    assert not out.exists()
    done = run.invoke(command, ["--out", str(out), "--forwards", "64", "--every", "16"])
    assert done.exit_code == 0, done.output
    assert "| end | 64 |" in done.output
    written = json.loads((out / "long_run.json").read_text())
    assert [s["forwards"] for s in written["samples"]] == [0, 16, 32, 48, 64]
    assert (out / "long_run.md").read_text().startswith("| when | forwards |")
    with Store(out / "store") as store:
        assert len(store) == 72
    again = run.invoke(command, ["--out", str(out)])
    assert "is not empty" in str(again.exception)
    assert prompts_for(65) == 10
