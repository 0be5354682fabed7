"""A document as one HTML file that needs nothing else: no network, no scripts, no other files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from painter_kit.report.document import Document, Number, Section
from painter_kit.report.encoded import image_uri, svg_uri

TEMPLATE = "page.html.j2"


def html_page(document: Document) -> str:
    """The page; all text is escaped."""
    return _template().render(document=document, anchor=anchor)


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(image_uri=image_uri, svg_uri=svg_uri)
    environment.filters["exact"] = _exact
    environment.filters["kind"] = lambda block: type(block).__name__
    return environment.get_template(TEMPLATE)


def _exact(cell: object) -> str:
    """All digits of a number, which a page shows where the pointer rests; else nothing."""
    return repr(cell.value) if isinstance(cell, Number) and cell.value is not None else ""


def anchor(section: Section, path: str = "") -> str:
    """What links to a section are called."""
    letters = (c if c.isascii() and c.isalnum() else "-" for c in f"{path} {section.title}".lower())
    return "s" + "".join(letters)
