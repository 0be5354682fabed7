"""Random generators keyed by names, so that everything drawn has one reproducible source."""

from __future__ import annotations

import zlib

import numpy as np


def generator(*keys: int | str) -> np.random.Generator:
    """A generator that depends on the keys alone, whatever else was drawn before.

    Keys are non-negative integers or names; ``generator(0, "train", 7, "scene")`` is the same
    stream on every machine and in every process.
    """
    numbers = [zlib.crc32(k.encode()) if isinstance(k, str) else int(k) for k in keys]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(numbers)))
