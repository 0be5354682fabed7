"""Prompts of a task with parts (panoptic): one prompt per part, in one folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from painter_kit.errors import InputError
from painter_kit.files import write_text
from painter_kit.inference.described import (
    PROMPT_FILE,
    Described,
    check_digest,
    describe,
    described,
    fresh_folder,
    read_description,
    sound_prompt,
)
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, task_parts
from painter_kit.types import Spec, digest_json


@dataclass(frozen=True, eq=False)
class PartedPrompt(Described):
    """One ``Prompt`` per part, by name, and what is known of them together.

    On disk each part is a prompt folder of its own (``semantic/``, ``instance/``) beside a joint
    ``prompt.json``.
    """

    parts: Mapping[str, Prompt]
    task: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.parts:
            raise ValueError("a prompt of parts needs at least one part")

    @property
    def digest(self) -> str:
        """SHA-256 of the names and digests of the parts, nothing else."""
        return digest_json({name: prompt.digest for name, prompt in self.parts.items()})

    def effective(self, spec: Spec[Any]) -> Spec[Any]:
        """``spec`` with the coding of each part's prompt in the spec of that part."""
        coded = tuple((name, self.parts[name].effective(part)) for name, part in spec.parts)
        return replace(spec, parts=coded)

    def of(self, part: Spec[Any]) -> Prompt:
        """The prompt that paints the part with this spec. Raises ``KeyError`` for another."""
        return next(p for p in self.parts.values() if p.task == part.task)

    def save(self, folder: str | Path) -> None:
        """Write a prompt folder per part and the joint ``prompt.json``; it appears whole.

        An existing prompt folder is replaced; anything else in its place is left alone and
        raises ``InputError``.
        """
        with fresh_folder(Path(folder)) as fresh:
            for name, prompt in self.parts.items():
                prompt.save(fresh / name)
            tasks = {name: prompt.task for name, prompt in self.parts.items()}
            notes = describe(self, self.task, self.digest, parts=tasks)
            write_text(fresh / PROMPT_FILE, json.dumps(notes, indent=2) + "\n")


AnyPrompt: TypeAlias = Prompt | PartedPrompt | EnsemblePrompt


def plain_prompts(prompt: AnyPrompt) -> list[Prompt]:
    """The prompts with pictures that it is made of: parts, members, or itself."""
    if isinstance(prompt, PartedPrompt):
        return list(prompt.parts.values())
    return list(prompt.members) if isinstance(prompt, EnsemblePrompt) else [prompt]


def forwards_of(prompt: AnyPrompt) -> int:
    """Forwards of one picture (of one part, for a task with parts) under the prompt."""
    return prompt.forwards if isinstance(prompt, EnsemblePrompt) else 1


def joined(
    task: Task,
    spec: Spec[Any],
    kind: str,
    make: Callable[[Task, Spec[Any]], Prompt],
    provenance: Mapping[str, Any],
) -> AnyPrompt:
    """What ``make(task, spec)`` gives: of each part as one prompt, or of a task without parts."""
    if not task.parts:
        return make(task, spec)
    parts = {name: make(part, own) for name, part, own in task_parts(task, spec)}
    return PartedPrompt(parts, task.name, kind=kind, spec_digest=spec.digest, provenance=provenance)


def load_prompt(folder: str | Path) -> AnyPrompt:
    """Read a prompt folder of any form. Raises ``InputError`` naming what is broken."""
    folder = Path(folder)
    if not (folder / PROMPT_FILE).is_file():
        return Prompt.load(folder)  # says what is missing
    notes = read_description(folder / PROMPT_FILE)
    if "members" in notes:
        return EnsemblePrompt.load(folder)
    if "parts" not in notes:
        return Prompt.load(folder)
    if not isinstance(notes["parts"], dict) or not notes["parts"]:
        raise InputError(f"prompt {folder}: parts must name at least one folder; make it anew")
    outside = [
        name for name in notes["parts"] if not name or name != Path(name).name or name == ".."
    ]
    if outside:
        raise InputError(f"prompt {folder}: part {outside[0]!r:.80} must be a folder in it")
    parts = {name: Prompt.load(folder / name) for name in notes["parts"]}
    with sound_prompt(folder):
        found = PartedPrompt(parts, str(notes["task"]), **described(notes))
    check_digest(found.digest, notes, folder)
    return found
