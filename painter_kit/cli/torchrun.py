"""``torchrun`` for ``launch``: a group that ends early ends in words, without a traceback."""

from __future__ import annotations

import sys


def main() -> None:
    """What ``torchrun`` does with the arguments of this process.

    Exits with 128 plus the signal's number when a signal ended the group, and with 1 when a
    process failed; the processes and torchrun's log have said why.
    """
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    try:
        torchrun()
    except SignalException as stopped:
        sys.exit(128 + int(stopped.sigval))
    except ChildFailedError:
        sys.exit(1)


if __name__ == "__main__":
    main()
