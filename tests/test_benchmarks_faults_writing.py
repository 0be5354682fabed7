"""Writers of the store, killed for real: a small campaign, and checks that can fail."""

from pathlib import Path

import numpy as np

from benchmarks.faults.writer import PUT, RECORDS, batch_of, keys_of
from benchmarks.faults.writing import BATCHES, check, kill_on_store
from painter_kit.evaluation.store import Store
from painter_kit.types import Record


def test_writers_lose_nothing(tmp_path: Path):
    outcome = kill_on_store(tmp_path, 2, np.random.default_rng(0), each=BATCHES)
    assert outcome.good, outcome
    assert outcome.faults == 2
    with Store(tmp_path / "store") as store:
        assert len(store) == 2 * BATCHES * RECORDS


def test_a_batch_that_is_gone_or_other_or_in_part_is_noticed(tmp_path: Path):
    said = f"{PUT}0\n{PUT}2\n"
    with Store(tmp_path / "store") as store:
        store.put_many(batch_of(0))
    assert check(tmp_path, said, 0, 10) == 1
    with Store(tmp_path / "store") as store:
        store.put_many(batch_of(2))
    assert check(tmp_path, said, 0, 10) == 0
    with Store(tmp_path / "store") as store:
        store.put_many({keys_of(4)[0]: batch_of(4)[keys_of(4)[0]]})
    assert check(tmp_path, said, 0, 10) == 1
    with Store(tmp_path / "store") as store:
        store.put_many({key: Record(np.zeros(3)) for key in keys_of(1)})
    assert check(tmp_path, f"{PUT}1\n", 1, 3) == 1
