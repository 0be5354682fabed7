"""Errors that users see: one line naming what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator

LONGEST = 2_000  # letters of a message


class PainterKitError(Exception):
    """A failure with a one-line reason; the command line exits with code 1.

    A reason that quotes a file's content at length is cut in the middle.
    """

    exit_code = 1

    def __str__(self) -> str:
        words = super().__str__()
        if len(words) <= LONGEST:
            return words
        return f"{words[: LONGEST // 2]} [...] {words[-LONGEST // 2 :]}"


class InputError(PainterKitError):
    """Bad usage or bad input; the command line exits with code 2.

    The message names the file or option, what was expected and the remedy.
    """

    exit_code = 2


class MissingError(InputError):
    """Files that are not there: a download, or what another command makes.

    Where several things are asked for, what has its files can be done without the others.
    """


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it was raised from or while handling, the outermost first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
