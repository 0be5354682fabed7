"""What a suite is: a JSON or YAML file that says on which data what is asked, and how.

docs/suites.md describes the format for people who add suites; nothing here needs code for that.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from painter_kit.documents import parse_yaml, read_text
from painter_kit.errors import InputError
from painter_kit.schema import Builder, kind_name
from painter_kit.types import digest_json

FORMAT = 1
CLEAN = "clean"
Queries = Literal["each", "cycle", "random-class"]
Kind = Literal["category", "skeleton", "task", "pictures"]


@dataclass(frozen=True)
class Protocol:
    """How queries and supports are chosen.

    ``queries``: ``each`` takes every query once; ``cycle`` takes ``count`` by going round their
    list, as some published loaders do; ``random-class`` draws ``count`` times a category, then a
    query of it. ``supports``: ``shared`` gives all queries of a category the same drawn supports,
    several times over (so that prompts can be compared); ``own`` draws for every query anew.
    ``shots`` are the numbers of supports that paint together. With ``file`` the episodes are those
    of an episode file, by part or ``PART/SHOTS``; its path is relative to the suite's file.
    ``about`` says whose protocol it is.
    """

    queries: Queries = "each"
    count: int | None = None
    supports: Literal["shared", "own"] = "shared"
    shots: tuple[int, ...] = (1,)
    seed: int = 0
    file: Mapping[str, str] = field(default_factory=dict, hash=False)
    about: str = ""

    def episode_file(self, part: str, shots: int) -> Path | None:
        """The file with the episodes of a part at one number of shots; None without one."""
        found = self.file.get(f"{part}/{shots}", self.file.get(part))
        return None if found is None else Path(found)

    def __post_init__(self) -> None:
        if (self.queries == "each") != (self.count is None):
            raise ValueError("count belongs to queries cycle and random-class, which need it")
        if self.count is not None and self.count < 1:
            raise ValueError(f"count must be at least 1 but got {self.count}")
        if not self.shots or min(self.shots) < 1:
            raise ValueError(f"shots must be numbers of at least 1 but got {self.shots}")


@dataclass(frozen=True)
class Shows:
    """What a part shows that training may not have had: a ``kind`` and its name."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Part:
    """One row of a suite: a task on a dataset.

    ``queries`` and ``supports`` name subsets; without them queries are the dataset's test split
    and supports its pool. ``by`` ``class`` treats what stands before the last ``/`` of an id as
    the category that a prompt is for; supports are then other pictures of the queries' subset.
    ``category_data`` is the ``--data`` of one category (``fss1000:{category}``), on which prompts
    are searched and learned. ``min_foreground`` and ``min_classes`` are what a support must show.
    ``shows`` is for the audit of novelty; the categories of a part ``by`` class need no mention.
    """

    name: str
    task: str
    data: str
    by: Literal["whole", "class"] = "whole"
    queries: str | None = None
    supports: str | None = None
    category_data: str = ""
    min_foreground: float = 0.0
    min_classes: int = 0
    shows: tuple[Shows, ...] = ()

    def __post_init__(self) -> None:
        if self.category_data and self.category_data.count("{category}") != 1:
            raise ValueError(f"category_data must hold {{category}} but is {self.category_data!r}")

    def data_of(self, category: str) -> str:
        """The ``--data`` that a prompt for this category is searched and learned on."""
        return self.category_data.replace("{category}", category) if category else self.data


@dataclass(frozen=True)
class PublishedFigure:
    """A number of a paper: ``value`` in ``unit`` for ``metric`` of the suite's mean or of ``part``.

    ``training`` says what its system was trained on, where that decides what it means.
    """

    system: str
    metric: str
    value: float
    shots: int = 1
    part: str = ""
    unit: str = "%"
    source: str = ""
    training: str = ""


