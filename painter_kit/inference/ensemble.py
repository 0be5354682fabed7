"""Several prompts that paint together: by their outputs, their features, or as one picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_args

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
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Spec, digest_json

How = Literal["output", "features", "grid"]
HOWS: tuple[How, ...] = get_args(How)
A = TypeVar("A")  # an array or a tensor


@dataclass(frozen=True, eq=False)
class EnsemblePrompt(Described):
    """K prompts of one task; one that stands several times weighs as much.

    ``how``: ``output`` averages what each paints; ``features`` lets all look at the query in one
    batch and averages the query's tokens in every block (see ``Predictor.paint_together``);
    ``grid`` lays all side by side into one prompt, each with less detail (``canvas.tiled``). On
    disk each distinct member is a prompt folder (``00/``, ``01/``, ...) beside a joint
    ``prompt.json``. Raises ``InputError`` when two members differ in task or in the meaning of
    their colours, which cannot be averaged.
    """

    members: Sequence[Prompt]
    how: How = "output"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.how not in HOWS:
            raise ValueError(f"how must be one of {', '.join(HOWS)} but got {self.how!r}")
        if not self.members:
            raise ValueError("an ensemble needs at least one member")
        first = self.members[0]
        for other in self.members[1:]:
            for what, of in (("task", _task), ("coding", _coding)):
                if of(first) != of(other):
                    raise InputError(
                        f"prompts {name_of(first)} and {name_of(other)} differ in their {what} "
                        "and cannot paint together; choose prompts that share it"
                    )

    @property
    def task(self) -> str:
        """The task of all members."""
        return self.members[0].task

    @property
    def coding(self) -> Coding:
        """What the colours of all members mean."""
        return self.members[0].coding

    @property
    def distinct(self) -> list[Prompt]:
        """The members without repetitions, in order of first appearance."""
        return list({member.digest: member for member in self.members}.values())

    @property
    def forwards(self) -> int:
        """Forwards of one query: outputs of a repeated member are painted once, features each
        time; a grid is one prompt."""
        return together_forwards(self.how, [member.digest for member in self.members])

    @property
    def digest(self) -> str:
        """SHA-256 of how they paint together and of the members' digests in order."""
        return digest_json({"how": self.how, "members": [m.digest for m in self.members]})

    def effective(self, spec: Spec[Any]) -> Spec[Any]:
        """``spec`` under the members' own coding, which decoding uses."""
        return spec.with_coding(self.coding)

    def save(self, folder: str | Path) -> None:
        """Write a prompt folder per distinct member and ``prompt.json``; it appears whole.

        An existing prompt folder is replaced; anything else in its place is left alone and
        raises ``InputError``.
        """
        with fresh_folder(Path(folder)) as fresh:
            for number, member in enumerate(self.distinct):
                member.save(fresh / _folder(number))
            places = {member.digest: number for number, member in enumerate(self.distinct)}
            members = [places[member.digest] for member in self.members]
            notes = describe(self, self.task, self.digest, how=self.how, members=members)
            write_text(fresh / PROMPT_FILE, json.dumps(notes, indent=2) + "\n")

    @classmethod
    def load(cls, folder: str | Path) -> EnsemblePrompt:
        """Read the folder of an ensemble. Raises ``InputError`` naming what is broken."""
        folder = Path(folder)
        notes = read_description(folder / PROMPT_FILE)
        places = notes.get("members")
        # Numbers, not names, so that no file outside of the folder can be meant.
        if not isinstance(places, list) or not places or not all(map(_is_place, places)):
            raise InputError(
                f"prompt {folder}: members must be a list of numbers from 0; make the prompt anew"
            )
        loaded = {place: Prompt.load(folder / _folder(place)) for place in sorted({*places})}
        with sound_prompt(folder):
            members = tuple(loaded[place] for place in places)
            found = cls(members, notes["how"], **described(notes))
        check_digest(found.digest, notes, folder)
        return found


def together_forwards(how: How, members: Sequence[str]) -> int:
    """Forwards of one query under these members (their names) that paint together."""
    if how == "grid":
        return 1
    return len({*members} if how == "output" else members)


# What paints a task without parts.
WholePrompt: TypeAlias = Prompt | EnsemblePrompt


def mean_output(ensemble: EnsemblePrompt, paint: Callable[[Prompt], A]) -> A:
    """The mean over the members of what ``paint`` gives for each; repetitions are painted once."""
    digests = [member.digest for member in ensemble.members]
    total: Any = 0
    for member in ensemble.distinct:
        total = total + digests.count(member.digest) * paint(member)  # pyright: ignore
    return total / len(digests)


def name_of(prompt: Prompt) -> str:
    """The id of the pair that the prompt was made of, else the start of its digest."""
    return str(prompt.provenance.get("candidate") or prompt.digest[:8])


def _task(prompt: Prompt) -> str:
    return prompt.task


def _coding(prompt: Prompt) -> Coding:
    return prompt.coding


def _folder(place: int) -> str:
    return f"{place:02d}"


def _is_place(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
