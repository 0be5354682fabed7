"""The fenced blocks and inline commands of README and docs.

A block of the language ``sh``, or of none, holds commands, one a line; output and file trees are
``text``.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHELL = ("", "sh", "bash", "console")
DATA = ("text", "json", "yaml", "toml", "bibtex", "diff", "mermaid")
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<language>[\w-]*)")
_INLINE = re.compile(r"`((?:\.venv/bin/)?(?:painterkit |python -m benchmarks\.)[^`]+)`")
_VARIABLE = re.compile(r"^\w+=")


@dataclass(frozen=True)
class Block:
    """A fenced block: where its text begins, its language and its lines."""

    page: str
    line: int
    language: str
    text: str


@dataclass(frozen=True)
class Command:
    """One command: ``text`` without comments and continuations, programs by their plain names."""

    page: str
    line: int
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.text}"


def pages() -> list[Path]:
    """README and all pages, the first of them first."""
    return [
        ROOT / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        ROOT / "benchmarks/README.md",
    ]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Every fenced block. Raises ``ValueError`` for one that is never closed."""
    found, lines = [], page.read_text(encoding="utf-8").splitlines()
    numbered = iter(enumerate(lines, start=1))
    for number, line in numbered:
        if fence := _FENCE.match(line):
            inside = []
            for _, text in numbered:
                if text.strip().startswith(fence["ticks"]):
                    break
                inside.append(text.removeprefix(fence["indent"]))
            else:
                raise ValueError(f"{name_of(page)}:{number}: the block is never closed")
            found.append(Block(name_of(page), number + 1, fence["language"], "\n".join(inside)))
    return found


def commands(page: Path) -> list[Command]:
    """Every command of the page's shell blocks."""
    return [c for block in blocks(page) if block.language in SHELL for c in _commands(block)]


def _commands(block: Block) -> Iterator[Command]:
    start, open_line = block.line, ""
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        start = start if open_line else number
        open_line += line.removeprefix("$ ") if not open_line else " " + line.strip()
        if open_line.endswith("\\"):
            open_line = open_line[:-1].rstrip()
            continue
        words = shlex.split(open_line, comments=True)
        if words:
            yield Command(block.page, start, plain(words))
        open_line = ""


def plain(words: list[str]) -> str:
    """The command without variables in front of it and without the folder of its programs."""
    while words and _VARIABLE.match(words[0]):
        words = words[1:]
    return shlex.join([word.removeprefix(".venv/bin/") for word in words])


def inline_commands(page: Path) -> list[Command]:
    """Calls of painterkit and of benchmarks in running text."""
    text = page.read_text(encoding="utf-8")
    fenced = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
    text = fenced.sub(lambda match: "\n" * match[0].count("\n"), text)
    return [
        Command(name_of(page), text.count("\n", 0, match.start()) + 1, plain(shlex.split(match[1])))
        for match in _INLINE.finditer(text)
    ]
