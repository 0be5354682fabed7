"""The layouts that the world can be written in."""

from __future__ import annotations

from importlib import import_module

from painter_kit.data.layouts.base import Layout
from painter_kit.errors import InputError

# Name -> module that holds the layout as ``LAYOUT``; imported when it is asked for.
_MODULES = {
    name: f"painter_kit.data.layouts.{name}"
    for name in (
        *("folder", "nyuv2", "ade20k", "coco", "sidd", "derain", "lol"),
        *("fss1000", "pascal5i", "coco20i"),
        *("ap10k", "animalpose", "lvis"),
    )
}
OFFICIAL = tuple(name for name in _MODULES if name != "folder")


def get_layout(name: str) -> Layout:
    """The layout called ``name``: one of ``OFFICIAL``, or ``folder`` for plain pairs.

    Raises ``InputError`` for another name.
    """
    if name not in _MODULES:
        raise InputError(f"unknown layout {name!r}; use {', '.join(OFFICIAL)}")
    return import_module(_MODULES[name]).LAYOUT
