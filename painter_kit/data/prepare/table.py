"""The datasets that can be prepared and checked."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from painter_kit.data.prepare.base import Finding, Step
from painter_kit.errors import InputError

# Name -> module that holds ``STEPS`` and ``check(root, deep)``; imported when it is asked for.
_MODULES = {
    name: f"painter_kit.data.prepare.{name}"
    for name in (
        *("nyuv2", "ade20k", "coco", "sidd", "derain", "lol"),
        *("ap10k", "animalpose", "lvis", "fss1000", "pascal5i", "coco20i"),
        *("haze", "blur", "inpaint", "colourise"),
    )
}


@dataclass(frozen=True)
class Preparation:
    """How one dataset is prepared and checked.

    ``steps`` are made in order; ``check(root, deep)`` says what is present, missing or broken,
    ``deep`` opening every file. Both take the folder that holds all datasets.
    """

    name: str
    steps: tuple[Step, ...]
    check: Callable[[Path, bool], list[Finding]]


def prepared_names() -> list[str]:
    """Every dataset that can be prepared."""
    return list(_MODULES)


def get_preparation(name: str) -> Preparation:
    """The preparation of a dataset. Raises ``InputError`` for another name."""
    if name not in _MODULES:
        near = difflib.get_close_matches(name, _MODULES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"unknown dataset {name!r}; known: {', '.join(_MODULES)}.{hint}")
    module = import_module(_MODULES[name])
    return Preparation(name, module.STEPS, module.check)
