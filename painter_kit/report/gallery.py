"""Queries with truth, prediction and error map, for the first pictures and for the worst ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import scores
from painter_kit.evaluation.loaded import Loaded
from painter_kit.inference.parted import AnyPrompt, plain_prompts
from painter_kit.report.document import Block, Card, Chart, Picture, Section, Sheet, Text
from painter_kit.report.errormaps import (
    SCALE,
    depth_scale,
    error_map,
    legend,
    prediction_picture,
    truth_picture,
)
from painter_kit.report.figures import colour_bar
from painter_kit.report.paintings import Paintings
from painter_kit.report.source import Source
from painter_kit.tasks.base import decode_example
from painter_kit.types import Example, Record, sum_records

REPAINT = "add --repaint to paint them again with the weights of the run"


@dataclass(frozen=True)
class Shown:
    """A prompt to show, under a name, with its Records on the examples where they are known."""

    name: str
    prompt: AnyPrompt
    records: Sequence[Record] | None


@dataclass(frozen=True)
class Gallery:
    """What is shown of one split: ``shown`` prompts, the first one is what it is about."""

    source: Source
    paintings: Paintings
    examples: Loaded
    split: str
    shown: Sequence[Shown]

    def sections(self, first: int, worst: int) -> list[Section]:
        """The first queries of the split and the ``worst`` ones under the first prompt."""
        made = []
        if first:
            places = list(range(min(first, len(self.examples))))
            caption = f"The first pictures of {self.split}, which nobody chose."
            made.append(Section("Queries", self._blocks(places, caption)))
        if worst:
            made.append(Section("Worst queries", self._worst(worst)))
        return made

    def _worst(self, count: int) -> list[Block]:
        one = self.shown[0]
        if one.records is None:
            return [Text(f"The store lacks Records of the {one.name} prompt: unknown.", "note")]
        order = worst_first(self.source, one.records)[:count]
        caption = (
            f"The pictures of {self.split} that cost the {one.name} prompt most: by their share in "
            f"{self.source.spec.metric}, lowest score first."
        )
        return self._blocks(order, caption)

    def _blocks(self, places: Sequence[int], caption: str) -> list[Block]:
        examples = [self.examples[place] for place in places]
        found = [self._predictions(one, examples) for one in self.shown]
        blocks: list[Block] = []
        lost = [n.name for n, row in zip(self.shown, found, strict=True) if len(row) < len(places)]
        if lost:
            what = f"Not all outputs of the {' and '.join(lost)} prompt are kept"
            blocks.append(Text(f"{what}; {REPAINT}.", "note"))
        most = self._scale(examples, found)
        if most:
            label = f"absolute error in m; more than {most:g} m is drawn like {most:g} m"
            alt = f"Colours of errors from 0 m, dark, to {most:g} m, pale yellow"
            blocks.append(Chart(colour_bar(SCALE, most, label), alt, width=3.2))
        cards = [
            self._card(place, example, [row.get(i) for row in found], most)
            for i, (place, example) in enumerate(zip(places, examples, strict=True))
        ]
        return [*blocks, Sheet(cards, f"{caption} Errors: {legend(self.source.task)}.")]

    def _predictions(self, one: Shown, examples: Sequence[Example]) -> dict[int, Any]:
        """What was predicted, by place among ``examples``, where the output is known."""
        task, spec = self.source.task, one.prompt.effective(self.source.spec)
        painted = enumerate(self.paintings.of(one.prompt, examples))
        return {
            i: decode_example(task, spec, output, examples[i])
            for i, output in painted
            if output is not None
        }

    def _scale(self, examples: Sequence[Example], found: Sequence[dict[int, Any]]) -> float:
        """Metres at the end of the scale of depth errors; 0 for other tasks."""
        if self.source.task.name != "depth":
            return 0.0
        pairs = [(examples[i], prediction) for row in found for i, prediction in row.items()]
        return depth_scale(self.source.spec, pairs)

    def _card(self, place: int, example: Example, predictions: Sequence[Any], most: float) -> Card:
        source, name = self.source, example.id
        spec = self.shown[0].prompt.effective(source.spec)
        pictures = [
            Picture(example.image, f"query {name}", "query"),
            Picture(truth_picture(source.task, spec, example), f"truth of {name}", "truth"),
        ]
        notes = []
        for one, prediction in zip(self.shown, predictions, strict=True):
            value = self._value(one, place)
            notes += [f"{one.name} {value}"] if value else []
            if prediction is not None:
                pictures += self._predicted(one, example, prediction, most)
        return Card(name, pictures, "; ".join(notes))

    def _predicted(
        self, one: Shown, example: Example, prediction: Any, most: float
    ) -> list[Picture]:
        task, spec = self.source.task, one.prompt.effective(self.source.spec)
        errors = error_map(task, spec, example, prediction, most)
        shown = prediction_picture(task, spec, example, prediction)
        about = f"{example.id} under the {one.name} prompt"
        return [
            Picture(shown, f"prediction for {about}", one.name),
            Picture(errors.image, f"errors for {about}: {errors.words}", errors.words or "errors"),
        ]

    def _value(self, one: Shown, place: int) -> str:
        """The primary metric of the picture alone, if it has one."""
        value = None if one.records is None else alone(self.source, one, place)
        spec = self.source.spec
        return "" if value is None else f"{spec.metric} {value:.4g} {spec.unit}".rstrip()


def alone(source: Source, one: Shown, place: int) -> float | None:
    """The primary metric of one picture by itself; None when nothing in it counts."""
    assert one.records is not None
    try:
        spec = one.prompt.effective(source.spec)
        return source.task.summarise([one.records[place]], spec).get(spec.metric)
    except InputError:
        return None


def worst_first(source: Source, records: Sequence[Record]) -> list[int]:
    """Places of the pictures by their score, lowest first."""
    values = scores(source.task, records, sum_records(records))
    return np.argsort(values, kind="stable").tolist()


def pair_pictures(prompt: AnyPrompt, name: str) -> list[Picture]:
    """Input and target of every pair that the prompt is made of."""
    made = []
    for one in plain_prompts(prompt):
        part = "" if one.task == prompt.task else f" ({one.task})"
        made += [
            Picture(one.pair.image, f"input of {name}{part}", f"input{part}"),
            Picture(one.pair.target, f"target of {name}{part}", f"target{part}"),
        ]
    return made
