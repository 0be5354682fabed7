import re
from io import BytesIO

import numpy as np
from PIL import Image

from painter_kit.report.markdown import markdown_page
from tests.test_report_html import DOCUMENT, PICTURE


def test_the_same_document_as_text_with_files():
    page = markdown_page(DOCUMENT)
    lines = page.text.splitlines()
    assert lines[0].startswith("# \\<script\\>")  # nothing is read as markup
    assert [line for line in lines if line.startswith("## ")] == ["## First", "## Second & last"]
    assert "### Folded" in lines
    assert "0.1235 |" in page.text
    shown = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", page.text)
    assert sorted(shown) == sorted(page.files)
    assert {name.rpartition(".")[2] for name in shown} == {"png", "svg"}
    (png,) = (data for name, data in page.files.items() if name.endswith("png"))
    assert np.array_equal(np.array(Image.open(BytesIO(png))), PICTURE.image)


def test_tables_have_as_many_cells_in_every_row():
    rows = [line for line in markdown_page(DOCUMENT).text.splitlines() if line.startswith("| ")]
    counts = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    assert set(counts) == {3, 4}  # two columns; a title, a picture and a note; tiles
