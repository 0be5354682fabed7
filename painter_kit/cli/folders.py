"""Output folders: never mixed with other files, never left half-written, one writer at a time."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

from painter_kit import __version__
from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.files import write_text

# Every output folder holds this file; a folder without it is not ours to replace.
MARKER = "painterkit.json"
LOCK = ".lock"


def choose_out(out: Path | None, verb: str, resume: bool = False, overwrite: bool = False) -> Path:
    """The folder to write to, checked but not touched; by default the next free runs/VERB-N.

    Raises ``InputError`` when ``out`` holds something and neither ``resume`` nor ``overwrite``
    is given, when there is nothing to resume, and when the content is not painterkit's own.
    """
    if resume and overwrite:
        raise InputError("--resume and --overwrite exclude each other; give one of them")
    if out is None:
        if resume:
            raise InputError("--resume needs --out DIR, the folder of the run to continue")
        return next(p for n in count(1) if not (p := Path("runs") / f"{verb}-{n}").exists())
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; give a folder")
    if Path.cwd().is_relative_to(out.resolve()):
        raise InputError(f"--out {out} is the working folder or holds it; give a folder inside it")
    filled = out.is_dir() and any(not _is_ours(p.name) for p in out.iterdir())
    if resume and _verb_of(out) != verb:
        raise InputError(f"--resume: {out} holds no {verb} run; leave --resume out")
    if filled and overwrite and _verb_of(out) is None:
        raise InputError(f"--overwrite: {out} was not written by painterkit; use another --out")
    if filled and not resume and not overwrite:
        raise InputError(f"--out {out} is not empty; use another folder, --resume or --overwrite")
    return out


def _is_ours(name: str) -> bool:
    """Whether a file is the lock or what a process left that was killed while it put the marker."""
    return name == LOCK or (name.startswith(f".{Path(MARKER).stem}.") and name.endswith(".json"))


def _verb_of(folder: Path) -> str | None:
    """The verb that wrote ``folder``; None when it was not written by painterkit."""
    try:
        return read_json(folder / MARKER).get("verb")
    except (OSError, ValueError, AttributeError):
        return None


def _mark(folder: Path, verb: str) -> None:
    about = {"verb": verb, "painterkit": __version__, "command": sys.argv}
    write_text(folder / MARKER, json.dumps(about, indent=1) + "\n")


@contextmanager
def finished_folder(out: Path, verb: str) -> Iterator[Path]:
    """A temporary folder that takes the place of ``out`` when the block succeeds.

    For verbs that finish or leave nothing. What ``out`` held is removed only then.
    """
    unique = uuid4().hex[:8]
    fresh, old = (out.with_name(f".{out.name}.{unique}.{kind}") for kind in ("new", "old"))
    with _writable(out):
        fresh.mkdir(parents=True)
    try:
        yield fresh
        _mark(fresh, verb)
        if out.exists():
            os.replace(out, old)
        os.replace(fresh, out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def locked_folder(out: Path, verb: str, overwrite: bool = False) -> Iterator[Path]:
    """``out`` itself, locked against a second writer; for verbs that can be resumed.

    With ``overwrite`` its content is removed first. A folder into which the block wrote nothing
    does not stay. Raises ``InputError`` when another process is writing there.
    """
    with _writable(out):
        out.mkdir(parents=True, exist_ok=True)
        handle = open(out / LOCK, "w")  # noqa: SIM115
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"--out {out} is in use by another process; wait for it, or give another --out"
            ) from error
        if overwrite:
            _clear(out)
        _mark(out, verb)
        try:
            yield out
        finally:
            if {p.name for p in out.iterdir()} <= {LOCK, MARKER}:
                shutil.rmtree(out)


@contextmanager
def unfinished_folder(out: Path, verb: str, overwrite: bool = False) -> Iterator[Path]:
    """``out``, locked, until ``finished_folder`` takes its place; for verbs that do both.

    What the block leaves there when it is broken off is what ``--resume`` goes on from; bad
    input leaves nothing that was not there before.
    """
    fresh = overwrite or not out.exists()
    with locked_folder(out, verb, overwrite):
        try:
            yield out
        except InputError:
            if fresh:
                _clear(out)
            raise


@contextmanager
def _writable(out: Path) -> Iterator[None]:
    """Let the reason why ``out`` cannot be made or written to become an ``InputError``."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise InputError(
            f"--out {out} cannot be written ({error.strerror}); give a folder that can"
        ) from error


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()
