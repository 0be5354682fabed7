"""Tables of the abilities: for people, and as CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.abilities.bars import Bar
from benchmarks.abilities.contrast import Contrast
from benchmarks.abilities.limits import limits
from benchmarks.abilities.shapes import ShapeRow
from benchmarks.abilities.switch import OWN_QUERY, SAME_QUERY
from benchmarks.abilities.unseen import OTHERS
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
SHAPES = (
    "Means of IoU over the shapes that the test scenes have, wall and floor left out; and over "
    "those that the prompt shows, as a colour that it does not show cannot be known. The same "
    "queries and prompts as in the tables above, the mean over prompts."
)


@dataclass(frozen=True)
class Made:
    """How the tables were made: the command line, forwards and minutes."""

    command: str
    forwards: int
    seconds: float

    @property
    def sentence(self) -> str:
        """For the head of the page."""
        return (
            f"Printed by `{self.command}`: {self.forwards:,} forwards, here in "
            f"{self.seconds / 60:.0f} minutes with the intervals. It prints its plan before it "
            "starts (`--plan`: and stops there), cannot be continued, and its exit code is 1 when "
            "a bar is not held."
        )


@dataclass(frozen=True)
class Report:
    """Everything that was measured of one model on test scenes, under ``prompts`` prompts."""

    checkpoint: str
    model_digest: str
    prompts: int
    made: Made
    bars: Sequence[Bar]
    switching: Mapping[str, Mapping[str, Switching]]
    reading: Sequence[Contrast]
    unseen: Sequence[Contrast]
    shapes: Sequence[ShapeRow]

    @cached_property
    def limits(self) -> list[str]:
        """What the tables say that the model cannot do."""
        return limits(self.bars, self.switching, self.reading, self.unseen, self.shapes)

    @property
    def markdown(self) -> str:
        """All tables, with what they say."""
        parts = [
            f"# What {self.checkpoint} can do",
            self.made.sentence,
            f"Model digest `{self.model_digest}`. Means over random prompts of training scenes on "
            "queries of the test split, with 95 % intervals over queries and prompts.",
            "## Bars",
            f"{self.prompts} random prompts of each task on so many queries.",
            markdown_table([bar.cells() for bar in self.bars]),
            "## Task switching",
            "Outputs under prompts of each task (rows) by the task whose target is nearest. The "
            "intervals of the shares above resample scenes and sets of prompts; where every "
            "output is right resampling finds no spread, and they are Wilson's, a scene counting "
            "once.",
            *_switched(self.switching),
            "## Reading the prompt",
            "The same example as a prompt, painted in the right coding and in another one; outputs "
            "are decoded in the right one. The base coding is the paper's, a random one is drawn "
            "for every prompt as training draws them, and reserved colours were never painted in "
            f"training. {_counts(self.reading)}",
            markdown_table([row.cells() for row in self.reading]),
            "## What training never showed",
            "Right prompts against blank ones and against the best kind of wrong ones, which are "
            f"{', '.join(OTHERS)}, and the other new tasks for a new task; semantic and "
            "coco-semantic, which differ in the palette alone, are not wrong for each other. No "
            "model: the best of a copy of the input, the mean target of training pictures and, for "
            f"the ring, all shapes, on the same queries. {_counts(self.unseen)}",
            markdown_table([row.cells() for row in self.unseen]),
            "## Naming shapes",
            SHAPES,
            markdown_table([row.cells() for row in self.shapes]),
            "## Limits",
            "What the tables say, in sentences; the model card has them too.",
            "\n".join(f"- {text}" for text in self.limits),
        ]
        return "\n\n".join(parts) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "checkpoint": self.checkpoint,
            "model_digest": self.model_digest,
            "prompts": self.prompts,
            "command": self.made.command,
            "forwards": self.made.forwards,
            "seconds": self.made.seconds,
            "bars": [bar.record() for bar in self.bars],
            "switching": {
                name: {edition: found.to_json() for edition, found in editions.items()}
                for name, editions in self.switching.items()
            },
            "reading": [row.record() for row in self.reading],
            "unseen": [row.record() for row in self.unseen],
            "shapes": [row.record() for row in self.shapes],
            "limits": self.limits,
        }

    def write(self, folder: Path) -> None:
        """``abilities.md``, ``abilities.json``, ``limits.md`` for the model card, and the tables as
        CSV."""
        write_text(folder / "abilities.md", self.markdown)
        text = json.dumps(self.to_json(), indent=2, allow_nan=False)
        write_text(folder / "abilities.json", text + "\n")
        write_text(folder / "limits.md", "".join(f"- {text}\n" for text in self.limits))
        write_csv(folder / "bars.csv", [bar.record() for bar in self.bars])
        write_csv(folder / "contrasts.csv", [r.record() for r in (*self.reading, *self.unseen)])
        write_csv(folder / "shapes.csv", [row.record() for row in self.shapes])


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
