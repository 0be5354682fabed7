import multiprocessing
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.levels import pack_levels
from painter_kit.evaluation.packed import pack_record
from painter_kit.evaluation.store import (
    FILE,
    CellKeys,
    PaintedKeys,
    Store,
    default_store_dir,
    readings_key,
)
from painter_kit.types import Coding, Record
from tests.toys import SPEC

PAYLOAD = Record(np.array([2.0]), "ü", b"\0detections")


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def test_many_records_round_trip(tmp_path: Path):
    records = {key(i): Record(np.array([i, 1.0])) for i in range(1201)}
    with Store(tmp_path / "a" / "b") as store:
        store.put_many(records)
        assert len(store) == 1201
    with Store(tmp_path / "a" / "b") as store:
        found = store.get_many([*records, key(5000)])
    assert found.keys() == records.keys()
    assert all(np.array_equal(found[k].values, records[k].values) for k in records)


def test_what_is_known_stays(tmp_path: Path):
    with Store(tmp_path) as store:
        store.put_many({key(0): Record(np.array([1.0]))})
        store.put_many({key(0): Record(np.array([2.0])), key(1): Record(np.array([3.0]))})
        assert store.get_many([key(0)])[key(0)].values == [1.0]
        assert len(store) == 2


def test_every_part_of_the_key_matters():
    def of(model="m", prompt="p", spec=SPEC, numerics="fp32", example="e"):
        return CellKeys(model, prompt, spec, numerics).key(example)

    recoded = SPEC.with_coding(Coding(span=(0, 5)))
    keys = [
        of(),
        of(model="m2"),
        of(prompt="p2"),
        of(spec=recoded),
        of(spec=replace(SPEC, version=2)),
        of(numerics="bf16"),
        of(example="e2"),
        of(model="mp", prompt=""),
    ]
    assert len(set(keys)) == len(keys)
    assert {len(k) for k in keys} == {16}
    assert of() == of()


def append(folder: Path, first: int) -> None:
    with Store(folder) as store:
        for i in range(first, first + 50):
            store.put_many({key(i): Record(np.array([float(i)]))})


def test_processes_append_together(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=append, args=(tmp_path, n)) for n in (0, 25, 1000)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [w.exitcode for w in workers] == [0, 0, 0]
    with Store(tmp_path) as store:
        assert len(store) == 125


