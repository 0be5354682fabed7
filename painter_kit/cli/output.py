"""What a verb prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tqdm import tqdm

# Keys of the click context's ``meta``, which all commands of one call share.
DEBUG = "painterkit.debug"
QUIET = "painterkit.quiet"

LOGGERS = ("painter_kit", "prompt_search", "prompt_tuning", "benchmarks")


class StderrHandler(logging.Handler):
    """Log lines on stderr, wherever stderr points at the moment of writing."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        click.echo(self.format(record), err=True)


def start_logging() -> None:
    """Send the project's log lines of level INFO and above to stderr."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        if not any(isinstance(h, StderrHandler) for h in logger.handlers):
            logger.addHandler(StderrHandler())


def set_level(level: int) -> None:
    """Show log lines of this level and above."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(level)


def say(text: str, as_json: bool = False) -> None:
    """Print words for people: on stdout, or on stderr when stdout belongs to a JSON object."""
    click.echo(text, err=as_json)


def emit(result: Mapping[str, Any]) -> None:
    """Print ``result`` as one line of JSON; numbers that are not finite become null."""
    click.echo(json.dumps(plain(result), allow_nan=False))


def plain(value: Any) -> Any:
    """``value`` as JSON data: numpy scalars become Python's, paths text, NaN and infinity None."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):  # numpy arrays and scalars
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool | None) else str(value)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows of equal keys as aligned text, numbers to the right, the keys as heading."""
    if not rows:
        return ""
    keys = list(rows[0])
    cells = [keys, *([str(row[key]) for key in keys] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(keys))]
    right = [all(isinstance(row[key], int | float) for row in rows) for key in keys]
    lines = (
        "  ".join(
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)
        )
        for line in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def progress(total: int, what: str) -> tqdm[Any]:
    """A progress bar on stderr with rate and remaining time; silent off a terminal or with -q."""
    from tqdm import tqdm

    context = click.get_current_context(silent=True)
    quiet = bool(context and context.meta.get(QUIET)) or not sys.stderr.isatty()
    return tqdm(total=total, desc=what, file=sys.stderr, disable=quiet, dynamic_ncols=True)
