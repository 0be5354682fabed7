"""What is told when a disk takes no more, whichever library noticed it."""

from __future__ import annotations

import errno
import os

from painter_kit.errors import causes

_WHAT = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
}
_REMEDY = (
    "what was finished is whole: make room or choose another place, then run the command again "
    "(with --resume where --out has been begun)"
)


def disk_words(error: BaseException) -> str | None:
    """The line about a full or read-only disk behind ``error``; None for other errors.

    Libraries raise errors of their own on top of the operating system's, or only repeat its words.
    """
    for one in causes(error):
        for number, what in _WHAT.items():
            if getattr(one, "errno", None) == number or os.strerror(number) in str(one):
                file = getattr(one, "filename", None)
                return f"{what}{f' ({file})' if file else ''}; {_REMEDY}"
    return None
