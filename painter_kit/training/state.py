"""The state of a run on disk: one file, written whole or not at all."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import torch

from painter_kit.errors import InputError
from painter_kit.files import damaged_part

STATE_FILE = "state.pt"
# What is raised by values of a readable file that are not those of a state.
MISFITS = RuntimeError, ValueError, LookupError, TypeError, AttributeError, OverflowError


def save_state(folder: Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values to ``folder/state.pt``, replacing the last one atomically."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{STATE_FILE}.tmp"
    try:
        with open(temporary, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, folder / STATE_FILE)
    finally:
        temporary.unlink(missing_ok=True)  # half a file would fill a full disk for good


def load_state(folder: Path) -> dict[str, Any]:
    """What ``save_state`` wrote. Raises ``InputError`` when it is missing or unreadable."""
    path = folder / STATE_FILE
    if not path.is_file():
        raise InputError(f"{path}: no such file; nothing to resume, start without --resume")
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("cut short, or no state of a training")
        if damage := damaged_part(path):
            raise ValueError(damage)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a broken file can make the unpickler raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: unreadable ({reason}); start again with --overwrite") from None
    if not isinstance(state, dict):
        raise InputError(f"{path}: holds no state of a training; start again with --overwrite")
    return state
