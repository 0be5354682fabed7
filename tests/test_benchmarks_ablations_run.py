"""Cells are trained once, continued where they stopped, and never mixed up."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.ablations.results import CARD, finished
from benchmarks.ablations.run import SITTINGS_FILE, Sittings, run_cells, sittings
from benchmarks.ablations.variants import cells
from painter_kit.config import dump_config
from painter_kit.errors import InputError, PainterKitError
from painter_kit.training.continuation import CONFIG_FILE
from painter_kit.training.state import STATE_FILE
from tests.ablation_cards import write_card

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


def run(out: Path, start, chosen=CHOSEN) -> list[list[str]]:
    """The folders of all results at each time that there are new ones."""
    given = run_cells(chosen, out, out / "store", start)
    return [[r.cell.folder for r in results] for results in given]


def test_what_is_finished_is_not_trained_again(tmp_path: Path):
    first, folders = Recorder(tmp_path), [cell.folder for cell in CHOSEN]
    assert run(tmp_path, first) == [folders[:1], folders[:2], folders]
    assert len(first.calls) == 3
    again = Recorder(tmp_path)
    assert run(tmp_path, again) == [folders]
    assert again.calls == []


def test_half_done_is_continued_and_broken_is_replaced(tmp_path: Path):
    half, broken = (tmp_path / cell.folder for cell in CHOSEN[:2])
    half.mkdir()
    (half / STATE_FILE).touch()
    (half / CONFIG_FILE).write_text(dump_config(CHOSEN[0].settings()))
    broken.mkdir()
    recorder = Recorder(tmp_path)
    run(tmp_path, recorder)
    assert [call[-1] for call in recorder.calls[:2]] == ["--resume", "--overwrite"]
    assert not {"--resume", "--overwrite"} & set(recorder.calls[2])


def test_a_folder_of_another_training_is_named_before_any_begins(tmp_path: Path):
    write_card(CHOSEN[2], tmp_path)
    others = list(cells(["base", "linear head"], seeds=2, sets=["iterations=7"]))
    recorder = Recorder(tmp_path)
    with pytest.raises(InputError, match="linear-head-seed0: trained with other settings"):
        run(tmp_path, recorder, others)
    assert recorder.calls == []


def test_a_failure_names_the_cell_and_keeps_the_others(tmp_path: Path):
    recorder = Recorder(tmp_path, [CHOSEN[1].folder])
    with pytest.raises(PainterKitError, match=r"training base-seed1 failed with exit code 1"):
        run(tmp_path, recorder)
    assert finished(CHOSEN[0], tmp_path) is not None
    assert finished(CHOSEN[1], tmp_path) is None


def test_processor_time_and_precision_are_kept_over_sittings(tmp_path: Path):
    def work(arguments: Sequence[str]) -> int:
        subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
        return Recorder(tmp_path)(arguments)

    folder = CHOSEN[0].folder
    run(tmp_path, work, CHOSEN[:1])
    first = sittings(tmp_path)[folder]
    assert 0 < first.cpu_seconds < 60
    assert first.precisions in (("fp32",), ("bf16",))
    (tmp_path / folder / CARD).unlink()
    run(tmp_path, work, CHOSEN[:1])
    assert sittings(tmp_path)[folder].cpu_seconds > first.cpu_seconds
    assert sittings(tmp_path)[folder].precisions == first.precisions


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": {"cpu_seconds": "long"}}'])
def test_sittings_that_are_none_are_named(tmp_path: Path, text: str):
    assert sittings(tmp_path) == {}
    (tmp_path / SITTINGS_FILE).write_text(json.dumps({"a": {"cpu_seconds": 1.5}}))
    assert sittings(tmp_path) == {"a": Sittings(1.5)}
    (tmp_path / SITTINGS_FILE).write_text(text)
    with pytest.raises(InputError, match=SITTINGS_FILE):
        sittings(tmp_path)
