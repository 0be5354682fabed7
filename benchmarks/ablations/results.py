"""What is there of a cell: its card, if its training ended, and nothing of another training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ablations.variants import Cell
from painter_kit.config import load_config
from painter_kit.documents import parse_yaml, read_json
from painter_kit.errors import InputError
from painter_kit.schema import Builder
from painter_kit.training.continuation import CONFIG_FILE, changed, in_words
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.state import STATE_FILE

CARD = "card.json"


@dataclass(frozen=True)
class Result:
    """A finished cell with its card's content."""

    cell: Cell
    card: dict[str, Any]


def finished(cell: Cell, out: Path) -> Result | None:
    """The cell's result if it is there.

    Raises ``InputError`` when the folder holds a training with other settings, ended or half done,
    or a card that is not as written.
    """
    folder = out / cell.folder
    if not (folder / CARD).is_file():
        config = folder / CONFIG_FILE
        if (folder / STATE_FILE).is_file() and config.is_file():
            _check_same(load_config(TrainSettings, config), cell, folder)
        return None
    card, settings = _read(folder / CARD)
    _check_same(settings, cell, folder)
    return Result(cell, card)


def all_finished(chosen: Sequence[Cell], out: Path) -> list[Result]:
    """What there is of some cells, in their order. Raises ``InputError`` as ``finished`` does."""
    return [found for cell in chosen if (found := finished(cell, out))]


def _read(path: Path) -> tuple[dict[str, Any], TrainSettings]:
    """The content of a card, and the settings that it names: not their text, to which a release
    may add lines."""
    try:
        card = read_json(path)
        recipe = parse_yaml(card["recipe"])
        settings = Builder(lambda key: str(path)).build(TrainSettings, recipe)
        if not card["validation"]["tasks"]:
            raise ValueError("it holds no figures")
        return card, settings
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: not the card of a validated training ({error!r:.200}); remove {path.parent} "
            "to train it again"
        ) from error


def _check_same(settings: TrainSettings, cell: Cell, folder: Path) -> None:
    other = changed(settings, cell.settings())
    if other:
        raise InputError(
            f"{folder}: trained with other settings ({in_words(other)}); choose another --out, or "
            "remove that folder to train it again"
        )
