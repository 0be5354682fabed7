"""What a reader is to this campaign, and the table of all readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from painter_kit.errors import InputError

_MODULES = ("of_pictures", "of_data", "of_animals", "of_prompts", "of_weights", "of_words")
_MODULES += ("of_suites", "of_results")


@dataclass(frozen=True)
class Reader:
    """A part of the program that reads files.

    ``sample(folder)`` writes a valid input; ``read(folder)`` reads all of one, down to what tasks
    make of it. ``targets`` are the files to damage, as patterns. A refusal names the folder of
    the input or one of ``named``. ``share`` is its part of the inputs, 1 as others. ``allowed``
    are names of ``raw.INSTEAD`` that are no damage to it: a pipe may hold settings.
    """

    name: str
    sample: Callable[[Path], object]
    read: Callable[[Path], object]
    targets: tuple[str, ...] = ("*",)
    named: tuple[str, ...] = ()
    share: float = 1.0
    allowed: tuple[str, ...] = ()


@cache
def readers() -> Mapping[str, Reader]:
    """All readers by name."""
    modules = [import_module(f"benchmarks.bad_input.{name}") for name in _MODULES]
    return {reader.name: reader for module in modules for reader in module.READERS}


def get_reader(name: str) -> Reader:
    """The reader of this name. Raises ``InputError`` with the known names otherwise."""
    if name not in readers():
        raise InputError(f"unknown reader {name!r}; readers: {', '.join(readers())}")
    return readers()[name]


def shares(inputs: int) -> dict[str, int]:
    """How many cases of each reader make up so many inputs, at least one of each."""
    weights = {name: reader.share for name, reader in readers().items()}
    whole = sum(weights.values())
    cases = {name: max(1, int(inputs * share / whole)) for name, share in weights.items()}
    first = next(iter(cases))
    cases[first] += max(0, inputs - sum(cases.values()))
    return cases
