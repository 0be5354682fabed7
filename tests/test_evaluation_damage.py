"""Files that break in the ways that files break: nothing is lost but what was in them."""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.damage import is_damage, set_aside
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.store import FILE, Store
from painter_kit.types import Record
from tests.test_evaluation_judge import judge, prompt, values
from tests.test_evaluation_store import key, picture
from tests.toys import Listed, ToyPainter, make_example

COUNT = 400


def ruin(path: Path, start: int, stop: int | None = None) -> None:
    data = bytearray(path.read_bytes())
    data[start:stop] = b"\xff" * len(data[start:stop])
    path.write_bytes(data)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no database at all": lambda path: path.write_bytes(b"not a database at all" * 100),
    "the header": lambda path: ruin(path, 0, 100),
    "the schema": lambda path: ruin(path, 100, 4096),
    "the schema's words": lambda path: path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE painted", b"CREAT\xf0 TABLE painted")
    ),
    "all later pages": lambda path: ruin(path, 4096),
    "cut in the middle": lambda path: path.write_bytes(path.read_bytes()[: 5 * 4096 + 7]),
    "cut to a page": lambda path: path.write_bytes(path.read_bytes()[:4096]),
}


def filled(folder: Path) -> Path:
    """A store of many pages without a log."""
    with Store(folder) as store:
        store.put_many({key(i): Record(np.full(100, i + 0.5)) for i in range(COUNT)})
    return folder / FILE


def aside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("records.damaged-*.sqlite"))


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, damage: Callable[[Path], object], caplog: pytest.LogCaptureFixture
):
    path = filled(tmp_path)
    damage(path)
    ruined = path.read_bytes()
    caplog.set_level(logging.WARNING)
    wanted = [key(i) for i in range(COUNT)]
    with Store(tmp_path) as store:
        assert store.get_many(wanted) == {}
        store.put_many({key(1): Record(np.ones(3))})
        assert list(store.get_many(wanted)) == [key(1)]
        assert store.check() == []
    (name,) = aside(tmp_path)
    kept = (tmp_path / name).read_bytes()
    assert (len(kept), kept[100:]) == (len(ruined), ruined[100:])  # SQLite counts in the header
    assert f"store {path} is damaged" in caplog.text
    assert str(tmp_path / name) in caplog.text
    with Store(tmp_path) as store:
        assert len(store) == 1


def test_a_file_that_breaks_while_it_is_written(tmp_path: Path):
    path = filled(tmp_path)
    with Store(tmp_path) as store:
        store.put_many({key(COUNT): Record(np.ones(3))})
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ruin(path, 4096)
        store._db.execute("PRAGMA shrink_memory")
        store.put_many({key(i): Record(np.ones(3)) for i in range(COUNT + 1, 2 * COUNT)})
        assert len(store) in (COUNT - 1, 2 * COUNT)  # anew, or SQLite had the pages in memory
        assert store.get_many([key(COUNT + 1)])


def test_a_lost_log_loses_what_was_in_it_alone(tmp_path: Path):
    filled(tmp_path)
    with Store(tmp_path) as store:
        store._db.execute("PRAGMA wal_autocheckpoint=0")
        store.put_many({key(COUNT): Record(np.ones(3))})
        main = (tmp_path / FILE).read_bytes()
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / FILE).write_bytes(main)
    with Store(copy) as store:
        assert len(store) == COUNT
        assert store.check() == []
    assert aside(copy) == []


def test_a_log_of_noise_is_no_damage(tmp_path: Path):
    filled(tmp_path)
    (tmp_path / f"{FILE}-wal").write_bytes(b"\x5a" * 5000)
    with Store(tmp_path) as store:
        assert len(store.get_many([key(i) for i in range(COUNT)])) == COUNT
    assert aside(tmp_path) == []


def test_a_changed_record_is_dropped_and_the_others_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """A bit in a value makes no broken page: only the check sum tells."""
    path = filled(tmp_path)
    data = bytearray(path.read_bytes())
    place = data.index(np.full(100, 7.5).tobytes())
    data[place + 12] ^= 4
    path.write_bytes(data)
    wanted = [key(i) for i in range(COUNT)]
    with Store(tmp_path) as store:
        assert store.check() == ["1 damaged Records"]
        assert set(wanted) - set(store.get_many(wanted)) == {key(7)}
        assert "1 damaged entries are dropped" in caplog.text
        store.put_many({key(7): Record(np.ones(3))})
        assert store.get_many([key(7)])[key(7)].values.tolist() == [1, 1, 1]
        assert store.check() == []
    assert aside(tmp_path) == []


def test_a_broken_output_is_painted_again(tmp_path: Path):
    with Store(tmp_path) as store:
        row = (key(0), 3, b"\3\1\2")
        store._db.execute("INSERT INTO painted (key, size, picture) VALUES (?, ?, ?)", row)
        assert store.get_painted([key(0)]) == {}
        store.put_painted({key(0): picture(0)})
        assert (store.get_painted([key(0)])[key(0)] == picture(0)).all()


def test_the_second_process_finds_the_new_file(tmp_path: Path):
    path = filled(tmp_path)
    inode = path.stat().st_ino
    moved = set_aside(path, inode)
    assert moved is not None
    assert moved.exists()
    assert set_aside(path, inode) is None  # gone already
    with Store(tmp_path):
        assert set_aside(path, inode) is None  # a new file: not the one found damaged
        assert path.exists()


def test_names_do_not_collide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("time.strftime", lambda text: "now")
    for _ in range(3):
        path = filled(tmp_path)
        set_aside(path, path.stat().st_ino)
    now = "records.damaged-now"
    assert aside(tmp_path) == [f"{now}-2.sqlite", f"{now}-3.sqlite", f"{now}.sqlite"]


def test_other_errors_are_no_damage(tmp_path: Path):
    with sqlite3.connect(tmp_path / "any") as database, pytest.raises(sqlite3.Error) as raised:
        database.execute("SELECT nothing FROM nowhere")
    assert not is_damage(raised.value)


def test_what_was_lost_is_measured_again(tmp_path: Path):
    images = Listed([make_example(f"i{i}", 0) for i in range(11)])

    def measure() -> tuple[Judge, list]:
        with Store(tmp_path) as store:
            own = judge(store, ToyPainter())
            return own, values(own.records(prompt(), images))

    first, expected = measure()
    ruin(tmp_path / FILE, 4096)
    again, found = measure()
    assert found == expected
    assert (first.new, again.new, again.reused) == (11, 11, 0)
    assert measure()[0].reused == 11
