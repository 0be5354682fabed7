"""Orders and random generators that are the same on every machine and in every process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np


def _keyed(text: str, key: tuple[object, ...], size: int) -> bytes:
    prefix = "\0".join(map(str, key))
    return hashlib.blake2b(f"{prefix}\0\0{text}".encode(), digest_size=size).digest()


def keyed_order(names: Sequence[str], *key: object) -> list[int]:
    """Indices of ``names`` in an order that looks random and depends on ``key`` and names alone.

    Adding or removing names leaves the order of the others as it was, and the order in which
    the names are listed does not matter, so that a prefix is a fair and stable sample.
    """
    ranks = [(_keyed(name, key, 16), name) for name in names]
    return sorted(range(len(names)), key=ranks.__getitem__)


def generator(seed: int, *label: object) -> np.random.Generator:
    """A numpy generator of its own for every seed and label."""
    return np.random.default_rng(int.from_bytes(_keyed("generator", (seed, *label), 16), "big"))
