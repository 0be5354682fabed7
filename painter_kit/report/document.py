"""What a report consists of, before it is a page: sections of texts, tables and pictures.

One document is written as HTML (``html.py``) and as Markdown (``markdown.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from painter_kit.types import Image

WIDTH = 7.2  # inches of a chart

Tone: TypeAlias = Literal["plain", "good", "bad", "note"]


@dataclass(frozen=True)
class Number:
    """A number that is shown in ``digits`` significant ones and known in full.

    ``signed`` shows the sign of positive ones.
    """

    value: float | int | None
    digits: int = 4
    signed: bool = False

    def __str__(self) -> str:
        if self.value is None or not np.isfinite(self.value):
            return "-"
        sign = "+" if self.signed else ""
        if isinstance(self.value, int):
            return f"{self.value:{sign},}"
        return f"{self.value:{sign}.{self.digits}g}"


@dataclass(frozen=True)
class Limits:
    """Both limits of a 95 % interval; empty when they are unknown."""

    low: float | None
    high: float | None
    signed: bool = False

    def __str__(self) -> str:
        if None in (self.low, self.high):
            return ""
        return f"{Number(self.low, signed=self.signed)} to {Number(self.high, signed=self.signed)}"


Cell: TypeAlias = "Number | Limits | str"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Code:
    """Lines to be copied as they are."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of cells below their heads; ``caption`` says what they are."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.heads) for row in self.rows):
            raise ValueError(f"every row must have {len(self.heads)} cells")

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.heads)
        return [any(isinstance(cell, Number | Limits) for cell in column) for column in columns]


@dataclass(frozen=True)
class Tile:
    """One number that matters: what it is, the number, and what is to be known beside it."""

    name: str
    value: str
    detail: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Tiles:
    """The numbers that matter, side by side."""

    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Chart:
    """A drawing as SVG, ``width`` inches wide; ``alt`` tells in words what can be seen in it."""

    svg: bytes
    alt: str
    caption: str = ""
    width: float = WIDTH


@dataclass(frozen=True)
class Picture:
    """A uint8 (H, W, 3) picture with a label; ``alt`` says what it shows."""

    image: Image
    alt: str
    label: str = ""


@dataclass(frozen=True)
class Card:
    """Pictures that belong together, under a title, with a line of numbers below."""

    title: str
    pictures: Sequence[Picture]
    note: str = ""


@dataclass(frozen=True)
class Sheet:
    """Cards one after the other; ``caption`` says how to read them."""

    cards: Sequence[Card]
    caption: str = ""


Block: TypeAlias = Text | Code | Table | Tiles | Chart | Sheet


@dataclass(frozen=True)
class Section:
    """Blocks under a title, then sections within it; ``folded`` ones are opened when wanted."""

    title: str
    blocks: Sequence[Block] = ()
    sections: Sequence[Section] = ()
    folded: bool = False


@dataclass(frozen=True)
class Document:
    """A report: title, a line below it, what comes first, and the sections."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    head: Sequence[Block] = field(default_factory=tuple)


def words(values: Mapping[str, Any]) -> Table:
    """Names and values, two columns, as they are; what has no value is left out."""
    kept = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    rows = [
        (name, str(as_cell(value) if isinstance(value, bool | list | tuple) else value))
        for name, value in kept.items()
    ]
    return Table(("what", "value"), rows)


def as_cell(value: Any) -> Cell:
    """A number as ``Number``, everything else as text."""
    if isinstance(value, Number | Limits):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return Number(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
