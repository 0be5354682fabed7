"""Pictures of MLflow's pages for the documentation, from a small demonstration run.

``python -m benchmarks.ui_pictures --out docs`` runs ``painterkit demo`` in small, starts
``painterkit ui`` on its runs and writes one PNG per page. ``--runs DIR`` takes a folder with runs.
"""

from __future__ import annotations

import argparse
import logging
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.browser import chromium, open_page, serving, visit, wait
from painter_kit.errors import PainterKitError
from painter_kit.keys import PER_IMAGE, QUERIES

logger = logging.getLogger(__name__)

SMALL = ("data=[world-shifted]", "pool=16", "select=16", "confirm=24", "test=32",
         "search.panel=8", "tune.panel=8", "tune.steps=20", "tune.evaluate_every=5")  # fmt: skip
SETTLE = 3000  # milliseconds after which plots are drawn on a page that is there
KINDS = ("random", "searched", "learned")


@dataclass(frozen=True)
class Shot:
    """A page to picture: file name, window height, and how to get there from the links."""

    name: str
    height: int
    show: Callable[[Any, Mapping[str, str]], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Take all pictures; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.ui_pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the pictures")
    parser.add_argument("--runs", type=Path, help="folder with mlflow.db [a new, small demo]")
    flags = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        chromium()
        with tempfile.TemporaryDirectory() as room:
            runs = flags.runs or run_demo(Path(room))
            for path in take(runs, flags.out):
                print(path)
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def run_demo(folder: Path) -> Path:
    """Run the demonstration in small in ``folder``; its runs are there then."""
    sets = [part for item in SMALL for part in ("--set", item)]
    command = [sys.executable, "-m", "painter_kit", "demo", "--out", "out", *sets]
    logger.info("running painterkit demo in small")
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if run.returncode:
        raise PainterKitError(f"painterkit demo failed: {run.stderr.strip().splitlines()[-1]}")
    return folder


def take(runs: Path, out: Path) -> list[Path]:
    """A PNG in ``out`` of every page of ``SHOTS``."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    with serving(runs) as links, open_page() as page:
        for shot in SHOTS:
            page.set_viewport_size({"width": 1500, "height": shot.height})
            shot.show(page, links)
            paths.append(out / f"mlflow-{shot.name}.png")
            page.screenshot(path=str(paths[-1]))
    return paths


def link_of(links: Mapping[str, str], what: str) -> str:
    """The link whose words hold ``what``."""
    return next(link for words, link in links.items() if what in words)


def show_charts(page: Any, links: Mapping[str, str]) -> None:
    """Pictures of all prompts side by side, with bars below."""
    visit(page, link_of(links, "charts"), "query_00_painted", images=QUERIES * len(KINDS))


def show_bars(page: Any, links: Mapping[str, str]) -> None:
    """The same page without the pictures: bars of metrics and gains, and parallel coordinates."""
    show_charts(page, links)
    page.get_by_text(re.compile("^pictures")).first.click()  # folds the section
    page.get_by_text("Parallel Coordinates").first.wait_for()
    page.wait_for_timeout(SETTLE)


def show_runs(page: Any, links: Mapping[str, str]) -> None:
    """The run table."""
    visit(page, link_of(links, "as a table"), "prompt_kind")


def show_images(page: Any, links: Mapping[str, str]) -> None:
    """The tables of images joined: the painted picture of each prompt."""
    visit(page, link_of(links, "image by image"), PER_IMAGE)
    page.locator("button", has_text="Compare:").click()
    page.get_by_role("option", name="painted").click()
    page.keyboard.press("Escape")
    wait(page, "painted", images=len(KINDS))


def show_compare(page: Any, links: Mapping[str, str]) -> None:
    """MLflow's page that compares runs."""
    visit(page, link_of(links, "compared"), "Show diff only")
    page.wait_for_timeout(SETTLE)


def show_run(page: Any, links: Mapping[str, str]) -> None:
    """The page of the learned prompt: description, metrics, datasets."""
    visit(page, link_of(links, "as a table"), "prompt_kind")
    page.get_by_role("link", name="learned").first.click()
    wait(page, "learned prompt for")


def show_artifacts(page: Any, links: Mapping[str, str]) -> None:
    """The artefacts of the same run: the table of images."""
    show_run(page, links)
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text(PER_IMAGE).first.click()
    wait(page, "painted", images=1)


SHOTS = (
    Shot("charts", 1500, show_charts),
    Shot("bars", 1000, show_bars),
    Shot("runs", 600, show_runs),
    Shot("images", 1000, show_images),
    Shot("compare", 1400, show_compare),
    Shot("run", 1100, show_run),
    Shot("artifacts", 900, show_artifacts),
)


if __name__ == "__main__":
    sys.exit(main())
