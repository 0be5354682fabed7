"""Prompts of a task with parts (panoptic): one prompt per part, in one folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from painter_kit.errors import InputError
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.prompt import (
    FORMAT,
    KINDS,
    PROMPT_FILE,
    Prompt,
    check_digest,
    fresh_folder,
    read_description,
)
from painter_kit.tasks.base import Task, task_parts
from painter_kit.types import Spec, digest_json


@dataclass(frozen=True, eq=False)
class PartedPrompt:
    """One ``Prompt`` per part, by name, and what is known of them together.

    The fields beside ``parts`` mean what they mean for ``Prompt``. On disk each part is a prompt
    folder of its own (``semantic/``, ``instance/``) beside a joint ``prompt.json``.
    """

    parts: Mapping[str, Prompt]
    task: str
    kind: str = "given"
    spec_digest: str = ""
    model_digest: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    confirm_touches: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)} but got {self.kind!r}")
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

    def with_scores(self, scores: Mapping[str, Any], confirm_touches: int) -> PartedPrompt:
        """The same prompt with what was measured of it."""
        return replace(self, scores=dict(scores), confirm_touches=confirm_touches)

    def save(self, folder: str | Path) -> None:
        """Write a prompt folder per part and the joint ``prompt.json``; it appears whole.

        An existing prompt folder is replaced; anything else in its place is left alone and
        raises ``InputError``.
        """
        with fresh_folder(Path(folder)) as fresh:
            for name, prompt in self.parts.items():
                prompt.save(fresh / name)
            text = json.dumps(self._description(), indent=2)
            (fresh / PROMPT_FILE).write_text(text + "\n", encoding="utf-8")

    def _description(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "task": self.task,
            "kind": self.kind,
            "digest": self.digest,
            "parts": {name: prompt.task for name, prompt in self.parts.items()},
            "spec_digest": self.spec_digest,
            "model_digest": self.model_digest,
            "provenance": dict(self.provenance),
            "scores": dict(self.scores),
            "confirm_touches": self.confirm_touches,
        }


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
    return PartedPrompt(parts, task.name, kind, spec.digest, provenance=provenance)


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
    try:
        found = PartedPrompt(
            parts=parts,
            task=str(notes["task"]),
            kind=str(notes["kind"]),
            spec_digest=str(notes.get("spec_digest", "")),
            model_digest=str(notes.get("model_digest", "")),
            provenance=dict(notes.get("provenance", {})),
            scores=dict(notes.get("scores", {})),
            confirm_touches=int(notes.get("confirm_touches", 0)),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"prompt {folder}: {reason}; make the prompt anew") from None
    check_digest(found.digest, notes, folder)
    return found