def test_a_layout_of_another_version(tmp_path: Path):
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("PRAGMA user_version=99")
    with pytest.raises(InputError, match=r"has layout 99 but this version reads 1; .* --store"):
        Store(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot be made .* --store"):
        Store(tmp_path / "file" / "store")


def test_a_put_is_all_or_nothing(tmp_path: Path):
    with Store(tmp_path) as store:
        broken = {key(0): Record(np.ones(1)), None: Record(np.ones(1))}
        with pytest.raises(InputError):
            store.put_many(broken)  # pyright: ignore[reportArgumentType]
        assert len(store) == 0
        store.put_many({key(0): Record(np.ones(1))})
        assert len(store) == 1


def test_where_the_store_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PAINTERKIT_HOME", raising=False)
    assert default_store_dir() == Path(".painterkit")
    monkeypatch.setenv("PAINTERKIT_HOME", str(tmp_path))
    assert default_store_dir() == tmp_path
    assert default_store_dir(Path("here")) == Path("here")


def picture(number: int, side: int = 16) -> np.ndarray:
    """Noise, which does not get smaller."""
    return np.random.default_rng(number).integers(0, 256, (side, side, 3), dtype=np.uint8)


def test_painted_outputs_round_trip_and_stay(tmp_path: Path):
    pictures = {key(i): picture(i) for i in range(5)}
    with Store(tmp_path) as store:
        store.put_painted(pictures)
        store.put_painted({key(0): picture(9)})
    with Store(tmp_path) as store:
        found = store.get_painted([*pictures, key(77)])
        assert found.keys() == pictures.keys()
        assert all((found[k] == pictures[k]).all() for k in pictures)
        assert len(store) == 0  # Records are another table


def test_the_oldest_outputs_make_room(tmp_path: Path):
    size = len(pack_levels(picture(0)))
    with Store(tmp_path, painted_bytes=8 * size + 50) as store:
        for i in range(8):
            store.put_painted({key(i): picture(i)})
        assert len(store.get_painted([key(i) for i in range(8)])) == 8
        store.put_painted({key(0): picture(0)})  # kept, at its age
        store.put_painted({key(8): picture(8)})
        kept = [i for i in range(9) if store.get_painted([key(i)])]
        assert kept == [2, 3, 4, 5, 6, 7, 8]
        store.put_painted({key(20 + i): picture(i) for i in range(9)})
        assert not store.get_painted([key(i) for i in range(9)])
        assert len(store.get_painted([key(20 + i) for i in range(9)])) == 7


def test_an_output_larger_than_the_table_is_not_kept(tmp_path: Path):
    with Store(tmp_path, painted_bytes=100) as store:
        store.put_painted({key(0): picture(0)})
        assert store.get_painted([key(0)]) == {}


def test_a_store_of_the_former_layout_gains_the_table(tmp_path: Path):
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute(
            "CREATE TABLE records (key BLOB PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID"
        )
        database.execute("INSERT INTO records VALUES (?, ?)", (key(0), pack_record(PAYLOAD)))
        database.execute("PRAGMA user_version=1")
    with Store(tmp_path) as store:
        assert store.get_many([key(0)])[key(0)].payload == b"\0detections"
        store.put_painted({key(0): picture(0)})
        assert (store.get_painted([key(0)])[key(0)] == picture(0)).all()


def test_keys_of_outputs_follow_what_painting_sees():
    def of(model="m", prompt="p", spec=SPEC, numerics="fp32", views=False, example="e"):
        return PaintedKeys(model, prompt, spec, numerics, views).key(example)

    recoded = replace(SPEC.with_coding(Coding(span=(0, 5))), metric="square", version=2)
    assert of() == of(spec=recoded)
    keys = [
        of(),
        of(model="m2"),
        of(prompt="p2"),
        of(numerics="bf16"),
        of(example="e2"),
        of(spec=replace(SPEC, canvas=4)),
        of(spec=replace(SPEC, image_resize="nearest")),
        of(spec=replace(SPEC, target_resize="nearest")),
        of(spec=replace(SPEC, query_filter="opencv")),
        of(spec=replace(SPEC, task="semantic")),
        of(views=True),
        of(spec=recoded, views=True),
        CellKeys("m", "p", SPEC, "fp32").key("e"),
    ]
    assert len(set(keys)) == len(keys)


def test_a_full_disk_is_no_bad_input(tmp_path: Path):
    """SQLite's own limit stands for the disk's: it fails in the same way."""
    with Store(tmp_path) as store:
        store.put_many({key(0): Record(np.ones(4))})
        store._db.execute("PRAGMA max_page_count=6")
        with pytest.raises(PainterKitError, match=r"is full; what it holds is whole") as caught:
            store.put_many({key(i): Record(np.ones(500) * i) for i in range(1, 50)})
        assert not isinstance(caught.value, InputError)
        assert len(store) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records SET record = 'text'",
        "UPDATE records SET record = 7",
        "UPDATE records SET record = x'00ffffffffffffffff0000'",
        "UPDATE records SET record = x'01ffffffff000000000000'",
    ],
)
def test_a_record_that_is_none_is_dropped_and_takes_no_memory(change: str, tmp_path: Path):
    with Store(tmp_path) as store:
        store.put_many({key(1): Record(np.ones(3))})
    with sqlite3.connect(tmp_path / "records.sqlite") as database:
        database.execute(change)
    database.close()
    with Store(tmp_path) as store:
        assert not store.get_many([key(1)])


def test_readings_are_counted_once_by_reader(tmp_path: Path):
    key, other = (readings_key("model", prompt, ["b", "a"]) for prompt in ("p", "q"))
    assert readings_key("model", "p", ["a", "b"]) == key
    with Store(tmp_path) as store:
        assert [store.reading(key, reader) for reader in ("one", "two") * 2] == [1, 2, 1, 2]
        assert store.reading(other, "two") == 1
    with Store(tmp_path) as store:
        assert [store.reading(key, reader) for reader in ("three", "two")] == [3, 2]
