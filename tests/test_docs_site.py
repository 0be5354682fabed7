"""The documentation: built strictly, whole, and of one mind with the program."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import painter_kit
from painter_kit.cli.main import VERBS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PARTS = ("mkdocs", "material", "mkdocstrings", "mkdocstrings_handlers")
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass
class Page(HTMLParser):
    """What a page holds: ids that links lead to, links, and what a browser loads with it."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and LOADED[tag] in given and given.get("rel") != "canonical":
            self.loads.append(given[LOADED[tag]])


def read_page(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def broken_links(site: Path) -> list[str]:
    """Links and pictures of the pages in ``site`` that lead nowhere within it."""
    pages = {path.resolve(): read_page(path) for path in site.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            wanted = unquote(parts.fragment)
            ids = pages[goal].ids if goal in pages else set()
            if not goal.is_file() or (wanted and goal in pages and wanted not in ids):
                broken.append(f"{path.relative_to(site.resolve())}: {link}")
    return sorted(broken)


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    missing = [name for name in PARTS if find_spec(name) is None]
    if missing:
        pytest.skip(f"needs pip install -e '.[docs]': {', '.join(missing)} not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "-f", config, "-d", site]
    return subprocess.run(command, cwd=config.parent, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as ``make docs`` builds it."""
    folder = tmp_path_factory.mktemp("site")
    run = build(ROOT / "mkdocs.yml", folder)
    assert run.returncode == 0, run.stderr
    return folder


@pytest.mark.slow
def test_every_page_is_built_and_every_link_leads_somewhere(site: Path):
    pages = {p.relative_to(DOCS).with_suffix(".html") for p in DOCS.rglob("*.md")}
    assert {page for page in pages if not (site / page).is_file()} == set()
    # Links from the root, which the page for addresses that do not exist has, know no folder.
    (site / "404.html").unlink(missing_ok=True)
    assert broken_links(site) == []


@pytest.mark.slow
def test_pages_load_nothing_from_other_servers(site: Path):
    loads = {link for path in site.rglob("*.html") for link in read_page(path).loads}
    assert any(link.endswith(".css") for link in loads)
    assert [link for link in loads if urlsplit(link).netloc] == []


@pytest.mark.slow
def test_public_names_are_in_the_reference(site: Path):
    ids = set().union(*(read_page(path).ids for path in (site / "api").glob("*.html")))
    lacking = [n for n in painter_kit.__all__ if f"painter_kit.{n}" not in ids]
    assert lacking == []
    for name in ("prompt_search.search.search_prompt", "prompt_tuning.run.tune_prompt"):
        assert name in ids
    assert "painter_kit.Predictor.paint" in ids


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[gone](gone.md) [there](other.md#nowhere) [outside](../README.md)",
            ("gone.md", "#nowhere", "README.md", "- other.md"),
        ),
        ("::: painter_kit.nothing_of_this_name", ("nothing_of_this_name",)),
    ],
)
def test_what_leads_nowhere_ends_the_build(tmp_path: Path, text: str, words: tuple[str, ...]):
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    head, _, tail = config.partition("nav:")
    tail = tail.partition("validation:")[2].replace("paths: [.]", f"paths: [{ROOT}]")
    (tmp_path / "mkdocs.yml").write_text(f"{head}nav: [index.md]\nvalidation:{tail}")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# Page\n\n{text}\n")
    (tmp_path / "docs" / "other.md").write_text("# Other, which the navigation lacks\n")
    run = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert run.returncode != 0
    assert [word for word in words if word not in run.stdout + run.stderr] == []


def test_a_broken_link_of_a_page_is_found(tmp_path: Path):
    (tmp_path / "a.html").write_text('<a href="b.html#x"></a><a href="#y"></a><img src="c.png">')
    (tmp_path / "b.html").write_text('<a id="z" href="https://example.org/x">x</a>')
    assert broken_links(tmp_path) == ["a.html: #y", "a.html: b.html#x", "a.html: c.png"]


@pytest.mark.parametrize("page", ["README.md", "benchmarks/README.md"])
def test_readme_links_exist(page: str):
    path = ROOT / page
    links = MARKDOWN_LINK.findall(path.read_text(encoding="utf-8"))
    local = [link.partition("#")[0] for link in links if not urlsplit(link).scheme]
    assert local
    assert [link for link in local if link and not (path.parent / link).exists()] == []


def test_every_verb_has_a_section_and_an_example():
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## ([\w-]+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == list(VERBS)
    for verb, section in sections.items():
        assert f"painterkit {verb}" in section, verb


def test_options_in_the_documentation_exist():
    """Every ``--option`` after ``painterkit VERB`` in a page is one of that verb."""
    wrong = []
    for path in (ROOT / "README.md", *DOCS.rglob("*.md")):
        for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
            command = re.match(r"\s*(?:\.venv/bin/)?painterkit ([a-z-]+)(.*)", line)
            if command and command[1] in VERBS:
                options = set(re.findall(r"(?<=\s)--[a-z][a-z-]*", command[2].partition("#")[0]))
                known = known_options(command[1])
                wrong += [f"{path.name}: {command[1]} {o}" for o in sorted(options - known)]
    assert wrong == []


def known_options(verb: str) -> set[str]:
    import click

    from painter_kit.cli.main import cli

    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    commands = [command, *getattr(command, "commands", {}).values()]
    return {"--help"} | {
        option
        for one in commands
        for parameter in one.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }


def test_every_package_is_in_the_layout():
    text = (DOCS / "layout.md").read_text(encoding="utf-8")
    folders = [p.name for p in (ROOT / "painter_kit").iterdir() if (p / "__init__.py").is_file()]
    assert len(folders) > 10
    assert [name for name in folders if f"`painter_kit/{name}/`" not in text] == []
    assert [
        n for n in ("prompt_search", "prompt_tuning", "benchmarks") if f"`{n}/`" not in text
    ] == []


@pytest.mark.parametrize("name", ["nyuv2", "ade20k", "coco", "sidd", "derain", "lol"])
def test_published_data_are_told_to_be_where_the_readers_look(name: str):
    from painter_kit.data.base import open_dataset
    from painter_kit.errors import InputError

    data = open_dataset(name)
    with pytest.raises(InputError) as told:
        len(data.examples(data.tasks[0], data.sources["test"]))
    folder = str(told.value).rpartition("holds ")[2]
    text = (DOCS / "released.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{name}` \|(?! keypoint).*", text, re.MULTILINE)
    assert f"`{folder}" in row


@pytest.mark.slow
def test_the_python_examples_run(tmp_path: Path):
    text = (DOCS / "api" / "index.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    command = [sys.executable, "-c", f"{code}\nprint(metres.shape == example.image.shape[:2])"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "searched prompt for depth on world" in run.stdout
    assert run.stdout.splitlines()[-1] == "True"
    assert (tmp_path / "runs" / "from-python" / "prompt" / "prompt.json").is_file()
