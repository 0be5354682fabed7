"""Full and read-only disks, as the system and libraries report them."""

import errno
import os

import pytest

from painter_kit.cli.disk import disk_words


def below(inner: BaseException) -> RuntimeError:
    """An error of a library that hides the system's."""
    try:
        try:
            raise inner
        except OSError:
            raise RuntimeError("unexpected pos 704 vs 598")  # noqa: B904
    except RuntimeError as outer:
        return outer


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/a.png")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FULL, "the disk is full (runs/a.png); "),
        (below(FULL), "the disk is full (runs/a.png); "),
        (ValueError("I/O error: No space left on device (os error 28)"), "the disk is full; "),
        (OSError(errno.EROFS, "x"), "the file system is read-only; "),
        (OSError(errno.EDQUOT, "x"), "the disk quota is used up; "),
    ],
)
def test_the_cause_and_the_remedy_are_told(error: Exception, words: str):
    told = disk_words(error)
    assert told
    assert told.startswith(words)
    assert "--resume" in told


@pytest.mark.parametrize("error", [ValueError("x"), below(OSError(errno.EIO, "broken"))])
def test_other_errors_are_none_of_this(error: Exception):
    assert disk_words(error) is None
