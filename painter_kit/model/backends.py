"""What can compile a network here."""

from __future__ import annotations

import torch

from painter_kit.errors import InputError


def check_backend(name: str) -> None:
    """Raise ``InputError`` with the known ones unless torch.compile has a backend of that name."""
    known = torch.compiler.list_backends(exclude_tags=())
    if name not in known:
        raise InputError(f"compile must be one of {', '.join(known)} but got {name!r}")
