"""What may be done instead of giving every query the one searched prompt, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from painter_kit.errors import InputError
from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.painting import has_views
from painter_kit.files import write_rows
from painter_kit.inference.parted import AnyPrompt
from painter_kit.tasks.base import Task
from painter_kit.tasks.semantic import SemanticProtocol
from painter_kit.types import Spec

if TYPE_CHECKING:
    from prompt_search.config import SearchConfig

ENSEMBLE, RETRIEVAL, PER_CLASS = ALSO = ("ensemble", "retrieval", "per-class")
OPTION = "--also"


@dataclass(frozen=True)
class Alternative:
    """One way to prompt, measured on confirm against the single searched prompt.

    ``what`` names it in a sentence; empty when it comes to nothing but the searched prompt, and
    then ``note`` says why. ``value`` is the primary metric on confirm, ``gain`` how much better
    than the searched prompt's it is. ``forwards_per_query`` is what a query costs, ``forwards``
    what finding and measuring it asked for. ``prompts`` by folder are written if it helps,
    ``rows`` as a table of its name in any case; ``details`` are plain data.
    """

    name: str
    what: str
    value: float
    gain: Gain
    forwards_per_query: float
    forwards: int
    note: str = ""
    prompts: Mapping[str, AnyPrompt] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Mapping[str, object]] = ()

    @property
    def verdict(self) -> str:
        """Whether to use it, and at what cost, in one line."""
        if not self.what:
            return self.note
        gain = self.gain
        amount = f"{gain.value:+.4g} {gain.unit}".rstrip()
        found = f"gain in {gain.metric} {amount}, 95 % interval {gain.ci_low:+.4g} to "
        found += f"{gain.ci_high:+.4g}"
        if gain.confirmed:
            said = f"{self.what} helps ({found})"
        elif gain.ci_high < 0:
            said = f"{self.what} is worse ({found})"
        else:
            said = f"no evidence that {self.what} helps ({found})"
        note = f"; {self.note}" if self.note else ""
        return f"{said}; it costs {self.forwards_per_query:.3g} x{note}"

    def to_json(self) -> dict[str, Any]:
        """Plain data; what is not a finite number is None."""
        gain = self.gain.to_json()
        return {
            "name": self.name,
            "value": self.value if np.isfinite(self.value) else None,
            "gain": {key: gain[key] for key in ("value", "ci_low", "ci_high")},
            "forwards_per_query": self.forwards_per_query,
            "forwards": self.forwards,
            "note": self.verdict,
            **self.details,
        }

    def touched(self, touches: int) -> Alternative:
        """The same with how often confirm had been read when its prompts were measured."""
        prompts = {k: replace(p, confirm_touches=touches) for k, p in self.prompts.items()}
        return replace(self, prompts=prompts)

    def write(self, folder: Path) -> None:
        """Save its rows into ``folder``, and its prompts if it helps."""
        if self.rows:
            write_rows(folder / f"{self.name}.csv", self.rows)
        if self.gain.confirmed:
            for name, prompt in self.prompts.items():
                prompt.save(folder / name)


def verdicts(alternatives: Sequence[Alternative]) -> list[str]:
    """The verdicts, a line each, and how often confirm was read for them."""
    lines = [f"{one.name}: {one.verdict}" for one in alternatives]
    if lines:
        lines.append(
            f"confirm was read {1 + len(lines)} times; the limits of alternatives do not make up "
            "for how many there are"
        )
    return lines


def numbers(alternatives: Sequence[Alternative]) -> dict[str, float]:
    """Value and gain of each by name of metric, for a run."""
    named = {}
    for one in alternatives:
        named[f"alternatives/{one.name}"] = one.value
        for key, value in one.gain.to_json().items():
            if key in ("value", "ci_low", "ci_high") and value is not None:
                named[f"alternatives/{one.name}_gain_{key}"] = float(value)
    return named


def check_names(also: Sequence[str]) -> None:
    """Raise ``InputError`` for an alternative that nobody knows."""
    for name in also:
        if name not in ALSO:
            raise InputError(f"{OPTION} must name some of {', '.join(ALSO)} but got {name!r}")


def check_also(also: Sequence[str], task: Task, spec: Spec[Any]) -> None:
    """Raise ``InputError`` for an alternative that the task cannot have."""
    for name in also:
        if task.parts:
            parts = ", ".join(spec.part(part).task for part in task.parts)
            raise InputError(
                f"{OPTION} {name}: task {task.name} has parts; search them as tasks of their own "
                f"({parts})"
            )
        if name == RETRIEVAL and has_views(task, spec):
            raise InputError(
                f"{OPTION} {name}: task {task.name} paints crops of a picture, of which nothing "
                "is known before; leave it out"
            )
        if name == PER_CLASS and not isinstance(spec.protocol, SemanticProtocol):
            raise InputError(
                f"{OPTION} {name}: task {task.name} has no classes of pixels; it is for semantic "
                "and coco-semantic"
            )


def also_forwards(
    config: SearchConfig, candidates: int, select: int, confirm: int, classes: int
) -> int:
    """The most that measuring the alternatives of ``config`` asks for, in pictures of one view."""
    members = min(config.ensemble_finalists, candidates)
    # The best few together: averaged outputs, shared features, and a grid, which is one prompt.
    few = min(config.ensemble_size, members)
    largest = min(config.ensemble_most, members) + 2 * few + 1
    costs = {
        ENSEMBLE: members * select + largest * confirm,
        # Features of a picture cost less than a forward: of candidates and their targets, of
        # queries and what is painted first; then the queries twice under prompts of their own.
        RETRIEVAL: 2 * candidates + 2 * confirm + 3 * confirm,
        # Races, then the classes' prompts and, to merge, these and the winner once more.
        PER_CLASS: classes * config.halving.cells(candidates, select) + (2 * classes + 1) * confirm,
    }
    return sum(costs[name] for name in config.also)
