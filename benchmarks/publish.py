"""The last run of a benchmark in ``benchmarks/README.md``, so that no number is typed by hand."""

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
    readme: Path = README,
    folder: Path = PICTURES,
) -> None:
    """Replace the section of benchmark ``name`` by ``page``, one level lower, and its pictures.

    ``pictures``: what they show -> PNG; each is copied into ``folder`` under its own name. Raises
    ``InputError`` when the page has no section of that name.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    text = readme.read_text() if readme.exists() else ""
    if not 0 <= text.find(begin) < text.find(end):
        raise InputError(f"{readme} needs the lines {begin} and {end} to put the tables between")
    shown = []
    for title, path in pictures.items():
        with atomic(folder / path.name) as temporary:
            shutil.copyfile(path, temporary)
        place = Path("..") / folder.name / path.name
        shown.append(f"![{title}]({place.as_posix()})\n")
    lowered = re.sub(r"^#", "##", page.strip(), flags=re.MULTILINE)
    before, after = text.split(begin)[0], text.split(end)[1]
    section = "\n".join([begin, "", lowered, "", *shown, end])
    write_text(readme, before + section + after)
