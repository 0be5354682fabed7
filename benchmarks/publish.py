"""The last run of a benchmark in the page that tells of it, so that no number is typed by hand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from painter_kit.errors import InputError
from painter_kit.files import atomic, write_text

README = Path(__file__).parent / "README.md"
PICTURES = Path(__file__).parents[1] / "docs"


def publish(
    name: str,
    page: str,
    pictures: Mapping[str, Path],
    place: Path = README,
    folder: Path = PICTURES,
) -> None:
    """Replace the section ``name`` of the file ``place`` by ``page``, one level lower.

    ``pictures``: what they show -> PNG; each is copied into ``folder`` under its own name and shown
    below. Raises ``InputError`` when the file has no section of that name.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    text = place.read_text() if place.exists() else ""
    if not 0 <= text.find(begin) < text.find(end):
        raise InputError(f"{place} needs the lines {begin} and {end} to put the tables between")
    shown = []
    for title, path in pictures.items():
        with atomic(folder / path.name) as temporary:
            shutil.copyfile(path, temporary)
        shown.append(f"![{title}](../{folder.name}/{path.name})\n")
    lowered = re.sub(r"^#", "##", page.strip(), flags=re.MULTILINE)
    before, after = text.split(begin)[0], text.split(end)[1]
    section = "\n".join([begin, "", lowered, "", *shown, end])
    write_text(place, before + section + after)
