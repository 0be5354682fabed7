"""Plain data in text files, JSON and YAML; whatever is wrong with one is a ``ValueError``.

The parsers of both languages fail in more ways than they say: nesting deeper than the stack, whole
numbers that no array holds, links that no program should follow. Here all of them are refused, and
the caller adds which file it was and what to do.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Whole numbers beyond these fit into no array and no database.
LEAST, MOST = -(2**63), 2**63 - 1
# Values that a YAML text may stand for, those behind an alias counted wherever it is used.
SPELLED_OUT = 100_000


def read_text(path: Path) -> str:
    """The content of a UTF-8 file.

    Raises ``OSError`` when it cannot be read or is a pipe or a device, from which there might be no
    end, and ``ValueError`` for bytes that are no text.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return path.read_text(encoding="utf-8")


def read_json(path: Path, keep: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The content of a JSON file; every object becomes ``keep(object)``, innermost first.

    Raises ``OSError`` as ``read_text`` does, and ``ValueError`` for what is no JSON.
    """
    return parse_json(read_text(path), keep)


def parse_json(text: str | bytes, keep: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """Plain data of a JSON text. Raises ``ValueError``."""
    try:
        return json.loads(text, object_hook=keep, parse_int=_whole)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _whole(digits: str) -> int:
    number = int(digits) if len(digits) < 25 else MOST + 1
    if not LEAST <= number <= MOST:
        raise ValueError(f"the number {digits[:20]} is too large")
    return number


def parse_yaml(text: str) -> Any:
    """Plain data of a YAML text, read by the safe loader. Raises ``ValueError``, in one line."""
    import yaml

    # The safe loader; as libyaml has it where there is one, which takes deep nesting in its stride.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        value = yaml.load(text, Loader=loader)
        _count(value, set(), 0)
        return value
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    # The loader hands on what goes wrong in its own conversions.
    except (ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {' '.join(str(error).split())}") from None


def _count(value: Any, above: set[int], found: int) -> int:
    """How many values there are, each alias spelled out; raises for too many and for endless."""
    found += 1
    if isinstance(value, int) and not LEAST <= value <= MOST:
        raise ValueError("a number is too large")
    if found > SPELLED_OUT:
        raise ValueError(f"it stands for more than {SPELLED_OUT:,} values")
    if isinstance(value, dict | list):
        if id(value) in above:
            raise ValueError("an alias stands for what it is part of")
        inside = above | {id(value)}
        for item in value.values() if isinstance(value, dict) else value:
            found = _count(item, inside, found)
    return found
