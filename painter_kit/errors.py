"""Errors that users see: one line naming what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator


class PainterKitError(Exception):
    """A failure with a one-line reason; the command line exits with code 1."""

    exit_code = 1


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
