"""A newcomer's path, measured: commands and minutes from a fresh clone to the first results.

``python -m benchmarks.newcomer --out DIR`` clones this checkout into DIR, types what README and
docs/quickstart.md tell a newcomer to type, looks at the comparison in a headless Chromium, and
prints a Markdown table of what it took. The installation downloads some gigabytes.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path

import click

from benchmarks.output import markdown_table
from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import write_text

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[1]
CLONE = "painterkit"
READY = ".venv/.ready"  # which make touches when everything is installed
PROGRAM = ".venv/bin/painterkit"
PROMPT = "runs/demo-1/world-shifted/search/prompt"
TABLE = re.compile(r"^depth +world-shifted .*gain.*\]", re.MULTILINE)
GAIN = re.compile(r"gain in .*95 % interval.*")
SHOWN = "() => [...document.images].filter(i => i.naturalWidth > 0).length"
PAIRS = f"{PROGRAM} world --task depth --count 48 --size 240x320 --split train --out my/pairs"
# What the measuring machine sets for itself is not part of a newcomer's.
OWN = ("PYTHONPATH", "VIRTUAL_ENV", "MLFLOW_", "PAINTERKIT_", "OMP_NUM_THREADS")


@dataclass(frozen=True)
class Goal:
    """What a newcomer wants, the commands for it after those of the goals before, and what to do to
    see that it has been reached: ``seen(folder, output)`` describes it or raises
    ``PainterKitError``. ``ready`` makes what he has already; it is neither counted nor timed. A
    goal that ``lasts`` has a command that does not end: it is started by ``seen``."""

    name: str
    commands: tuple[str, ...]
    seen: Callable[[Path, str], str]
    ready: Callable[[Path], None] = lambda folder: None
    lasts: bool = False


@dataclass(frozen=True)
class Reached:
    """A goal with its commands and seconds, the seconds since the clone began, and what was seen
    or why it was not reached."""

    name: str
    commands: Sequence[str]
    seconds: float
    since_clone: float
    found: str
    reached: bool = True

    def cells(self) -> dict[str, object]:
        """A row for people."""
        return {
            "to": self.name,
            "commands": len(self.commands),
            "minutes": f"{self.seconds / 60:.1f}",
            "since the clone": f"{self.since_clone / 60:.1f}",
            "seen": self.found if self.reached else f"NOT REACHED: {self.found}",
        }


@dataclass
class Walk:
    """The newcomer at his terminal, in ``folder``; all that was printed is kept in a file."""

    folder: Path
    protocol: Path
    spent: float = 0.0
    environment: dict[str, str] = field(
        default_factory=lambda: {k: v for k, v in os.environ.items() if not k.startswith(OWN)}
    )

    def type(self, command: str) -> str:
        """Run one command; what it printed. Raises ``PainterKitError`` when it fails."""
        log.info("$ %s", command)
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")
            return ""
        run = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with self.protocol.open("a", encoding="utf-8") as file:
            file.write(f"$ {command}\n{run.stdout}\n")
        if run.returncode:
            last = (run.stdout.strip().splitlines() or ["no output"])[-1]
            raise PainterKitError(f"{command}: exit code {run.returncode}, {last}")
        return run.stdout

    def reach(self, goal: Goal) -> Reached:
        """Type the goal's commands and look whether it is reached."""
        start, output, found, reached = time.monotonic(), "", "", True
        try:
            goal.ready(self.folder)
            start = time.monotonic()
            for command in () if goal.lasts else goal.commands:
                output += self.type(command)
            found = goal.seen(self.folder, output)
        except PainterKitError as error:
            found, reached = str(error), False
        seconds = time.monotonic() - start
        self.spent += seconds
        return Reached(goal.name, goal.commands, seconds, self.spent, found, reached)


def saw_table(folder: Path, output: str) -> str:
    """The row of the demonstration that a newcomer came for."""
    row = TABLE.search(output)
    if row is None:
        raise PainterKitError("make demo printed no row for world-shifted")
    begun = (folder / ".git/HEAD").stat().st_mtime
    installing = max(0.0, (folder / READY).stat().st_mtime - begun)
    gains = re.findall(r"gain [^ ]+ \[[^]]*\]", row[0])
    return f"{', '.join(gains)}; {installing / 60:.1f} min of it installation"


