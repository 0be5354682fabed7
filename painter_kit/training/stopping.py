"""SIGTERM and SIGINT as a wish to stop soon, so that nothing trained is lost."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# What a terminal or a batch system sends to all processes torchrun passes on to its own once more.
ECHO_SECONDS = 2.0


@dataclass
class Wish:
    """``signal`` is the name of the signal that asked to stop, empty as long as none did."""

    signal: str = ""


@contextmanager
def watch_signals() -> Iterator[Wish]:
    """Note the first SIGTERM or SIGINT of a block; the second one acts as it would without.

    Signals within ``ECHO_SECONDS`` of the first are taken for the same one. In threads other than
    the main one, which take no signals, nothing is watched.
    """
    wish = Wish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    noted = 0.0

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal noted
        if not wish.signal:
            wish.signal, noted = signal.Signals(number).name, time.monotonic()
        elif time.monotonic() - noted > ECHO_SECONDS:
            restore()
            signal.raise_signal(number)

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield wish
    finally:
        restore()
