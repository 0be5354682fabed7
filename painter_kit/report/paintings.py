"""Painted outputs for people: kept by an evaluation, kept in the store, or painted again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from painter_kit.errors import InputError
from painter_kit.evaluation.levels import Levels, from_levels, to_levels
from painter_kit.evaluation.painting import paint_examples
from painter_kit.evaluation.store import PaintedKeys
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.report.source import Source
from painter_kit.tasks.base import Task, get_task

if TYPE_CHECKING:
    from painter_kit.types import Example, Painted, Spec

# What is painted for a report is no part of what decisions are made from.
FOR_PEOPLE = "for people"


@dataclass
class Counts:
    """How many pictures were found, painted again, and are missing."""

    kept: int = 0
    repainted: int = 0
    missing: int = 0


class Paintings:
    """What a prompt painted for examples, in 8 bits; ``counts`` adds up where it came from.

    Sources in this order: ``folder`` (an evaluation's --keep-painted), the store's table of
    painted outputs, and, with ``repaint``, the model, whose outputs are then kept in the store.
    """

    def __init__(self, source: Source, repaint: bool, folder: Path | None = None) -> None:
        self.source, self.repaint, self.folder = source, repaint, folder
        self.counts = Counts()

    def of(self, prompt: AnyPrompt, examples: Sequence[Example]) -> list[Painted | None]:
        """What ``decode_example`` takes, for every example; None where it is missing."""
        source = self.source
        if not source.task.parts:
            return self._of_task(source.task, source.spec, prompt, examples)
        if not isinstance(prompt, PartedPrompt):
            raise InputError(f"the prompt has no parts, which {source.task.name} needs")
        specs = {name: source.spec.part(name) for name in prompt.parts}
        parts = {
            name: self._of_task(get_task(specs[name].task), specs[name], own, examples, name)
            for name, own in prompt.parts.items()
        }
        made: list[Painted | None] = []
        for row in zip(*parts.values(), strict=True):
            whole = {n: one for n, one in zip(parts, row, strict=True) if one is not None}
            made.append(whole if len(whole) == len(parts) else None)
        return made

    def _of_task(
        self,
        task: Task,
        spec: Spec[Any],
        prompt: AnyPrompt,
        examples: Sequence[Example],
        part: str = "",
    ) -> list[Painted | None]:
        spec = prompt.effective(spec)
        keys = self._keys(task, spec, prompt)
        found = self._kept(task, examples, keys, part)
        self.counts.kept += len(found)
        missing = [place for place in range(len(examples)) if place not in found]
        if self.repaint and missing:
            fresh = self._painted(task, spec, prompt, [examples[i] for i in missing], keys[0])
            found |= dict(zip(missing, fresh, strict=True))
            self.counts.repainted += len(missing)
        self.counts.missing += len(examples) - len(found)
        return [found.get(place) for place in range(len(examples))]

    def _kept(
        self, task: Task, examples: Sequence[Example], keys: Sequence[PaintedKeys], part: str
    ) -> dict[int, Painted]:
        """What is kept, by place."""
        found: dict[int, Painted] = {}
        for place, example in enumerate(examples):
            if (levels := self._from_folder(task, example, part)) is not None:
                found[place] = from_levels(levels)
        for known in keys:
            named = {known.key(e.digest): i for i, e in enumerate(examples) if i not in found}
            kept = self.source.store.get_painted(list(named))
            found |= {named[key]: from_levels(levels) for key, levels in kept.items()}
        return found

    def _painted(
        self,
        task: Task,
        spec: Spec[Any],
        prompt: AnyPrompt,
        examples: Sequence[Example],
        keys: PaintedKeys,
    ) -> list[Painted]:
        """What the model paints, kept in the store for the next report."""
        paint, batch = self.source.paint, self.source.batch
        painted = paint_examples(task, spec, prompt, examples, paint, batch)
        levels = [to_levels(np.asarray(output)) for _, output in painted]
        named = zip(examples, levels, strict=True)
        self.source.store.put_painted({keys.key(e.digest): one for e, one in named})
        return [from_levels(one) for one in levels]

    def _keys(self, task: Task, spec: Spec[Any], prompt: AnyPrompt) -> list[PaintedKeys]:
        """Under which outputs may be kept: first as reports keep them, then as searches do."""
        classes = [f"{numerics} batch {self.source.batch}" for numerics in self.source.numerics]
        names = [f"{classes[0]} {FOR_PEOPLE}", *classes]
        of = self.source.model_digest, prompt.digest, spec
        return [PaintedKeys(*of, name, task.views is not None) for name in names]

    def _from_folder(self, task: Task, example: Example, part: str) -> Levels | None:
        """What an evaluation kept of one example, at the size of its picture."""
        if self.folder is None or task.views is not None:
            return None
        from painter_kit.data.pictures import read_image
        from painter_kit.evaluation.kept.base import file_of

        path = file_of(self.folder / part, example.id, ".png")
        return read_image(path) if path.is_file() else None
