"""The prompt of the published evaluation scripts, where the data have one."""

from __future__ import annotations

from typing import Any

from painter_kit.data.base import Dataset, HasReleased
from painter_kit.data.prepare.table import prepared_names
from painter_kit.errors import InputError
from painter_kit.inference.parted import AnyPrompt, joined
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task
from painter_kit.types import Spec

RELEASED = "released"


def has_released(dataset: Dataset | None) -> bool:
    """Whether the dataset names a released prompt; its files may still be missing."""
    return isinstance(dataset, HasReleased)


def released_prompt(task: Task, dataset: Dataset, spec: Spec[Any], option: str) -> AnyPrompt:
    """The authors' prompt (kind ``released``); a ``PartedPrompt`` for a task with parts.

    Raises ``InputError``, naming ``option``, when the data have no such prompt, and what
    ``HasReleased.released`` raises when its files are missing.
    """
    if not isinstance(dataset, HasReleased):
        known = ", ".join(prepared_names())
        raise InputError(
            f"{option} {RELEASED}: --data {dataset.name} has no released prompt; the data that "
            f"have one: {known}. Give another {option}"
        )
    provenance = {"data": spec.data}

    def read(part: Task, own: Spec[Any]) -> Prompt:
        pair = dataset.released(part.name)
        return Prompt(pair, part.name, kind=RELEASED, spec_digest=own.digest, provenance=provenance)

    return joined(task, spec, RELEASED, read, provenance)
