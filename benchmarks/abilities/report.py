"""Tables of the abilities: for people, and as CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.abilities.bars import Bar
from benchmarks.abilities.contrast import Contrast
from benchmarks.abilities.switch import OWN_QUERY, SAME_QUERY
from benchmarks.output import markdown_table, write_csv
from painter_kit.files import write_text
from painter_kit.training.switching import Switching

MEANINGS = {
    OWN_QUERY: "Prompts of restoration are given the corrupted picture, all others the clean one. "
    "This is how the tasks are used, but a model that cleans whatever is noisy, whatever the "
    "prompt says, gets the row of restoration right.",
    SAME_QUERY: "All prompts of a set are given the same corrupted picture (noise, rain and low "
    "light in turn), and the targets are those of the clean scene as above. Only the prompt tells "
    "the task. Training showed no task but restoration on corrupted pictures.",
}


@dataclass(frozen=True)
class Report:
    """Everything that was measured of one model on test scenes.

    ``examples`` and ``prompts`` are those of the bars; every contrast has its own.
    """

    checkpoint: str
    model_digest: str
    examples: int
    prompts: int
    bars: Sequence[Bar]
    switching: Mapping[str, Mapping[str, Switching]]
    reading: Sequence[Contrast]
    unseen: Sequence[Contrast]

    @property
    def markdown(self) -> str:
        """All tables, with what they say."""
        parts = [
            f"# What {self.checkpoint} can do",
            f"Model digest `{self.model_digest}`. Means over random prompts of training scenes on "
            "queries of the test split, with 95 % intervals over queries and prompts.",
            "## Bars",
            f"{self.prompts} prompts x {self.examples} queries of each task.",
            markdown_table([bar.cells() for bar in self.bars]),
            "## Task switching",
            "Outputs under prompts of each task (rows) by the task whose target is nearest.",
            *_switched(self.switching),
            "## Reading the prompt",
            "The same example as a prompt, painted in the right coding and in another one; "
            f"outputs are decoded in the right one. {_counts(self.reading)}",
            markdown_table([row.cells() for row in self.reading]),
            "## What training never showed",
            f"Right prompts against blank ones and against the best kind of wrong ones. "
            f"{_counts(self.unseen)}",
            markdown_table([row.cells() for row in self.unseen]),
        ]
        return "\n\n".join(parts) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "checkpoint": self.checkpoint,
            "model_digest": self.model_digest,
            "examples": self.examples,
            "prompts": self.prompts,
            "bars": [bar.record() for bar in self.bars],
            "switching": {
                name: {edition: found.to_json() for edition, found in editions.items()}
                for name, editions in self.switching.items()
            },
            "reading": [row.record() for row in self.reading],
            "unseen": [row.record() for row in self.unseen],
        }

    def write(self, folder: Path) -> None:
        """``abilities.md``, ``abilities.json``, ``bars.csv`` and ``contrasts.csv``."""
        write_text(folder / "abilities.md", self.markdown)
        text = json.dumps(self.to_json(), indent=2, allow_nan=False)
        write_text(folder / "abilities.json", text + "\n")
        write_csv(folder / "bars.csv", [bar.record() for bar in self.bars])
        write_csv(folder / "contrasts.csv", [r.record() for r in (*self.reading, *self.unseen)])


def _switched(switching: Mapping[str, Mapping[str, Switching]]) -> Iterator[str]:
    """What each edition of queries means, and its tables."""
    for edition, meaning in MEANINGS.items():
        yield f"### {edition[0].upper()}{edition[1:]}"
        yield meaning
        for name, editions in switching.items():
            found = editions[edition]
            yield f"{name}, {found.excluded} cases of look-alike targets left out"
            yield markdown_table(
                [
                    {"prompted": task, **row, "share": f"{found.shares[task]:.1%}"}
                    for task, row in found.counts.items()
                ]
            )


def _counts(rows: Sequence[Contrast]) -> str:
    if not rows:
        return ""
    return f"{rows[0].prompts} prompts of each kind x {rows[0].examples} queries."
