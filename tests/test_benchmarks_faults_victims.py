"""Commands with their progress and what they leave on disk."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.faults.victims import (
    EVALUATOR,
    MEASURING,
    SEARCHER,
    TRAINING,
    TUNING,
    make_pairs,
    records_in,
    trainer,
)
from painter_kit.data.pictures import read_image
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.store import Store
from painter_kit.training.state import save_state
from painter_kit.types import Record


def test_lines_of_work_are_found():
    log = "plan\nmeasuring 4 examples\nmeasuring 12 examples\ntune: step 3 of 9: loss 0.1\n"
    assert MEASURING.begun(log) == [4, 12]
    assert TUNING.begun(log) == [1]
    assert TRAINING.begun("resumed at iteration 5\niteration 6/9: loss 1\n") == [1]
    assert SEARCHER.lines(log) == 2


def test_it_resumes_what_has_been_begun(tmp_path: Path):
    assert EVALUATOR.command(tmp_path)[-1] == "--overwrite"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / EVALUATOR.begun).touch()
    assert EVALUATOR.command(tmp_path)[-1] == "--resume"
    assert EVALUATOR.command(tmp_path, run=tmp_path / "other")[-1] == "--overwrite"


def test_units_on_disk_are_counted(tmp_path: Path):
    victim = trainer(tmp_path)
    assert victim.kept(tmp_path) == {"iterations": 0}
    save_state(tmp_path / "run", {"iteration": 7, "w": torch.ones(1)})
    assert victim.kept(tmp_path) == {"iterations": 7}


def test_records_are_read_as_they_are(tmp_path: Path):
    assert records_in(tmp_path) == {}
    with Store(tmp_path / "store") as store:
        assert records_in(tmp_path) == {}
        store.put_many({b"key": Record(np.ones(2))})
    assert list(records_in(tmp_path)) == [b"key"]
    path = tmp_path / "store" / "records.sqlite"
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"x" * 4096
    path.write_bytes(content)
    with pytest.raises(PainterKitError, match="damaged"):
        records_in(tmp_path)


def test_pairs_are_always_the_same(tmp_path: Path):
    one, two = make_pairs(tmp_path / "a", 2), make_pairs(tmp_path / "b", 2)
    for name in ("images/00.png", "targets/01.png"):
        assert (read_image(one / name) == read_image(two / name)).all()
    assert (read_image(one / "images/00.png") != read_image(one / "images/01.png")).any()
