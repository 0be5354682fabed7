"""Cells are trained once, continued where they stopped, and never mixed up."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.ablations.run import (
    CARD,
    cpu_seconds,
    expected_hours,
    finished,
    measured_rate,
    run_cells,
)
from benchmarks.ablations.variants import Cell, cells
from painter_kit.config import dump_config
from painter_kit.errors import InputError, PainterKitError
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.state import STATE_FILE

CHOSEN = list(cells(["base", "linear head"], seeds=2))


class Recorder:
    """Stands for ``painterkit``: writes the card that a training would, or fails."""

    def __init__(self, out: Path, fails: Sequence[str] = ()) -> None:
        self.out, self.fails, self.calls = out, fails, list[list[str]]()

    def __call__(self, arguments: Sequence[str]) -> int:
        self.calls.append(list(arguments))
        cell = next(c for c in CHOSEN if str(self.out / c.folder) in arguments)
        if cell.folder in self.fails:
            return 1
        write_card(cell, self.out)
        return 0


def write_card(cell: Cell, out: Path) -> None:
    (out / cell.folder).mkdir(parents=True, exist_ok=True)
    card = {"recipe": dump_config(cell.settings())}
    (out / cell.folder / CARD).write_text(json.dumps(card))


def test_what_is_finished_is_not_trained_again(tmp_path: Path):
    first = Recorder(tmp_path)
    results = run_cells(CHOSEN, tmp_path, tmp_path / "store", first)
    assert [r.cell for r in results] == CHOSEN
    assert len(first.calls) == 3
    again = Recorder(tmp_path)
    assert len(run_cells(CHOSEN, tmp_path, tmp_path / "store", again)) == 3
    assert again.calls == []


def test_half_done_is_continued_and_broken_is_replaced(tmp_path: Path):
    half, broken = (tmp_path / cell.folder for cell in CHOSEN[:2])
    half.mkdir()
    (half / STATE_FILE).touch()
    broken.mkdir()
    recorder = Recorder(tmp_path)
    run_cells(CHOSEN, tmp_path, tmp_path / "store", recorder)
    assert [call[-1] for call in recorder.calls[:2]] == ["--resume", "--overwrite"]
    assert not {"--resume", "--overwrite"} & set(recorder.calls[2])


def test_a_failure_names_the_cell_and_keeps_the_others(tmp_path: Path):
    recorder = Recorder(tmp_path, [CHOSEN[1].folder])
    with pytest.raises(PainterKitError, match=r"training base-seed1 failed with exit code 1"):
        run_cells(CHOSEN, tmp_path, tmp_path / "store", recorder)
    assert finished(CHOSEN[0], tmp_path) is not None
    assert finished(CHOSEN[1], tmp_path) is None


def test_processor_time_is_added_up_over_sittings(tmp_path: Path):
    def work(arguments: Sequence[str]) -> int:
        subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
        return Recorder(tmp_path)(arguments)

    run_cells(CHOSEN[:1], tmp_path, tmp_path / "store", work)
    (first,) = cpu_seconds(tmp_path).values()
    assert 0 < first < 60
    (tmp_path / CHOSEN[0].folder / CARD).unlink()
    run_cells(CHOSEN[:1], tmp_path, tmp_path / "store", work)
    assert cpu_seconds(tmp_path)[CHOSEN[0].folder] > first


def test_other_settings_are_not_taken_for_these(tmp_path: Path):
    write_card(CHOSEN[0], tmp_path)
    (other,) = cells(["base"], seeds=1, sets=["iterations=7"])
    with pytest.raises(InputError, match="trained with other settings"):
        finished(other, tmp_path)


def test_the_plan_counts_what_is_left(tmp_path: Path):
    write_card(CHOSEN[0], tmp_path)
    left, hours = expected_hours(CHOSEN, tmp_path, rate=100.0)
    # One more of the base, and the cheaper head.
    assert left == 2
    assert hours == pytest.approx(20_480 * 1.8 / 100 / 3600)


def test_the_rate_of_this_machine_is_measured():
    settings = TrainSettings(batch=2, processes=2)
    assert 0.5 < measured_rate(settings) < 100_000
