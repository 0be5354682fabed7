"""Steps of preparing a dataset: independent items, made in parallel and never twice."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from threading import current_thread, main_thread

from painter_kit.errors import InputError, PainterKitError

_NAMED = 3  # broken items that an error names
_AHEAD = 4  # items per worker that wait in line


@dataclass(frozen=True)
class PrepareOptions:
    """What a user may choose.

    ``copies``: augmented copies of instance or keypoint pictures (None: as released), of the
    latter the first ``plain_copies`` without augmentation; ``patches`` per picture of SIDD;
    ``seed`` of every draw.
    """

    seed: int = 0
    copies: int | None = None
    plain_copies: int = 1
    patches: int = 300


@dataclass(frozen=True)
class Item:
    """One unit of work: the files that it writes, and what writes them.

    ``make`` can be pickled (``functools.partial`` of a module's function); it writes atomically,
    so that outputs that exist are whole, and raises ``InputError`` for a broken source. An item
    that finds nothing to write (a picture without instances) writes nothing.
    """

    outputs: Sequence[Path]
    make: Callable[[], object]

    @property
    def done(self) -> bool:
        """Whether every output exists."""
        return all(path.is_file() for path in self.outputs)


@dataclass(frozen=True)
class Step:
    """A named stage: ``items(root, options)`` lists the work, in order; ``finish(root, options)``
    writes the pair lists once it is done and returns their paths. ``text`` is for people."""

    name: str
    text: str
    items: Callable[[Path, PrepareOptions], Sequence[Item]]
    finish: Callable[[Path, PrepareOptions], Sequence[Path]]


@dataclass(frozen=True)
class Finding:
    """What ``painterkit datasets check`` found of one part of a dataset.

    ``expected`` counts files as published, None where no number is; ``missing`` and ``broken``
    name files relative to the root, ``note`` says what to do or what a count means.
    """

    part: str
    present: int
    expected: int | None = None
    missing: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    note: str = ""

    @property
    def whole(self) -> bool:
        """Whether nothing is missing or broken and the count is the published one."""
        complete = self.expected is None or self.present == self.expected
        return complete and not self.missing and not self.broken


def run_items(
    items: Sequence[Item], workers: int = 1, on_item: Callable[[int], object] = lambda count: None
) -> int:
    """Make the items that are not done, in ``workers`` processes; returns how many were made.

    ``on_item(1)`` is called for every item, made or found. A broken item stops no other; in the
    end ``InputError`` names the first ones, and running again makes only what is missing.
    """
    todo = [item for item in items if not item.done]
    on_item(len(items) - len(todo))
    errors: list[str] = []
    for error in _results(todo, workers):
        if error:
            errors.append(error)
        on_item(1)
    if errors:
        more = f"; and {len(errors) - _NAMED} more" if len(errors) > _NAMED else ""
        raise InputError(
            f"{len(errors)} of {len(items)} could not be prepared, the others are done: "
            f"{'; '.join(errors[:_NAMED])}{more}"
        )
    return len(todo)


def _results(todo: Sequence[Item], workers: int) -> Iterator[str]:
    """What went wrong with each item (empty: nothing), as they finish."""
    if workers <= 1 or len(todo) < 2:
        yield from map(_attempt, todo)
        return
    line = iter(todo)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _leave_interrupts)
    with _interrupted_once():
        try:
            running: set[Future[str]] = {
                pool.submit(_attempt, item) for item in islice(line, _AHEAD * workers)
            }
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
                running |= {pool.submit(_attempt, item) for item in islice(line, len(done))}
        finally:
            pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Let the main process alone answer Ctrl-C; workers finish the item in hand."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupted_once() -> Iterator[None]:
    """Ignore Ctrl-C after the first: it would leave the workers that are sent home waiting."""
    if current_thread() is not main_thread():  # signals are the main thread's
        yield
        return
    before = signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _attempt(item: Item) -> str:
    try:
        item.make()
    except PainterKitError as error:
        return str(error)
    return ""
