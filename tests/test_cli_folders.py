"""Output folders: what is refused, and what is left behind."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from painter_kit.cli.folders import (
    MARKER,
    choose_out,
    finished_folder,
    locked_folder,
    unfinished_folder,
)
from painter_kit.errors import InputError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def finished(out: Path, text: str = "x", verb: str = "predict") -> None:
    with finished_folder(out, verb) as folder:
        (folder / "result.txt").write_text(text)


def test_default_is_the_next_free_number():
    assert choose_out(None, "predict") == Path("runs/predict-1")
    finished(Path("runs/predict-1"))
    assert choose_out(None, "predict") == Path("runs/predict-2")


def test_choosing_touches_nothing(here: Path):
    assert choose_out(Path("new"), "predict") == Path("new")
    assert list(here.iterdir()) == []


def test_an_empty_folder_is_taken():
    Path("empty").mkdir()
    assert choose_out(Path("empty"), "predict") == Path("empty")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({}, "is not empty; use another folder, --resume or --overwrite"),
        ({"overwrite": True}, "was not written by painterkit"),
        ({"resume": True}, "holds no predict run"),
        ({"resume": True, "overwrite": True}, "exclude each other"),
    ],
)
def test_a_folder_with_other_things_is_refused(flags: dict[str, bool], words: str):
    Path("mine").mkdir()
    Path("mine/photo.txt").write_text("keep")
    with pytest.raises(InputError, match=words):
        choose_out(Path("mine"), "predict", **flags)
    assert Path("mine/photo.txt").read_text() == "keep"


def test_a_file_is_refused():
    Path("file").write_text("")
    with pytest.raises(InputError, match="--out file is a file"):
        choose_out(Path("file"), "predict")


@pytest.mark.parametrize("out", [".", ".."])
def test_the_working_folder_is_refused(out: str):
    with pytest.raises(InputError, match="is the working folder or holds it"):
        choose_out(Path(out), "predict", overwrite=True)


def test_resume_needs_a_folder_and_the_same_verb():
    with pytest.raises(InputError, match="--resume needs --out"):
        choose_out(None, "train", resume=True)
    finished(Path("run"), verb="search-prompt")
    with pytest.raises(InputError, match="holds no train run"):
        choose_out(Path("run"), "train", resume=True)
    assert choose_out(Path("run"), "search-prompt", resume=True) == Path("run")


def test_what_a_killed_process_left_of_the_marker_is_nothing():
    Path("run").mkdir()
    Path("run/.lock").touch()
    Path("run/.painterkit.0123abcd.json").touch()
    assert choose_out(Path("run"), "train", overwrite=True) == Path("run")
    Path("run/.painterkit.txt").touch()
    with pytest.raises(InputError, match="not written by painterkit"):
        choose_out(Path("run"), "train", overwrite=True)


def test_finished_folder_replaces_the_old_one_whole():
    finished(Path("run"), "old")
    (Path("run") / "extra.txt").write_text("stale")
    finished(choose_out(Path("run"), "predict", overwrite=True), "new")
    assert {p.name for p in Path("run").iterdir()} == {"result.txt", MARKER}
    assert Path("run/result.txt").read_text() == "new"
    assert json.loads(Path("run", MARKER).read_text())["verb"] == "predict"


def test_a_failure_leaves_the_old_folder_and_nothing_else(here: Path):
    finished(Path("run"), "old")
    with suppress(RuntimeError), finished_folder(Path("run"), "predict") as folder:
        (folder / "result.txt").write_text("half")
        raise RuntimeError
    assert Path("run/result.txt").read_text() == "old"
    assert [p.name for p in here.iterdir()] == ["run"]


def test_locked_folder_keeps_what_was_written_before_a_failure():
    with suppress(RuntimeError), locked_folder(Path("run"), "train") as folder:
        (folder / "step_1").write_text("state")
        raise RuntimeError
    with locked_folder(choose_out(Path("run"), "train", resume=True), "train") as folder:
        assert (folder / "step_1").read_text() == "state"


def test_locked_folder_goes_when_nothing_was_written():
    with suppress(RuntimeError), locked_folder(Path("run"), "train"):
        raise RuntimeError
    assert not Path("run").exists()


def test_a_second_writer_is_refused():
    with locked_folder(Path("run"), "train") as folder:
        (folder / "a").touch()
        with (
            pytest.raises(InputError, match="in use by another process"),
            locked_folder(Path("run"), "train"),
        ):
            pass
    assert Path("run/a").exists()


def test_overwrite_empties_a_locked_folder():
    with locked_folder(Path("run"), "train") as folder:
        (folder / "old").mkdir()
    with locked_folder(Path("run"), "train", overwrite=True) as folder:
        assert not (folder / "old").exists()
        (folder / "new").touch()
    assert Path("run/new").exists()


def unfinished(error: BaseException | None = None, overwrite: bool = False) -> None:
    """A run that notes how it was begun, and finishes or raises."""
    with unfinished_folder(Path("run"), "search-prompt", overwrite) as folder:
        (folder / "begun").write_text("settings")
        if error:
            raise error
        finished(folder, verb="search-prompt")


def test_an_unfinished_folder_is_replaced_whole():
    unfinished()
    assert {p.name for p in Path("run").iterdir()} == {"result.txt", MARKER}
    assert [p.name for p in Path().iterdir()] == ["run"]


def test_what_was_broken_off_can_be_resumed():
    for error in (KeyboardInterrupt(), RuntimeError()):
        with suppress(BaseException):
            unfinished(error)
        out = choose_out(Path("run"), "search-prompt", resume=True)
        assert (out / "begun").read_text() == "settings"
    unfinished()
    assert (out / "result.txt").exists()


@pytest.mark.parametrize("overwrite", [True, False])
def test_bad_input_leaves_only_what_was_there(overwrite: bool):
    with suppress(InputError):
        unfinished(InputError())
    assert not Path("run").exists()
    unfinished()
    with suppress(InputError):
        unfinished(InputError(), overwrite)
    assert Path("run").exists() != overwrite


def test_a_folder_that_cannot_be_made_is_bad_input():
    Path("file").touch()
    for folder in (finished_folder, locked_folder):
        with (
            pytest.raises(InputError, match=r"--out file/run cannot be written \(Not a directory"),
            folder(Path("file/run"), "train"),
        ):
            pass
