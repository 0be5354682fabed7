"""A headless Chromium on MLflow's pages, for pictures of them and for tests.

Needs the package ``playwright`` (``painterkit[browser]``) and a Chromium of the machine, which
``PAINTERKIT_CHROMIUM`` may name; playwright's own download is not used.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from painter_kit.errors import InputError, PainterKitError

CHROMIUM = "PAINTERKIT_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROGRAM = (sys.executable, "-m", "painter_kit")
PATIENCE = 120_000  # milliseconds that a page may take on a busy machine
# A panel that would cover a quarter of the page, and its opening by itself on the first visit.
CLOSED = {
    "mlflow.assistant.panelOpen_v1": "false",
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
}
LOADED = """(least) => {
  const shown = [...document.images].filter(i => i.getBoundingClientRect().width > 20);
  return shown.length >= least && shown.every(i => i.complete && i.naturalWidth > 0);
}"""


def chromium() -> str:
    """Path of the browser. Raises ``InputError`` saying what is missing and how to install it."""
    if find_spec("playwright") is None:
        raise InputError("the package playwright is missing; install painterkit[browser]")
    given = os.environ.get(CHROMIUM)
    found = next(filter(None, map(shutil.which, [given] if given else NAMES)), None)
    if found is None:
        where = f"{CHROMIUM}={given} is no program" if given else "no Chromium on this machine"
        raise InputError(f"{where}; install it (Debian: apt-get install chromium)")
    return found


@contextmanager
def open_page(width: int = 1500, height: int = 1000) -> Iterator[Any]:
    """A page of a new browser, as playwright's ``Page``. Raises ``InputError`` as ``chromium``."""
    path = chromium()
    playwright = import_module("playwright.sync_api")
    with playwright.sync_playwright() as run:
        browser = run.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(PATIENCE)
            stored = "".join(f"localStorage.setItem({json.dumps(k)}, {json.dumps(v)});"
                             for k, v in CLOSED.items())  # fmt: skip
            page.add_init_script(stored)
            yield page
        finally:
            browser.close()


def visit(page: Any, link: str, text: str, images: int = 0) -> None:
    """Open a link and wait until a text is shown and so many pictures, all of them loaded."""
    page.goto("about:blank")  # a link that differs after the # alone would not load anew
    page.goto(link)
    wait(page, text, images)


def wait(page: Any, text: str, images: int = 0) -> None:
    """Return when a text is shown and so many pictures, all of them loaded."""
    page.get_by_text(text).first.wait_for()
    page.wait_for_function(LOADED, arg=images)


@contextmanager
def serving(folder: Path, program: Sequence[str] = PROGRAM) -> Iterator[Mapping[str, str]]:
    """The links that ``painterkit ui`` prints for the runs in ``folder``, by what they show.

    ``program`` is the painterkit to ask, by default that of this environment.

    Raises ``PainterKitError`` when it ends before it prints them.
    """
    server = subprocess.Popen(
        [*program, "ui"],
        cwd=folder,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    )
    assert server.stdout is not None
    try:
        lines = []
        for line in server.stdout:
            if line.startswith("stop with"):
                break
            lines.append(line.rstrip("\n"))
        else:
            raise PainterKitError("painterkit ui ended before it printed its links")
        yield links_in(lines)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def links_in(lines: list[str]) -> dict[str, str]:
    """Links that stand indented below the words that say what they show."""
    return {what: link.strip() for what, link in pairwise(lines) if re.match(r"\s+https?://", link)}
