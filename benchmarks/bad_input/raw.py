"""Damage that knows nothing of a file's format, and what may stand in a file's place."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.bad_input.strange import Rng, pick

_TOKENS = [b"\0", b"\xff" * 8, b"\x7f\xff\xff\xff", b"../", b"-1", b"nan", b"{", b"]", b'"', b"\n"]


def cut(rng: Rng, content: bytes) -> bytes:
    """The beginning alone."""
    return content[: int(rng.integers(0, max(1, len(content))))]


def flipped(rng: Rng, content: bytes) -> bytes:
    """One to 32 bits changed, anywhere or near the beginning."""
    changed = bytearray(content)
    reach = len(changed) if rng.random() < 0.5 else min(len(changed), 256)
    for _ in range(int(rng.integers(1, 33)) if reach else 0):
        changed[int(rng.integers(0, reach))] ^= 1 << int(rng.integers(0, 8))
    return bytes(changed)


def spliced(rng: Rng, content: bytes, others: Sequence[bytes]) -> bytes:
    """A piece of this file, or of another, put in or in the place of what is there."""
    source = pick(rng, [content, *others])
    start = int(rng.integers(0, max(1, len(source))))
    piece = source[start : start + int(rng.integers(1, 512))]
    place = int(rng.integers(0, len(content) + 1))
    kept = place + (len(piece) if rng.random() < 0.5 else 0)
    return content[:place] + piece + content[kept:]


def sprinkled(rng: Rng, content: bytes) -> bytes:
    """Tokens that mean something to many formats, put in."""
    for _ in range(int(rng.integers(1, 6))):
        place = int(rng.integers(0, len(content) + 1))
        content = content[:place] + pick(rng, _TOKENS) + content[place:]
    return content


def noise(rng: Rng, content: bytes) -> bytes:
    """Nothing of the file but perhaps its first bytes."""
    head = content[: pick(rng, [0, 0, 4, 16, 512])]
    return head + rng.bytes(int(rng.integers(0, 2048)))


def of_bytes(rng: Rng, content: bytes, others: Sequence[bytes]) -> bytes:
    """One of these."""
    kind = int(rng.integers(0, 10))
    if kind < 3:
        return cut(rng, content)
    if kind < 6:
        return flipped(rng, content)
    if kind < 8:
        return spliced(rng, content, others)
    return sprinkled(rng, content) if kind == 8 else noise(rng, content)


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("nothing")


def _link_to_a_device(path: Path) -> None:
    path.symlink_to(Path("/dev") / "zero")


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _nothing(path: Path) -> None:
    """The file is missing."""


def _empty(path: Path) -> None:
    path.write_bytes(b"")


# What may stand where a file is expected, by name.
INSTEAD: dict[str, Callable[[Path], None]] = {
    "nothing": _nothing,
    "an empty file": _empty,
    "a folder": _folder,
    "a link to itself": _link_to_itself,
    "a link to nothing": _link_to_nothing,
    "a pipe": _pipe,
    "a device": _link_to_a_device,
}
