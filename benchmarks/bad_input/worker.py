"""A process that runs cases one after the other and tells each outcome at once."""

from __future__ import annotations

import faulthandler
import logging
import os
import resource
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.bad_input.damage import Sample

STUCK = 200.0  # seconds, more than the time limit of a case
ADDRESSES = 4 << 30  # bytes that a process may ask for beside what it starts with


def read_sample(folder: Path) -> Sample:
    """The files of a valid input by their place in ``folder``."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def serve(pipe: Connection, samples: Path, place: Path, seed: int) -> None:
    """Answer (reader, first number, end) with None when ready, then the outcomes of these cases.

    None ends it.
    """
    sys.dont_write_bytecode = True
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    from benchmarks.bad_input.case import Runner
    from benchmarks.bad_input.table import get_reader
    from benchmarks.speed.memory import kilobytes

    torch.set_num_threads(1)
    logging.disable()
    known: dict[str, Sample] = {}
    runner = Runner(place, seed)
    limited = False
    while (asked := pipe.recv()) is not None:
        name, first, end = asked
        reader = get_reader(name)
        if name not in known:
            known[name] = read_sample(samples / name)
            runner.warm(reader, known[name])
        if not limited:
            most = kilobytes("VmSize") * 1024 + ADDRESSES
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
            limited = True
        pipe.send(None)  # from here on only cases take time
        for number in range(first, end):
            # Where even the time limit is not heard, the stack shows what does not come back.
            faulthandler.dump_traceback_later(STUCK, exit=True)
            pipe.send(runner.run(reader, known[name], number))
        faulthandler.cancel_dump_traceback_later()
