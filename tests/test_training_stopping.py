"""Signals are noted once and then act as before."""

import os
import signal
import threading

import pytest

from painter_kit.training import stopping
from painter_kit.training.stopping import watch_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_is_a_wish_and_the_second_acts(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stopping, "ECHO_SECONDS", 0.0)
    seen = []
    before = signal.signal(number, lambda *_: seen.append("acted"))
    try:
        with watch_signals() as wish:
            assert wish.signal == ""
            os.kill(os.getpid(), number)
            assert wish.signal == number.name
            assert seen == []
            os.kill(os.getpid(), number)
            assert seen == ["acted"]
        os.kill(os.getpid(), number)
        assert len(seen) == 2
    finally:
        signal.signal(number, before)


def test_a_signal_that_is_passed_on_at_once_is_the_same():
    """As when Ctrl-C reaches torchrun and its processes, and torchrun tells them too."""
    seen = []
    before = signal.signal(signal.SIGTERM, lambda *_: seen.append("acted"))
    try:
        with watch_signals() as wish:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            assert (wish.signal, seen) == ("SIGINT", [])
    finally:
        signal.signal(signal.SIGTERM, before)


def test_other_threads_watch_nothing():
    wishes = []

    def work():
        with watch_signals() as wish:
            wishes.append(wish.signal)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert wishes == [""]
