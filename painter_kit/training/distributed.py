"""One process or many under torchrun, told by environment variables alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
import torch.distributed as dist

T = TypeVar("T")


def rank() -> int:
    """This process's number, 0 without torchrun."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes run this program together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def launched() -> bool:
    """Whether torchrun started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Join the other processes (NCCL on CUDA, gloo otherwise) and leave at the end."""
    if world_size() == 1:
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def gather(value: T) -> list[T]:
    """The value of every process, in order of rank, on every process."""
    if world_size() == 1:
        return [value]
    values: list[Any] = [None] * world_size()
    dist.all_gather_object(values, value)
    return values


def barrier() -> None:
    """Wait until every process is here."""
    if world_size() > 1:
        dist.barrier()
