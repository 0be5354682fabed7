"""Many processes ask one store, and share work, as if they were one."""

import json
from pathlib import Path

import pytest

from painter_kit.distributed import from_first, shared
from painter_kit.evaluation.shared import SharedStore, open_store
from painter_kit.evaluation.store import Store
from tests.torchrun import torchrun


def test_alone_it_is_the_store_itself(tmp_path: Path):
    with open_store(tmp_path) as store:
        assert isinstance(store, Store)
    assert from_first(lambda: 3) == 3
    assert shared(lambda own: [2 * n for n in own], [3, 1]) == [6, 2]


def test_only_the_first_process_has_it():
    with pytest.raises(RuntimeError, match="only the first process"):
        SharedStore(None).get_many([])


@pytest.mark.slow
def test_three_processes(tmp_path: Path):
    """Results, order, Records and exceptions are the same on all three."""
    done = torchrun(3, "tests/shared_work.py", str(tmp_path))
    assert done.returncode == 0, done.stderr
    seen = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(3)]
    files = [one.pop("file") for one in seen]
    assert files == [True, False, False]
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]["first"] == 0
    assert seen[0]["halves"] == [
        [n, r] for n, r in zip(range(7), (0, 0, 1, 1, 2, 2, 2), strict=True)
    ]
    assert seen[0]["none"] == []
    assert seen[0]["odd"] == ["PainterKitError", "process 2: ValueError: 11 is odd"]
    assert seen[0]["refused"] == ["InputError", "no such thing"]
    assert seen[0]["records"] == {"a" * 16: [1.5, 0.0]}
    assert seen[0]["painted"] == {"b" * 16: [[[7] * 3] * 2] * 2}
    assert seen[0]["no store"] == ["InputError"]
