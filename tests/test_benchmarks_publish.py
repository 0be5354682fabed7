"""Sections of the page of benchmarks."""

from pathlib import Path

import pytest

from benchmarks.publish import README, publish
from painter_kit.errors import InputError


def test_only_the_section_changes(tmp_path: Path):
    readme, picture = tmp_path / "benchmarks" / "README.md", tmp_path / "run" / "speed.png"
    for path in (readme, picture):
        path.parent.mkdir()
    readme.write_text("# B\n\n<!-- begin a -->\nold\n<!-- end a -->\nkept\n")
    picture.write_bytes(b"png")
    where = {"place": readme, "folder": tmp_path / "docs"}
    for run in ("first", "second"):
        publish("a", f"# Speed\n\n## {run}\n\n| # |\n", {"bars": picture}, **where)
    assert readme.read_text() == (
        "# B\n\n<!-- begin a -->\n\n## Speed\n\n### second\n\n| # |\n\n"
        "![bars](../docs/speed.png)\n\n<!-- end a -->\nkept\n"
    )
    assert (tmp_path / "docs" / "speed.png").read_bytes() == b"png"


def test_a_page_without_the_section_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="begin speed"):
        publish("speed", "# x", {}, tmp_path / "none.md", tmp_path)


@pytest.mark.parametrize("name", ["speed", "search_replay", "search_table"])
def test_the_page_has_the_sections(name: str):
    text = README.read_text()
    assert 0 <= text.find(f"<!-- begin {name} -->") < text.find(f"<!-- end {name} -->")
