"""Was it in the training sets: an audit of categories, skeletons, tasks and kinds of pictures.

What each checkpoint was trained on is data (``seen.json``): lists of names, other names of the same
thing (``aliases``) and what a name is a kind of (``broader``; curated by hand for the test classes
of FSS-1000). ``seen``: a training set names it; ``related``: a training set names something that it
is a kind of; ``unseen``: neither; ``unknown``: nothing is known of the checkpoint's training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.comparable import RELEASED_PARAMETERS
from benchmarks.suites.base import Kind, Part, Shows
from painter_kit.errors import InputError
from painter_kit.model.checkpoint import WEIGHTS, model_digest
from painter_kit.model.painter import Painter
from painter_kit.report.runs import CONFIG, is_training, read_object, read_yaml
from painter_kit.types import Record

Status = Literal["seen", "related", "unseen", "unknown"]
MIXED = "mixed"  # a picture with categories of several statuses
STATUSES: tuple[Status, ...] = ("unseen", "related", "seen", "unknown")
AUTO, UNKNOWN = "auto", "unknown"
_KINDS: tuple[Kind, ...] = ("category", "skeleton", "task", "pictures")


@dataclass(frozen=True)
class Audited:
    """One thing that a part shows, and whether training had it."""

    part: str
    kind: str
    name: str
    status: Status
    because: str = ""

    def cells(self) -> dict[str, object]:
        """The row of a table."""
        return {
            "part": self.part,
            "kind": self.kind,
            "name": self.name,
            "status": self.status,
            "because of": self.because,
        }


@dataclass(frozen=True)
class Training:
    """What a checkpoint was trained on, by the name of its list."""

    name: str
    about: str
    lists: Mapping[str, frozenset[str]]
    aliases: Mapping[str, str]
    broader: Mapping[str, str]

    def status(self, kind: Kind, name: str) -> tuple[Status, str]:
        """Whether training had it, and the training sets' own word for it."""
        if self.name == UNKNOWN:
            return "unknown", ""
        known, plain = self.lists[kind], _plain(name)
        for word in dict.fromkeys((plain, self.aliases.get(plain, plain))):
            if word in known:
                return "seen", word
        above = self.broader.get(plain, "")
        if above and kind == "category" and above in known:
            return "related", above
        return "unseen", ""


def _plain(name: str) -> str:
    """A category without the fold before it, in plain letters."""
    return " ".join(name.rpartition("/")[2].replace("_", " ").lower().split())


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return json.loads((files("benchmarks.suites") / "seen.json").read_text(encoding="utf-8"))


def training_names() -> list[str]:
    """Names of the lists."""
    return sorted(_data()["lists"])


def training_of(name: str, checkpoint: str, model: Painter | None = None) -> Training:
    """The list called ``name``; ``auto`` finds that of the checkpoint, if it is a known one.

    Raises ``InputError`` for another name.
    """
    if name == AUTO:
        name = _list_of(checkpoint, model)
    data = _data()
    if name == UNKNOWN:
        return Training(name, "nothing is known of this checkpoint's training", {}, {}, {})
    if name not in data["lists"]:
        known = ", ".join((AUTO, *training_names(), UNKNOWN))
        raise InputError(f"--trained-on {name}: give one of {known}")
    chosen = data["lists"][name]
    lists = {kind: frozenset(map(_trained, chosen[kind])) for kind in _KINDS}
    return Training(name, chosen["about"], lists, data["aliases"], data["broader"])


def _trained(name: str) -> str:
    """A training set's name without what COCO adds to merged classes."""
    return _plain(name.removesuffix("-merged").removesuffix("-other").removesuffix("-stuff"))


def _list_of(checkpoint: str, model: Painter | None) -> str:
    if model is None:
        return UNKNOWN
    if _learned_the_world(Path(checkpoint), model):
        return "world"
    if getattr(model, "type_tokens", None) or hasattr(model, "type_token_cls"):
        return "seggpt"
    count = sum(p.numel() for p in model.parameters())
    return "painter" if count == RELEASED_PARAMETERS else UNKNOWN


def _learned_the_world(checkpoint: Path, model: Painter) -> bool:
    """Whether the weights are shipped ones, by the digest in their card, or were trained on the
    world alone, by the settings in their folder; names say nothing."""
    folder = checkpoint if checkpoint.is_dir() else checkpoint.parent
    if is_training(folder):
        settings = read_yaml(folder / CONFIG)
        return settings.get("data", "world") == "world" and settings.get("init") is None
    digest = model_digest(model)
    cards = [read_object(path, {}) for path in sorted(WEIGHTS.glob("*.json"))]
    return digest in {card.get("model_digest") for card in cards}


def audit(part: Part, categories: Sequence[str], training: Training) -> list[Audited]:
    """A row for everything that the part states to show and for every category that is asked."""
    shown = [*part.shows, *(Shows("category", name) for name in categories if name)]
    rows = []
    for one in shown:
        status, because = training.status(one.kind, one.name)
        rows.append(Audited(part.name, one.kind, one.name, status, because))
    return rows


def part_status(rows: Sequence[Audited]) -> str:
    """The audit of a whole part in words: what of it is unseen, else the weakest status."""
    new = [f"{row.kind} {row.name}" for row in rows if row.status == "unseen"]
    if new:
        return (
            f"unseen: {', '.join(new)}" if len(new) <= 4 else f"unseen: {len(new)} of {len(rows)}"
        )
    found = {row.status for row in rows}
    return next((status for status in STATUSES if status in found), "not stated")


def by_status(categories: Sequence[str], training: Training) -> dict[Status, list[bool]]:
    """Status -> which queries are of categories with it, in order; only statuses that occur."""
    found = [training.status("category", name)[0] for name in categories]
    return {s: [one == s for one in found] for s in STATUSES if s in found}


def by_queries(shown: Sequence[Sequence[str]], training: Training) -> dict[str, list[bool]]:
    """Status -> which queries show categories of it alone, in order; ``mixed`` those of several.

    Queries that show none are in no list.
    """
    found = [{training.status("category", name)[0] for name in names} for names in shown]
    of = [None if not own else MIXED if len(own) > 1 else next(iter(own)) for own in found]
    return {s: [one == s for one in of] for s in (*STATUSES, MIXED) if s in of}


def restricted(record: Record, keep: Sequence[bool]) -> Record:
    """A semantic Record that counts the truth of some classes alone.

    Metrics are means over the classes that the truth has, so that the others drop out; what was
    predicted and not true still counts against the class that was predicted.
    """
    counts = record.values[1:].reshape(3, -1) * np.asarray(keep, np.float64)
    return Record(np.concatenate([record.values[:1], counts.ravel()]), record.stratum)