def saw_page(folder: Path, output: str) -> str:
    """Start ``painterkit ui``, open the first link that it prints, and count the pictures."""
    from benchmarks.browser import chromium, open_page, serving
    from benchmarks.ui_pictures import show_charts

    chromium()  # says what is missing, if anything is
    program, failed = (
        (str((folder / PROGRAM).absolute()),),
        import_module("playwright.sync_api").Error,
    )
    try:
        with serving(folder, program) as links, open_page() as page:
            show_charts(page, links)
            shown = page.evaluate(SHOWN)
            page.screenshot(path=str(folder.parent / "comparison.png"))
    except failed as error:
        raise PainterKitError(f"the page was not shown: {str(error).splitlines()[0]}") from error
    return f"{shown} pictures on the page behind the first link"


def take_photo(folder: Path) -> None:
    """A photograph, as photo.jpg: that of a motorcycle, which comes with scikit-image."""
    from PIL import Image

    from painter_kit.data.builtin import motorcycle

    Image.fromarray(motorcycle()[0]).save(folder / "photo.jpg")


def saw_prediction(folder: Path, output: str) -> str:
    """The decoded depth, of the photograph's size."""
    from painter_kit.data.pictures import picture_size, read_depth

    path = folder / "runs/predict-1/photo_decoded.png"
    depth = read_depth(path)
    if depth.shape != picture_size(folder / "photo.jpg"):
        raise PainterKitError(f"{path} has the size {depth.shape}")
    height, width = depth.shape
    return f"a depth map of {width} x {height}, {depth.min():.1f} to {depth.max():.1f} m"


def make_pairs(folder: Path) -> None:
    """Pictures with depth in the layout of ``--data folder:DIR``, as if they were his own."""
    run = subprocess.run(PAIRS, shell=True, cwd=folder, capture_output=True, text=True)
    if run.returncode:
        raise PainterKitError(f"{PAIRS}: {run.stderr.strip()}")


def saw_search(folder: Path, output: str) -> str:
    """The found prompt, and what the search says of it."""
    told = GAIN.search(output)
    if told is None or not (folder / "runs/mine/prompt/prompt.json").is_file():
        raise PainterKitError("the search left no prompt with an interval")
    return told[0].strip(" ()")


def goals(source: str) -> tuple[Goal, ...]:
    """The four goals, in the order of README and quick start."""
    photo = f"{PROGRAM} predict photo.jpg --prompt {PROMPT}"
    search = f"{PROGRAM} search-prompt --task depth --data folder:my/pairs --out runs/mine"
    begin = (f"git clone {source} {CLONE}", f"cd {CLONE}", "make demo")
    return (
        Goal("the demonstration's table", begin, saw_table),
        Goal("the comparison with pictures", (f"{PROGRAM} ui",), saw_page, lasts=True),
        Goal("depth of an own picture", (photo,), saw_prediction, take_photo),
        Goal("a search on 48 own pairs", (search,), saw_search, make_pairs),
    )


def machine() -> str:
    """What the minutes depend on."""
    version = ".".join(map(str, sys.version_info[:3]))
    return f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}, Python {version}"


def report(reached: Sequence[Reached], source: str) -> str:
    """A Markdown table, and the commands behind it; ``source`` was cloned."""
    told = [f"- {one.name}: `{command}`" for one in reached for command in one.commands]
    table = markdown_table([one.cells() for one in reached])
    return "\n".join([table, "", machine(), "", *told]).replace(source, "ADDRESS")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option("--clone", default=str(ROOT), help="What is cloned: an address or a folder [this].")
def command(out: Path, clone: str) -> None:
    """Clone, install, and walk a newcomer's path; takes some gigabytes and minutes."""
    if out.exists() and any(out.iterdir()):
        raise InputError(f"--out {out} is not empty; name a new folder")
    out.mkdir(parents=True, exist_ok=True)
    walk = Walk(out.resolve(), out.resolve() / "terminal.txt")
    reached = []
    for goal in goals(clone):
        reached.append(walk.reach(goal))
        log.info("%s", reached[-1].cells())
    told = report(reached, clone)
    write_text(out / "newcomer.md", f"{told}\n")
    write_text(out / "newcomer.json", json.dumps([asdict(one) for one in reached], indent=1) + "\n")
    click.echo(told)
    if not all(one.reached for one in reached):
        raise PainterKitError("a goal was not reached")


def main() -> None:
    """The command with errors as words."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        command(prog_name="python -m benchmarks.newcomer")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
