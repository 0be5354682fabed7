"""``python -m benchmarks.speed.memory MODEL BATCH CONTESTANT``: peak memory of one forward."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_PROCESS = Path("/proc") / "self"  # Linux tells here what a process takes
_STATUS, _CLEAR = _PROCESS / "status", _PROCESS / "clear_refs"


def peak_in_fresh_process(model: str, batch: int, contestant: str, threads: int) -> float:
    """Bytes that the first forward of a contestant needs beside weights and libraries.

    Measured in a process of its own, so that no other contestant has left memory behind. NaN
    where the system has no /proc to tell.
    """
    words = [sys.executable, "-m", __name__, model, str(batch), contestant, str(threads)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def peak_of(model: str, batch: int, contestant: str) -> float:
    """The same in this process: high-water mark during the call minus memory before it."""
    import torch

    from benchmarks.speed.contest import CONTESTANTS, named_case

    make = CONTESTANTS[contestant]
    paint = make(named_case(model, batch))
    with torch.inference_mode():  # the libraries' code is in memory afterwards, and not counted
        make(named_case("world-tiny", 1))()
    if not restart_peak():
        return float("nan")
    before = kilobytes("VmRSS")
    with torch.inference_mode():
        paint()
    return 1024.0 * (kilobytes("VmHWM") - before)


def restart_peak() -> bool:
    """Let this process's high-water mark of memory start anew; False where it cannot."""
    if _CLEAR.exists():
        _CLEAR.write_text("5")
    return _CLEAR.exists()


def kilobytes(field: str) -> int:
    """What the system tells of this process's memory: ``VmRSS`` now, ``VmHWM`` at most; 0 where it
    does not tell."""
    if not _STATUS.exists():
        return 0
    found = re.search(rf"^{field}:\s*(\d+)", _STATUS.read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def main(words: list[str]) -> None:
    """Print the bytes as the last word."""
    import torch

    model, batch, contestant, threads = words
    torch.set_num_threads(int(threads))
    print(peak_of(model, int(batch), contestant))


if __name__ == "__main__":
    main(sys.argv[1:])
