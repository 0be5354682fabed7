"""Which of a dataset's files are there, and in which order people count them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from painter_kit.errors import InputError, MissingError


def missing_files(paths: Iterable[Path]) -> list[Path]:
    """Those that do not exist, in order; every folder is listed once."""
    listed: dict[Path, frozenset[str]] = {}
    missing = []
    for path in paths:
        folder = path.parent
        if folder not in listed:
            listed[folder] = frozenset(os.listdir(folder) if folder.is_dir() else ())
        if path.name not in listed[folder]:
            missing.append(path)
    return missing


def require_files(paths: Iterable[Path], advice: str) -> None:
    """Raise ``InputError`` when one of ``paths`` is not there; ``advice`` says what to do."""
    missing = missing_files(paths)
    if missing:
        more = f" and {len(missing) - 1} more do not" if len(missing) > 1 else " does not"
        raise MissingError(f"{missing[0]}{more} exist; {advice}")


def dataset_folder(root: Path | None, data: str, name: str, advice: str) -> Path:
    """``root/name``, the folder of the dataset ``data``; ``advice`` says what belongs there.

    Raises ``InputError`` when there is no root or no such folder below it.
    """
    if root is None:
        raise InputError(f"--data {data} needs --data-root DIR, the folder that holds {name}/")
    folder = root / name
    if not folder.is_dir():
        raise MissingError(f"folder {folder} does not exist; {advice}")
    return folder


def is_inside(name: str) -> bool:
    """Whether a relative path that stands in a file stays inside of the folder it starts from."""
    parts = name.replace("\\", "/").split("/")
    return bool(name) and "\0" not in name and bool(parts[0]) and ".." not in parts


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sorts names with numbers as people count: ``2.png`` before ``10.png``."""
    parts = re.split(r"(\d+)", name)  # text and numbers in turn
    return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)]
