"""A store of many Records, in small, and one that lost some."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import store_size
from benchmarks.store_size import MOST_MIB, class_record, command, depth_record, key_of, measure
from painter_kit.data.base import open_dataset
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.packed import pack_record
from painter_kit.evaluation.storage import ideal_record
from painter_kit.evaluation.store import Store
from painter_kit.tasks.base import get_task


def test_records_are_like_real_ones():
    data, rng = open_dataset("world"), np.random.default_rng(0)
    real = ideal_record(
        get_task("depth"), data.spec("depth"), data.examples("depth", data.sources["select"])[0]
    )
    assert len(depth_record(rng).values) == len(real.values)
    found = class_record(rng)
    assert len(found.values) == 1 + 3 * 150
    assert 12 < np.count_nonzero(found.values) < 3 * 28 + 2
    assert len(pack_record(found)) < 8 * 451


def test_everything_that_was_written_is_there(tmp_path: Path):
    found = measure("depth", 3000, tmp_path)
    assert found.sound
    assert found.bytes_each == pytest.approx(found.expected_each, rel=0.3)
    assert found.query_99_ms >= found.query_ms > 0
    assert min(found.first, found.last, found.open_ms, found.check_seconds) > 0
    assert not replace(found, peak_mib=MOST_MIB + 1).good
    assert not replace(found, sound=False).good
    assert "DAMAGED" in str(replace(found, sound=False).row)


def test_a_lost_record_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    measure("depth", 64, tmp_path)
    with Store(tmp_path) as store:
        store._db.execute("DELETE FROM records WHERE key = ?", (key_of(7),))
        with pytest.raises(PainterKitError, match="lacks Records"):
            store_size._ask(store, 64, 0)


def test_the_command(tmp_path: Path):
    out = tmp_path / "out"
    sizes = ["--out", str(out), "--depth", "2000", "--classes", "500"]
    planned = CliRunner().invoke(command, [*sizes, "--plan"])
    assert "plan: 2,000 Records of depth, about" in planned.output
    assert not out.exists()
    done = CliRunner().invoke(command, sizes)
    assert done.output.splitlines()[-1].startswith("| 500 150 classes |"), done.output
    written = json.loads((out / "store_size.json").read_text())
    assert [(row["kind"], row["records"]) for row in written] == [
        ("depth", 2000),
        ("150 classes", 500),
    ]
    assert all(row["sound"] for row in written)
    assert "is not empty" in str(CliRunner().invoke(command, sizes).exception)
