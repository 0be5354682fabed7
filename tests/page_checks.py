"""What holds for every page: well-formed, nothing loaded from elsewhere, all pictures decode."""

import base64
from html.parser import HTMLParser
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
from PIL import Image

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Collects tags, cells and pictures; fails where a tag is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> within {self.open}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.append((self.open[-1], data.strip()))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    def words(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def checked(text: str) -> Page:
    """The page, after all that every page must keep."""
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    assert page.all("script") == []
    assert page.all("link") == []
    assert "viewport" in [attrs.get("name") for attrs in page.all("meta")]
    assert "url(" not in text
    assert "@import" not in text
    for _, attrs in page.tags:
        for name in ("src", "href", "srcset", "data", "action"):
            value = attrs.get(name)
            assert value is None or value.startswith(("data:", "#")), value
    targets = {attrs.get("id") for _, attrs in page.tags}
    assert all((a["href"] or "")[1:] in targets for a in page.all("a"))
    for attrs in page.all("img"):
        assert attrs.get("alt"), "a picture without words"
        assert decoded(attrs["src"] or "") is not None
    return page


def decoded(uri: str) -> np.ndarray | ElementTree.Element:
    """The picture or the chart of a data URI."""
    head, _, data = uri.partition(",")
    content = base64.b64decode(data, validate=True)
    if head == "data:image/svg+xml;base64":
        return ElementTree.fromstring(content)
    assert head in ("data:image/png;base64", "data:image/jpeg;base64")
    return np.array(Image.open(BytesIO(content)))
