"""Watching what a reader does beside reading: writes elsewhere, programs, connections, pickles."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

_PATHS = {  # events that change files -> how many of their first arguments are paths
    **{"os.remove": 1, "os.rmdir": 1, "os.mkdir": 1, "os.truncate": 1, "os.chmod": 1},
    **{"os.chown": 1, "os.utime": 1, "os.rename": 2, "os.link": 2, "os.symlink": 2},
    "sqlite3.connect": 1,
}
_NEVER = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork")
_NEVER += ("pty.spawn", "socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request")
_NEVER += ("pickle.find_class", "ftplib.connect", "smtplib.connect", "webbrowser.open")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Trespass(BaseException):  # no handler of a reader swallows it
    """A reader did something that reading does not need; it was kept from doing it."""


class TimeUp(BaseException):
    """A reader did not come to an end."""


class Guard:
    """The one watch of a process; quiet until ``watching`` says which folder is the input's.

    Python cannot take an audit hook away again, so there is one of them per process.
    """

    def __init__(self) -> None:
        self._inside, self._outside, self.seen = "", "", list[str]()
        sys.addaudithook(self._hear)

    @contextmanager
    def watching(self, folder: Path) -> Iterator[None]:
        """Writing is for ``folder`` alone, and what lies beside it is not even read."""
        self._outside, self.seen = f"{folder.parent}{os.sep}", []
        self._inside = f"{folder}{os.sep}"
        try:
            yield
        finally:
            self._inside = ""

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._inside:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = any(c in (mode or "") for c in "wax+") or bool((flags or 0) & _WRITES)
            self._check(event, path, writes)
        elif event in _PATHS:
            for path in arguments[: _PATHS[event]]:
                self._check(event, path, True)
        elif event in _NEVER:
            self._refuse(f"{event} {arguments!r:.200}")

    def _check(self, event: str, path: Any, writes: bool) -> None:
        if not isinstance(path, str | bytes | os.PathLike):  # an open file has no path
            return
        place = os.path.abspath(os.fsdecode(path))
        inside = f"{place}{os.sep}".startswith(self._inside)
        beside = place.startswith(self._outside) and not inside
        if beside or (writes and not inside and place != os.devnull):
            self._refuse(f"{event} {place}")

    def _refuse(self, what: str) -> None:
        self.seen.append(what)
        raise Trespass(what)


@contextmanager
def time_limit(cpu: float, wall: float) -> Iterator[None]:
    """Raises ``TimeUp`` in the block when it takes more seconds of the processor, or of the clock:
    what waits for something that does not come takes no processor."""
    timers = {signal.SIGPROF: (signal.ITIMER_PROF, cpu), signal.SIGALRM: (signal.ITIMER_REAL, wall)}

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeUp(f"not finished after {timers[signal.Signals(number)][1]:.0f} s")

    before = {number: signal.signal(number, ring) for number in timers}
    for timer, seconds in timers.values():
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for timer, _ in timers.values():
            signal.setitimer(timer, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def traces(folder: Path, but: str) -> dict[str, tuple[int, int]]:
    """What lies in a folder ``but`` for one name, with sizes and times: a change that no event told
    shows here."""
    with os.scandir(folder) as entries:
        told = {entry.name: entry.stat() for entry in entries if entry.name != but}
    return {name: (status.st_size, status.st_mtime_ns) for name, status in told.items()}
