"""One process or many under torchrun, told by environment variables alone."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from painter_kit.errors import PainterKitError

T = TypeVar("T")
R = TypeVar("R")

log = logging.getLogger(__name__)

# The first process renders, validates and saves alone while the others wait.
PATIENCE = timedelta(hours=1)
# What the libraries say when a process at the other end has gone.
_LOST = ("connection closed by peer", "connection reset", "broken pipe", "socket", "nccl", "gloo")


def rank() -> int:
    """This process's number, 0 without torchrun."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes run this program together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def launched() -> bool:
    """Whether torchrun started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def own_device(device: str) -> str:
    """The GPU of this process among those of its machine, where ``device`` is ``cuda`` or
    ``auto`` and torchrun started it; else ``device`` as it is."""
    gpus = torch.cuda.device_count()
    if device not in ("cuda", "auto") or not launched() or not gpus:
        return device
    return f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % gpus}"


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Join the other processes (NCCL on CUDA, gloo otherwise) and leave at the end.

    Raises ``PainterKitError`` in words when another process is lost.
    """
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if world_size() == 1:
        yield
        return
    store, own, size = next(dist.rendezvous("env://", timeout=PATIENCE))
    # Addresses of processes that died before a restart are still in the launcher's store.
    fresh = dist.PrefixStore(f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=fresh, rank=own, world_size=size, timeout=PATIENCE)
    try:
        yield
    except RuntimeError as error:
        if not any(word in str(error).lower() for word in _LOST):
            raise
        raise PainterKitError(
            f"process {rank()} lost another process of this group, which was killed or failed; "
            "what was saved last is whole: start the same command with --resume"
        ) from error
    dist.destroy_process_group()


def gather(value: T) -> list[T]:
    """The value of every process, in order of rank, on every process."""
    if world_size() == 1:
        return [value]
    values: list[Any] = [None] * world_size()
    dist.all_gather_object(values, value)
    return values


def from_first(make: Callable[[], T]) -> T:
    """What ``make`` returns on the first process, on every process; the others do not call it.

    Raises on every process what it raises on the first.
    """
    if world_size() == 1:
        return make()
    box: list[Any] = [_tried(make) if rank() == 0 else None]
    dist.broadcast_object_list(box, src=0)
    return _returned(box[0])


def shared(work: Callable[[Sequence[T]], list[R]], items: Sequence[T]) -> list[R]:
    """Results of all items, in order, on every process; each does the ``work`` of one stretch.

    ``work`` returns a result for every item that it is given. Neighbours stay together because
    they may share what is dear to prepare. An exception of any process is raised on all of them.
    """
    if world_size() == 1:
        return work(items)
    size, place = world_size(), rank()
    own = items[len(items) * place // size : len(items) * (place + 1) // size]
    parts = gather(_tried(lambda: work(own)))
    return [result for part in parts for result in _returned(part)]


def _tried(make: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """The result, or else the exception in a form that other processes can raise."""
    try:
        return make(), None
    except PainterKitError as error:
        return None, error
    except Exception as error:
        if any(word in str(error).lower() for word in _LOST):
            raise
        log.debug("process %d failed", rank(), exc_info=True)
        return None, PainterKitError(f"process {rank()}: {type(error).__name__}: {error}")


def _returned(tried: tuple[Any, Exception | None]) -> Any:
    result, error = tried
    if error is not None:
        raise error
    return result


def any_process(flag: bool, device: torch.device) -> bool:
    """Whether any process says so; all processes get the same answer."""
    if world_size() == 1:
        return flag
    said = torch.tensor([float(flag)], device=device)
    dist.all_reduce(said, dist.ReduceOp.MAX)
    return bool(said.item())


def barrier() -> None:
    """Wait until every process is here."""
    if world_size() > 1:
        dist.barrier()
