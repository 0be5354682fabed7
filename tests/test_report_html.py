import numpy as np

from painter_kit.report.document import (
    Card,
    Chart,
    Code,
    Document,
    Limits,
    Number,
    Picture,
    Section,
    Sheet,
    Table,
    Text,
    Tile,
    Tiles,
)
from painter_kit.report.figures import Line, forest
from painter_kit.report.html import anchor, html_page
from tests.page_checks import checked, decoded

PICTURE = Picture(np.arange(48, dtype=np.uint8).reshape(4, 4, 3), 'a "picture"', "small")
NASTY = "<script>alert('x')</script> & \"quotes\""
DOCUMENT = Document(
    NASTY,
    "subtitle",
    [
        Section("First", [Text(NASTY, "note"), Code(NASTY), Sheet([Card(NASTY, [PICTURE], "n")])]),
        Section(
            "Second & last",
            [
                Table(("name", "value"), [(NASTY, Number(0.123456)), ("b", Limits(1, 2))], "c"),
                Chart(forest([Line("one", 1.0)], "axis"), "a chart", "caption"),
                Tiles([Tile("name", "1", "detail", "good")]),
            ],
            [Section("Folded", [Text("inner")], folded=True)],
        ),
    ],
)


def test_a_page_of_everything_is_whole_and_escaped():
    page = checked(html_page(DOCUMENT))
    assert page.words("h1") == [NASTY]
    assert page.words("code") == [NASTY]
    assert page.words("h2") == ["First", "Second & last"]
    assert page.words("summary") == ["Folded"]
    assert [a["href"] for a in page.all("a")] == ["#" + anchor(s) for s in DOCUMENT.sections]
    pictures = [a for a in page.all("img") if a["alt"] == PICTURE.alt]
    assert len(pictures) == 1
    assert np.array_equal(decoded(pictures[0]["src"] or ""), PICTURE.image)


def test_numbers_are_rounded_and_known_in_full():
    page = checked(html_page(DOCUMENT))
    assert [cell.get("title") for cell in page.all("td") if "title" in cell] == ["0.123456"]
    assert "0.1235" in page.words("td")
    assert [cell.get("class") for cell in page.all("td")] == [None, "number"] * 2


def test_equal_documents_are_equal_pages():
    assert html_page(DOCUMENT) == html_page(DOCUMENT)
