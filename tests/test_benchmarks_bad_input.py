"""The command as a whole, and a small campaign over every reader that needs no search."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.bad_input.__main__ import main, plan, run_one
from benchmarks.bad_input.campaign import make_samples
from benchmarks.bad_input.case import FAILURE, REFUSED, Runner
from benchmarks.bad_input.table import Reader, get_reader, readers, shares
from benchmarks.bad_input.worker import read_sample
from painter_kit.errors import InputError

SLOW = ("run", "report")  # their sample is a search
LARGE = ("nyuv2", "nyuv2-labeled")
FAST = [name for name in readers() if name not in (*SLOW, *LARGE)]
CASES = 18


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("samples")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(tmp_path_factory.mktemp("cases"), seed=11)


def failures(name: str, samples: Path, runner: Runner, cases: int) -> list[str]:
    make_samples(samples, [name])
    reader, sample = get_reader(name), read_sample(samples / name)
    runner.warm(reader, sample)
    found = [runner.run(reader, sample, number) for number in range(cases)]
    return [f"{o.reader}:{o.number} {o.damage}: {o.reason}" for o in found if o.outcome == FAILURE]


@pytest.mark.parametrize("name", FAST)
def test_nothing_breaks_a_reader(name: str, samples: Path, runner: Runner):
    assert failures(name, samples, runner, CASES) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SLOW, *LARGE])
def test_nothing_breaks_a_reader_of_larger_files(name: str, samples: Path, runner: Runner):
    assert failures(name, samples, runner, 6) == []


def test_every_reader_has_its_part_of_the_inputs():
    cases = shares(100_000)
    assert sum(cases.values()) >= 100_000
    assert set(cases) == set(readers())
    assert min(cases.values()) > 100
    assert all(isinstance(reader, Reader) for reader in readers().values())
    with pytest.raises(InputError, match="unknown reader 'x'; readers: image"):
        get_reader("x")


def test_the_plan_counts_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert "100000 inputs for" in plan(100_000, 2)
    monkeypatch.setattr(sys, "argv", ["x", "--out", str(tmp_path / "out"), "--plan"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert not caught.value.code
    assert "store: " in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_one_case_runs_alone_and_again_the_same(tmp_path: Path):
    first, second = (run_one(tmp_path, "pair-list:3", seed=4) for _ in range(2))
    assert (first.damage, first.outcome) == (second.damage, second.outcome)
    assert (tmp_path / "samples" / "pair-list" / "pairs.json").is_file()
    for case in ("pair-list", "pair-list:x", ":3"):
        with pytest.raises(InputError, match="write READER:NUMBER"):
            run_one(tmp_path, case, 0)


@pytest.mark.slow
def test_a_campaign_in_processes_is_written_and_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    words = ["x", "--out", str(tmp_path), "--inputs", "40", "--processes", "1"]
    monkeypatch.setattr(sys, "argv", [*words, "--reader", "pair-list", "--reader", "episodes"])
    for _ in range(2):
        with pytest.raises(SystemExit) as caught:
            main()
        assert not caught.value.code
        assert "0 of 40 inputs failed (seed 0)" in capsys.readouterr().out
    assert len((tmp_path / "done.jsonl").read_text().splitlines()) == 2  # nothing was run twice
    told = json.loads((tmp_path / "bad_input.json").read_text())
    rows = {row["reader"]: row for row in told["rows"]}
    assert set(rows) == {"pair-list", "episodes", "all"}
    assert rows["all"]["inputs"] == 40
    assert rows["all"]["accepted"] + rows["all"][REFUSED] == 40
    monkeypatch.setattr(sys, "argv", [*words, "--seed", "1"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "holds another campaign" in capsys.readouterr().err
