"""Finding the browser and the links."""

import pytest

from benchmarks import browser
from benchmarks.browser import chromium, links_in
from painter_kit.errors import InputError


def test_links_stand_below_what_they_show():
    lines = ["charts", "  http://h/#/a", "as a table", "  http://h/#/b", "done"]
    assert links_in(lines) == {"charts": "http://h/#/a", "as a table": "http://h/#/b"}


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(browser, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"playwright is missing; install painterkit\[browser\]"):
        chromium()


def test_a_missing_browser_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(browser, "find_spec", lambda name: object())
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(browser.CHROMIUM, raising=False)
    with pytest.raises(InputError, match="no Chromium on this machine; install it"):
        chromium()
    monkeypatch.setenv(browser.CHROMIUM, "mine")
    with pytest.raises(InputError, match="PAINTERKIT_CHROMIUM=mine is no program"):
        chromium()
