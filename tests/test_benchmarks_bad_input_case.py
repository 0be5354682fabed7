"""What counts as accepted, refused and failed, and what a reader is kept from."""

import os
import pickle
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.bad_input import case
from benchmarks.bad_input.case import ACCEPTED, FAILURE, REFUSED, Outcome, Runner
from benchmarks.bad_input.table import Reader
from benchmarks.bad_input.weights import Runs
from painter_kit.errors import InputError, PainterKitError

SAMPLE = {"a.txt": b"some text\nand more"}


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(tmp_path_factory.mktemp("cases"), 0)


def outcome(runner: Runner, read: Callable[[Path], object], *named: str) -> Outcome:
    return runner.run(Reader("toy", lambda folder: None, read, named=named), SAMPLE, 1)


def raising(error: BaseException) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        raise error

    return read


def test_what_is_read_is_accepted(runner: Runner):
    found = outcome(runner, lambda folder: (folder / "own").write_text("x"))
    assert (found.outcome, found.reason) == (ACCEPTED, "")
    assert found.damage.startswith("a.txt: ")
    assert list(runner.place.glob("case-*")) == []


def test_a_refusal_names_the_file_or_the_option(runner: Runner):
    def refuse(folder: Path) -> None:
        raise InputError(f"{folder / 'a.txt'} is empty")

    assert outcome(runner, refuse).outcome == REFUSED
    assert outcome(runner, raising(InputError("--set: no"))).reason == "names no file: --set: no"
    assert outcome(runner, raising(InputError("--set: no")), "--set").outcome == REFUSED


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), RecursionError(), MemoryError(), PainterKitError("x"), KeyError("a")],
)
def test_other_errors_are_failures(error: Exception, runner: Runner):
    assert outcome(runner, raising(error)).outcome == FAILURE


def test_where_it_failed_is_told(runner: Runner):
    found = outcome(runner, lambda folder: {}["a"])
    assert found.reason.startswith("KeyError at test_benchmarks_bad_input_case.py:")


def _outside(folder: Path) -> Path:
    return folder.parent / "outside.png"


def swallowing(deed: Callable[[Path], object]) -> Callable[[Path], None]:
    """A reader that hides what went wrong."""

    def read(folder: Path) -> None:
        try:
            deed(folder)
        except Exception:
            return

    return read


DEEDS: dict[str, Callable[[Path], object]] = {
    "reads beside": lambda folder: _outside(folder).read_bytes(),
    "writes beside": lambda folder: _outside(folder).write_bytes(b""),
    "writes by a path that leads out": lambda folder: (folder / "../new").write_text("x"),
    "makes a folder": lambda folder: (folder.parent / "new").mkdir(),
    "removes": lambda folder: _outside(folder).unlink(),
    "renames": lambda folder: os.rename(folder / "a.txt", folder.parent / "new"),
    "links": lambda folder: os.symlink("a.txt", folder.parent / "new"),
    "calls a shell": lambda folder: os.system("true"),
    "starts a program": lambda folder: subprocess.run(["true"]),
    "unpickles code": lambda folder: pickle.loads(pickle.dumps(Runs(os.getcwd))),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_trespass_is_seen_and_prevented(deed: str, runner: Runner):
    found = outcome(runner, swallowing(DEEDS[deed]))
    assert found.outcome == FAILURE
    assert "respass" in found.reason
    assert not (runner.place / "new").exists()
    assert _outside(runner.place / "x").read_bytes() == b"untouched"


def test_a_reader_comes_to_an_end(runner: Runner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(case, "SECONDS", 0.2)
    monkeypatch.setattr(case, "WAIT", 0.5)

    def busy(folder: Path) -> None:
        while True:
            sum(range(1000))

    assert outcome(runner, busy).reason == "TimeUp: not finished after 0 s"
    assert "TimeUp" in outcome(runner, lambda folder: time.sleep(9)).reason


def test_memory_counts(runner: Runner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(case, "MEGABYTES", 40.0)
    found = outcome(runner, lambda folder: b"x" * (80 << 20))
    assert found.outcome == FAILURE
    assert 70 < found.megabytes < 200
    assert outcome(runner, lambda folder: bytes(1 << 20)).outcome == ACCEPTED
