"""``torchrun`` for ``launch``: a group that ends early ends in words, without a traceback."""

from __future__ import annotations

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1  # of Linux's prctl


def main() -> None:
    """What ``torchrun`` does with the arguments of this process, until its parent dies.

    Exits with 128 plus the signal's number when a signal ended the group, and with 1 when a
    process failed; the processes and torchrun's log have said why.
    """
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    end_with_parent()
    try:
        torchrun()
    except SignalException as stopped:
        sys.exit(128 + int(stopped.sigval))
    except ChildFailedError:
        sys.exit(1)


def end_with_parent() -> None:
    """Get SIGTERM when the process that started this one dies, even by SIGKILL; on Linux alone.

    Else the group of a command that was killed would go on unseen and hold its folder.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    main()
