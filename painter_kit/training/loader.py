"""Micro-batches in order, made in this process or ahead of time by workers."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.utils.data import DataLoader, Dataset

from painter_kit.errors import InputError, PainterKitError
from painter_kit.training.batches import BatchSource, MicroBatch

_AHEAD = 4  # micro-batches that every worker holds ready


@dataclass(frozen=True)
class Failure:
    """What went wrong in a worker, in words: exceptions lose their meaning on the way."""

    message: str
    bad_input: bool

    @property
    def error(self) -> PainterKitError:
        """The exception to raise in the main process."""
        return InputError(self.message) if self.bad_input else PainterKitError(self.message)


class _Numbered(Dataset):
    """A source whose items are micro-batches, asked for by the numbers of their samples."""

    def __init__(self, source: BatchSource) -> None:
        self.source = source

    def __getitem__(self, numbers: Sequence[int]) -> MicroBatch | Failure:
        try:
            return self.source.batch(numbers)
        except PainterKitError as error:
            return Failure(str(error), isinstance(error, InputError))
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            return Failure(f"samples {numbers[0]} to {numbers[-1]} failed: {what}", False)


def load_batches(
    source: BatchSource, ranges: Iterable[Sequence[int]], workers: int = 0, pin: bool = False
) -> Iterator[MicroBatch]:
    """The micro-batches of these sample numbers, in order, whatever the number of workers.

    Raises ``InputError`` naming an unreadable file, and ``PainterKitError`` when a worker dies.
    """
    made = _Numbered(source)
    if not workers:
        yield from (_checked(made[numbers], pin) for numbers in ranges)
        return
    loader = DataLoader(
        made,
        batch_size=None,
        sampler=ranges,  # pyright: ignore[reportArgumentType] any iterable will do
        num_workers=workers,
        prefetch_factor=_AHEAD,
        collate_fn=_unchanged,  # pyright: ignore[reportArgumentType] items are batches
        worker_init_fn=_one_thread,
    )
    batches = iter(loader)
    while True:
        try:
            batch = next(batches)
        except StopIteration:
            return
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise PainterKitError(
                f"a data worker died ({reason}); it may have run out of memory: lower workers, "
                "then continue with --resume"
            ) from error
        yield _checked(batch, pin)


def _checked(batch: MicroBatch | Failure, pin: bool) -> MicroBatch:
    if isinstance(batch, Failure):
        raise batch.error
    return batch.pin() if pin else batch


def _unchanged(batch: MicroBatch | Failure) -> MicroBatch | Failure:
    return batch


def _one_thread(worker: int) -> None:
    """Workers are many; threads of theirs would take the cores from each other."""
    torch.set_num_threads(1)
    # The main process decides when to stop, and ends its workers itself.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def samples_per_second(source: BatchSource, batch: int, seconds: float = 2.0) -> float:
    """What one worker makes: samples per second of this process, one thread, files included.

    The first micro-batch is not counted: it opens what is opened once.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        source.batch(range(batch))
        done, began = 0, time.monotonic()
        while not done or time.monotonic() - began < seconds:
            source.batch(range(batch + done, 2 * batch + done))
            done += batch
        return done / (time.monotonic() - began)
    finally:
        torch.set_num_threads(threads)


def workers_for(consumed: float, made: float) -> int:
    """How many workers that make ``made`` samples per second each feed ``consumed`` per second,
    with a fifth to spare."""
    return max(1, math.ceil(1.2 * consumed / made))