@dataclass(frozen=True)
class Suite:
    """A suite as its file states it.

    ``version`` counts changes of what is asked. ``digests`` are those of the episode lists on the
    whole official data, by protocol and part, so that a run can say whether it asked the same.
    ``mean`` is whether the parts are folds of one thing, whose mean is a figure of its own.
    ``canvas`` is the side that published numbers were painted at.
    """

    format: int
    name: str
    version: int
    title: str
    parts: tuple[Part, ...]
    protocols: Mapping[str, Protocol] = field(hash=False)
    published: tuple[PublishedFigure, ...] = ()
    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)
    mean: bool = False
    canvas: int = 448
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"format must be {FORMAT} but got {self.format}")
        names = [part.name for part in self.parts]
        if not names or len({*names}) < len(names):
            raise ValueError("parts must have names of their own, and there must be some")
        if CLEAN not in self.protocols:
            raise ValueError(f"protocols must hold one called {CLEAN}")
        if any(p.supports == "own" for p in self.protocols.values()) and any(
            part.by == "whole" for part in self.parts
        ):
            raise ValueError("supports own need parts by class; give shared ones")
        if self.mean and len({(p.task, p.by) for p in self.parts}) > 1:
            raise ValueError("mean needs parts of one task that are all by class or all whole")

    def part(self, name: str) -> Part:
        """The part of this name. Raises ``InputError`` for another."""
        found = {part.name: part for part in self.parts}
        if name not in found:
            raise InputError(f"--parts {name}: suite {self.name} has {', '.join(found)}")
        return found[name]

    def protocol(self, name: str) -> Protocol:
        """The protocol of this name. Raises ``InputError`` for another."""
        if name not in self.protocols:
            known = ", ".join(self.protocols)
            raise InputError(f"--protocol {name}: suite {self.name} has {known}")
        return self.protocols[name]


def suite_names() -> list[str]:
    """Names of the suites that ship with the package."""
    folder = files("benchmarks.suites") / "files"
    return sorted(p.name.removesuffix(".json") for p in folder.iterdir() if p.name[-5:] == ".json")


def load_suite(name: str) -> tuple[Suite, str]:
    """The suite called ``name``, or that of a file, and the digest of what the file says.

    Raises ``InputError`` for an unknown name and for a file that is no suite, naming the key.
    """
    if name in suite_names():
        text = (files("benchmarks.suites") / "files" / f"{name}.json").read_text(encoding="utf-8")
        return parse_suite(text, f"suite {name}")
    path = Path(name)
    if not path.is_file():
        near = difflib.get_close_matches(name, suite_names(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"--suite {name}: no such suite or file; suites: {', '.join(suite_names())}.{hint}"
        )
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as UTF-8 text; see docs/suites.md") from error
    suite, digest = parse_suite(text, str(path))
    return _placed(suite, path.parent), digest


def _placed(suite: Suite, folder: Path) -> Suite:
    """The suite with its episode files as they lie beside its own file, in ``folder``."""
    protocols = {
        name: replace(one, file={key: str(folder / file) for key, file in one.file.items()})
        for name, one in suite.protocols.items()
    }
    return replace(suite, protocols=protocols)


def parse_suite(text: str, source: str) -> tuple[Suite, str]:
    """The suite that a file's text states, and its digest. Raises ``InputError``."""
    try:
        data = parse_yaml(text)
    except ValueError as error:
        raise InputError(f"{source}: not valid JSON or YAML: {error}") from None
    if not isinstance(data, dict):
        raise InputError(f"{source}: must hold a mapping but holds a {kind_name(data)}")
    return Builder(lambda key: source).build(Suite, data), digest_json(data)


def choose_parts(suite: Suite, names: Sequence[str]) -> list[Part]:
    """The parts of these names in the suite's order; all without names."""
    wanted = [suite.part(name) for name in names]
    return [part for part in suite.parts if not wanted or part in wanted]


def about_suite(suite: Suite, digest: str) -> dict[str, Any]:
    """Name, version and digest, for whoever keeps a result."""
    return {"suite": suite.name, "version": suite.version, "suite_digest": digest}
