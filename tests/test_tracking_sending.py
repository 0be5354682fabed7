"""Requests that fail: the work goes on, and is told once or each time."""

import logging
from typing import Any

import pytest
from requests.exceptions import ConnectionError as Away

from painter_kit.tracking.sending import MOST_FAILURES, Sender, is_away


class Client:
    """Takes tags unless it is told to fail."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.calls = 0

    def tag(self, value: int) -> int:
        self.calls += 1
        if self.error:
            raise self.error
        return value


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.message for r in caplog.records if r.levelno == logging.WARNING]


def wrapped(inner: Exception) -> Exception:
    """As MLflow raises its own error while it handles that of requests."""
    try:
        try:
            raise inner
        except Exception:
            raise RuntimeError("API request failed")  # noqa: B904
    except RuntimeError as outer:
        return outer


def send_all(error: Exception, times: int) -> tuple[Client, Sender]:
    client = Client()
    client.error = error
    sender = Sender(client, "http://there")
    for number in range(times):
        assert sender.send("tags", "tag", number) is None
    return client, sender


def test_what_is_sent_comes_back():
    sender = Sender(Client())
    assert sender.send("tags", "tag", 3) == 3
    assert not sender.failed


def test_refusals_are_told_each_time_until_it_gives_up(caplog: pytest.LogCaptureFixture):
    client, sender = send_all(OSError("disk full"), 5)
    assert client.calls == MOST_FAILURES
    told = warnings_in(caplog)
    assert told[0] == "MLflow took no tags: disk full"
    assert [text.endswith("nothing more is sent") for text in told] == [False, False, True]
    assert sender.lost


@pytest.mark.parametrize("outer", [False, True])
def test_a_server_that_is_away_is_told_once(outer: bool, caplog: pytest.LogCaptureFixture):
    error = wrapped(Away("refused")) if outer else Away("refused")
    client, sender = send_all(error, 5)
    assert client.calls == MOST_FAILURES
    (told,) = warnings_in(caplog)
    reason = "API request failed" if outer else "refused"
    assert f"http://there is away ({reason}); the work goes on" in told
    assert "report --log" in told
    assert sender.lost


def test_the_systems_own_words_are_told(caplog: pytest.LogCaptureFixture):
    refused = Away("HTTPConnectionPool: Max retries exceeded with url /api")
    refused.__cause__ = ConnectionRefusedError(111, "Connection refused")
    send_all(refused, 1)
    assert "is away (Connection refused); " in warnings_in(caplog)[0]


def test_a_server_that_comes_back_is_used_again():
    client, sender = send_all(Away("refused"), MOST_FAILURES - 1)
    client.error = None
    assert sender.send("tags", "tag", 7) == 7
    client.error = Away("refused")
    sender.send("tags", "tag", 8)
    assert not sender.lost
    assert sender.failed


@pytest.mark.parametrize(
    ("error", "away"), [(ValueError("no"), False), (OSError(28, "full"), False), (Away(), True)]
)
def test_what_counts_as_away(error: Any, away: bool):
    assert is_away(error) is away
