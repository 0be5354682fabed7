"""Examples that several processes read through one folder."""

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.evaluation.node import OncePerNode, arrays_of, node_share, read_example
from painter_kit.types import Coding, Example
from tests.shared_decoding import COUNT
from tests.torchrun import ENVIRONMENT, torchrun
from tests.toys import Listed, make_example

FORK = multiprocessing.get_context("fork")


def listed(count: int = 12) -> Listed:
    return Listed([make_example(f"e{i}", i) for i in range(count)])


def same(one: Example, other: Example) -> bool:
    ids = (one.id, one.group, one.coding, len(one.views)) == (
        *(other.id, other.group, other.coding),
        len(other.views),
    )
    return ids and one.digest == other.digest


def saved(folder: Path, example: Example) -> None:
    np.savez(folder / "it.npz", **arrays_of(example))  # pyright: ignore[reportArgumentType]


def test_alone_examples_are_what_they_were():
    examples = listed()
    with node_share() as share:
        assert share(examples) is examples


@pytest.mark.parametrize("task", ["depth", "semantic", "panoptic", "keypoint", "foreground"])
def test_examples_of_every_kind_come_back(tmp_path: Path, task: str):
    """Truth of all dtypes, colours of their own, no pickle."""
    world = open_dataset("world")
    example = world.examples(task, world.sources["select"])[0]
    example = replace(example, views=(example.image, example.image[:5]))
    saved(tmp_path, example)
    again = read_example(tmp_path / "it.npz")
    assert again is not None
    assert same(again, example)
    recoded = replace(example, coding=Coding(span=(1.0, 2.0)))
    saved(tmp_path, recoded)
    assert same(read_example(tmp_path / "it.npz") or example, recoded)


def test_a_second_reader_decodes_nothing(tmp_path: Path):
    one, two = listed(), listed()
    first, second = OncePerNode(one, tmp_path), OncePerNode(two, tmp_path)
    assert all(same(a, b) for a, b in zip(first, one.items, strict=True))
    assert all(same(a, b) for a, b in zip(second, one.items, strict=True))
    assert (sum(one.loads.values()), two.loads) == (12, {})
    assert (second.ids, second.groups, len(second)) == (two.ids, two.groups, 12)


def test_room_bounds_what_is_put_there(tmp_path: Path):
    source = listed()
    size = sum(array.nbytes for array in arrays_of(source.items[0]).values())
    for _ in range(2):
        list(OncePerNode(source, tmp_path, 3 * size + 8))
    assert len(list(tmp_path.glob("*.npz"))) in (5, 6, 7)  # each of the two put three or so
    assert sum(source.loads.values()) in (12 + 9, 12 + 8)


def test_what_cannot_be_shared_is_decoded_by_each(tmp_path: Path):
    plain, other = listed(2).items
    odd = replace(plain, truth={"level": np.array([None, "x"], object)})
    source = Listed([odd, other])
    reader = OncePerNode(source, tmp_path)
    assert reader[0] is odd
    assert not list(tmp_path.glob("*.npz"))
    (tmp_path / "1.npz").write_bytes(b"PK broken")
    assert reader[1].id == "e1"
    reader.close()
    assert reader[0] is odd


def read(folder: Path, answers) -> None:
    source = listed(40)
    ids = [example.id for example in OncePerNode(source, folder)]
    answers.put((ids, dict(source.loads)))


def test_processes_decode_each_picture_once(tmp_path: Path):
    answers = FORK.Queue()
    readers = [FORK.Process(target=read, args=(tmp_path, answers)) for _ in range(3)]
    for reader in readers:
        reader.start()
    found = [answers.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()
    assert all(ids == [f"e{i}" for i in range(40)] for ids, _ in found)
    names = sorted(name for _, loads in found for name in loads)
    assert names == sorted(f"e{i}" for i in range(40))


@pytest.mark.slow
def test_a_group_decodes_once_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setitem(ENVIRONMENT, "TMPDIR", str(place))
    done = torchrun(2, "tests/shared_decoding.py", str(tmp_path))
    assert done.returncode == 0, done.stderr
    seen = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]
    assert seen[0]["digests"] == seen[1]["digests"]
    assert seen[0]["backwards"] == seen[1]["backwards"]
    for number, name in enumerate("ab"):
        loaded = sorted(n for one in seen for n in one["loads"][number])
        assert loaded == sorted(f"{name}{i}" for i in range(COUNT))
    assert [one["folders"] for one in seen] == [1, 1]
    assert not list(place.glob("painterkit-*"))
