"""Ctrl-C that lets the work come to an end first, and only when repeated breaks it off."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = "interrupted"


@contextmanager
def gentle_interrupt(text: str = "") -> Iterator[Callable[[], str]]:
    """Within the block the first SIGINT only writes ``text`` to stderr and is remembered.

    Yields a callable that tells ``interrupted`` from then on, an empty text before. The second
    SIGINT raises ``KeyboardInterrupt``. Outside the main thread signals are left as they are.
    """
    seen: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(number)
        if text:
            os.write(2, f"{text}\n".encode())  # a handler must not enter the logging it broke into

    def told() -> str:
        return INTERRUPTED if seen else ""

    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield told
    finally:
        signal.signal(signal.SIGINT, before)
