import os
import signal
import threading

import pytest

from painter_kit.cli.interrupt import gentle_interrupt


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_is_remembered_and_the_second_breaks_off(capfd: pytest.CaptureFixture[str]):
    before = signal.getsignal(signal.SIGINT)
    with gentle_interrupt("coming to an end") as told:
        assert told() == ""
        interrupt()
        assert told() == "interrupted"
        assert capfd.readouterr().err == "coming to an end\n"
        with pytest.raises(KeyboardInterrupt):
            interrupt()
    assert signal.getsignal(signal.SIGINT) is before


def test_signals_come_back_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError), gentle_interrupt():
        raise RuntimeError
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_leave_signals_alone():
    before, found = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with gentle_interrupt() as told:
            found.append((told(), signal.getsignal(signal.SIGINT) is before))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [("", True)]
