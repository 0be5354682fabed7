"""A document as Markdown, with its pictures as files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from painter_kit.report.document import (
    Block,
    Card,
    Chart,
    Code,
    Document,
    Section,
    Sheet,
    Table,
    Text,
    Tiles,
)
from painter_kit.report.encoded import encode

PICTURES = "pictures"


@dataclass
class MarkdownPage:
    """The text, and the files that it shows by their names relative to it."""

    text: str = ""
    files: dict[str, bytes] = field(default_factory=dict)


def markdown_page(document: Document) -> MarkdownPage:
    """The whole document."""
    page = MarkdownPage()
    lines = [f"# {_plain(document.title)}", _plain(document.subtitle)]
    lines += _blocks(document.head, page)
    for section in document.sections:
        lines += _section(section, 2, page)
    page.text = "\n\n".join(line for line in lines if line) + "\n"
    return page


def _section(section: Section, level: int, page: MarkdownPage) -> Iterator[str]:
    yield f"{'#' * min(level, 6)} {_plain(section.title)}"
    yield from _blocks(section.blocks, page)
    for one in section.sections:
        yield from _section(one, level + 1, page)


def _blocks(blocks: Sequence[Block], page: MarkdownPage) -> list[str]:
    return [part for block in blocks for part in _block(block, page)]


def _block(block: Block, page: MarkdownPage) -> list[str]:
    if isinstance(block, Text):
        return [_plain(block.text)]
    if isinstance(block, Code):
        return [f"```\n{block.text}\n```"]
    if isinstance(block, Table):
        return [_plain(block.caption), _table(block)]
    if isinstance(block, Tiles):
        rows = [(tile.name, tile.value, tile.detail) for tile in block.tiles]
        return [_table(Table(("what", "value", ""), rows))]
    if isinstance(block, Chart):
        name = _keep(page, "svg", block.svg)
        return [f"![{_plain(block.alt)}]({name})", _plain(block.caption)]
    return [_plain(block.caption), *_sheet(block, page)]


def _sheet(sheet: Sheet, page: MarkdownPage) -> list[str]:
    """A table with a row per card, whose heads are the labels of the first one."""
    heads = ["", *(p.label or p.alt for p in sheet.cards[0].pictures), ""]
    rows = [_card(card, len(heads) - 2, page) for card in sheet.cards]
    lines = [heads, ["---"] * len(heads), *rows]
    return ["\n".join(f"| {' | '.join(line)} |" for line in lines)]


def _card(card: Card, count: int, page: MarkdownPage) -> list[str]:
    shown = [f"![{_cell(p.alt)}]({_keep(page, *encode(p.image))})" for p in card.pictures]
    return [_cell(card.title), *shown, *[""] * (count - len(shown)), _cell(card.note)]


def _keep(page: MarkdownPage, suffix: str, data: bytes) -> str:
    name = f"{PICTURES}/{len(page.files):03d}.{suffix}"
    page.files[name] = data
    return name


def _table(table: Table) -> str:
    if not table.rows:
        return ""
    lines = [table.heads, ["---"] * len(table.heads), *table.rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(cell: object) -> str:
    text = str(cell)
    return text if re.fullmatch("-+", text) else _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Text of which nothing is read as markup, on one line."""
    return re.sub(r"([\\`*_<>\[\]])", r"\\\1", " ".join(text.split()))
