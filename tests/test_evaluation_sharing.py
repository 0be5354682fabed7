"""Blocks, what is missing of them, and who reads and measures them."""

import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.loaded import Block, Loaded
from painter_kit.evaluation.sharing import BLOCKS_EACH, Job, cut_jobs, look_up, name_cells
from painter_kit.evaluation.store import CellKeys
from painter_kit.types import Record
from tests.shared_reading import COUNT, main
from tests.test_evaluation_judge import prompt
from tests.torchrun import torchrun
from tests.toys import SPEC, Listed, make_example


def cells(of) -> CellKeys:
    return CellKeys("model", of.digest, SPEC, "fp32")


def listed(count: int) -> Listed:
    return Listed([make_example(f"e{i}", 0, level=i) for i in range(count)])


def jobs_of(count: int, prompts: int = 1, ahead: bool = False) -> list[list[Job]]:
    return list(cut_jobs(map(prompt, range(prompts)), listed(count), 4, cells, ahead))


def test_a_process_alone_takes_one_block_at_a_time():
    found = jobs_of(10, prompts=2)
    assert [len(jobs) for jobs in found] == [1] * 6
    blocks = [jobs[0].block.ids for jobs in found[:3]]
    assert blocks == [("e0", "e1", "e2", "e3"), ("e4", "e5", "e6", "e7"), ("e8", "e9")]
    assert [jobs[0].begins for jobs in found] == [True, False, False] * 2


def test_several_at_once_go_beyond_a_prompt():
    found = jobs_of(10, prompts=2, ahead=True)
    assert [len(jobs) for jobs in found] == [BLOCKS_EACH, 6 - BLOCKS_EACH]


def test_no_example_is_one_empty_block_of_each_prompt():
    found = jobs_of(0, prompts=3)
    assert [len(jobs[0].block) for jobs in found] == [0, 0, 0]


def test_cells_are_named_by_content_which_is_read_once():
    source = listed(6)
    kept = Loaded(source)
    for _ in range(2):
        (jobs,) = cut_jobs([prompt()], kept, 8, cells, False)
        name_cells(jobs, lambda block, place: place + 1, varies=True)
        expected = [cells(prompt()).key(source[i].digest) for i in range(6)]
        assert jobs[0].keys == expected
        assert jobs[0].pictures == [1, 2, 3, 4, 5, 6]
    assert jobs[0].block.is_told
    fresh = Block(source, 0, 6)
    assert not fresh.is_told
    fresh.remember(["x"] * 6)
    assert fresh.digest(3) == "x"


class OnlyFirst:
    """A keeper that has the first example."""

    def has(self, name: str) -> bool:
        return name == "e0"

    def keep(self, example, painted, prediction, spec) -> None:
        raise AssertionError("nothing is measured here")


def test_missing_is_what_store_or_keeper_lack():
    for keeper, missing in ((None, [1, 3]), (OnlyFirst(), [1, 2, 3])):
        (jobs,) = jobs_of(4)
        name_cells(jobs, lambda block, place: 1)
        known = {jobs[0].keys[place]: Record(np.ones(3)) for place in (0, 2)}
        look_up(jobs, known, keeper)
        assert jobs[0].missing == missing


@pytest.mark.slow
def test_each_picture_of_a_stream_is_read_by_one_process(tmp_path: Path):
    """Three processes read 37 pictures once in all, and find what one finds."""
    alone = tmp_path / "alone"
    alone.mkdir()
    main(alone)
    done = torchrun(3, "tests/shared_reading.py", str(tmp_path))
    assert done.returncode == 0, done.stderr
    seen = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(3)]
    one = json.loads((alone / "0.json").read_text())
    for found in seen:
        for name in ("values", "again", "counts"):
            assert found[name] == one[name]
    names = sorted(name for found in seen for name in found["stream"])
    assert names == sorted(f"s{i}" for i in range(COUNT))
    assert all(set(found["stream"].values()) == {1} for found in seen)
    assert max(max(found["kept"].values()) for found in seen) == 1
