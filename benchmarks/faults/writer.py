"""A light process that writes Records, to be killed between and within its writes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import click
import numpy as np

from painter_kit.evaluation.store import Store
from painter_kit.types import Record

RECORDS = 8  # of a batch, which is one write
PUT = "put "


def keys_of(batch: int) -> list[bytes]:
    """The keys of a batch's Records."""
    return [
        hashlib.blake2b(f"{batch} {place}".encode(), digest_size=16).digest()
        for place in range(RECORDS)
    ]


def batch_of(batch: int) -> Mapping[bytes, Record]:
    """The Records of a batch, drawn from its number: some dense, some sparse, some with more."""
    rng = np.random.default_rng(batch)
    made = {}
    for place, key in enumerate(keys_of(batch)):
        values = rng.normal(size=300) * (rng.random(300) < (1.0 if place % 2 else 0.1))
        made[key] = Record(values, f"part {place % 3}", rng.bytes(2000) if place % 4 == 0 else None)
    return made


def picture_of(batch: int) -> Mapping[bytes, np.ndarray]:
    """A painted output that is kept beside the batch."""
    return {keys_of(batch)[0]: np.random.default_rng(batch).integers(0, 256, (3, 16, 16), np.uint8)}


@click.command()
@click.option("--store", type=Path, required=True)
@click.option("--first", type=int, required=True)
@click.option("--step", type=int, required=True)
@click.option("--count", type=int, required=True)
def command(store: Path, first: int, step: int, count: int) -> None:
    """Write every STEP-th of COUNT batches that is not there yet; tell of each when it is kept."""
    with Store(store) as opened:
        for batch in range(first, count, step):
            if len(opened.get_many(keys_of(batch))) < RECORDS:
                opened.put_many(batch_of(batch))
                opened.put_painted(picture_of(batch))
                click.echo(f"{PUT}{batch}")


if __name__ == "__main__":
    command()
