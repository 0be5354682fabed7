"""Values that a file may hold where another was meant, and plain data damaged by them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, MutableMapping, MutableSequence
from typing import Any

import numpy as np

Rng = np.random.Generator
Place = tuple[Any, Any]  # a container, and the key or index in it

DEEP = 100_000  # levels, more than any parser has stack for
LONG = 5_000  # letters, more than a file system has room for in a name

_NUMBERS: list[Any] = [0, 1, -1, 2, 255, 256, -(2**31), 2**31, 2**63, 2**64, 10**30, 10**400]
_NUMBERS += [0.5, -0.0, 1e-320, 1e9, 1e18, 1e308, float("nan"), float("inf"), -float("inf")]
_TEXTS = ["", " ", ".", "..", "/", "a\0b", "\ud800", "\u202e", "na\u00efve \U0001f4a5", "%s%n{0}"]
_TEXTS += ["12", "-3", "1e5", "٣", "²", "null", "nan", "true", "x" * LONG, "a\nb", "C:\\x", "~"]
# Paths that leave the folder of the case; what lies there is watched.
_PATHS = ["../outside.png", "../../outside.png", "../outside", "a/../../outside.png"]
_OTHERS: list[Any] = [None, True, False, [], {}, [[]], [None], {"a": 1}, [1, 2, 3], {"": {}}]
_LARGE: list[Callable[[], Any]] = [lambda: [0] * 5_000, lambda: {str(i): i for i in range(500)}]


def strange(rng: Rng) -> Any:
    """One value of any kind."""
    kind = int(rng.integers(0, 20))
    if kind < 7:
        return pick(rng, _NUMBERS)
    if kind < 12:
        return pick(rng, _TEXTS)
    if kind < 15:
        return pick(rng, _PATHS)
    if kind < 19:
        return copy.deepcopy(pick(rng, _OTHERS))
    return pick(rng, _LARGE)()


def pick(rng: Rng, choices: Any) -> Any:
    """One of a list, as it is."""
    return choices[int(rng.integers(0, len(choices)))]


def damaged(rng: Rng, value: Any) -> Any:
    """A copy of plain data with one to three changes; its root may be another value."""
    if rng.random() < 0.03:
        return strange(rng)
    root = {"root": copy.deepcopy(value)}
    for _ in range(int(rng.integers(1, 4))):
        _change(rng, root, _places(root))
    return root["root"]


def _places(value: Any, most: int = 5_000) -> list[Place]:
    """Every place of a nested value, the outer ones first."""
    found: list[Place] = []
    waiting = [value]
    while waiting and len(found) < most:
        held = waiting.pop(0)
        keys = list(held) if isinstance(held, MutableMapping) else range(len(held))
        for key in keys:
            found.append((held, key))
            if isinstance(held[key], MutableMapping | list):
                waiting.append(held[key])
    return found


def _change(rng: Rng, root: Any, places: list[Place]) -> None:
    held, key = pick(rng, places)
    change = int(rng.integers(0, 10))
    if change < 4:
        held[key] = strange(rng)
    elif change == 4:
        other, there = pick(rng, places)
        held[key] = copy.deepcopy(other[there])
    elif change == 5 and held is not root:
        del held[key]
    elif change == 6:
        held[key] = _tweaked(rng, held[key])
    elif change == 7:
        held[key] = pick(rng, [lambda v: [v], lambda v: {"value": v}, lambda v: [v, v]])(held[key])
    elif isinstance(held, MutableMapping) and held is not root:
        renamed = pick(rng, [f"{key}x", "id", "file_name", "", "__class__", str(key).upper()])
        held[renamed] = held.pop(key)
    elif isinstance(held, MutableSequence):
        held.insert(int(key), copy.deepcopy(held[key]))


def _tweaked(rng: Rng, value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        changes = [lambda v: -v, lambda v: v * 10**6, lambda v: v + 0.5, str, lambda v: v + 1]
        return pick(rng, changes)(value)
    if isinstance(value, str):
        changes = [lambda v: f"../{v}", lambda v: f"/{v}", lambda v: v[:-1], lambda v: f"{v}\0"]
        return pick(rng, [*changes, lambda v: v * 100, lambda v: f"./{v}", str.upper])(value)
    if isinstance(value, list):
        return pick(rng, [lambda v: v[::-1], lambda v: v * 20, lambda v: v[:-1]])(value)
    return list(value.items()) if isinstance(value, dict) else str(value)


def as_json(rng: Rng, value: Any) -> bytes:
    """Plain data as JSON, sometimes in a form that JSON does not allow."""
    text = json.dumps(value)
    form = int(rng.integers(0, 40))
    if form == 0:
        return b"\xef\xbb\xbf" + text.encode()
    if form == 1:
        return text.encode("utf-16")
    if form == 2:
        return text.replace("}", ",}", 1).encode()
    if form == 3:
        return (text + text).encode()
    if form == 4:  # every key twice
        return text.replace("{", '{"id": 1, "file_name": 2, ', 3).encode()
    if form == 5:
        return b"[" * DEEP + text.encode() + b"]" * int(rng.integers(0, 2) * DEEP)
    if form == 6:
        return b'{"a":' * DEEP
    if form == 7:
        return text.replace('"', "'").encode()
    if form == 8:
        return b"9" * LONG
    return text.encode()
