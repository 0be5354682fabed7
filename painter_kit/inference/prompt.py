"""A prompt: the example pair that tells Painter what to do, as a value and as a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from painter_kit.data.pictures import read_image, write_png
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
from painter_kit.types import Coding, Pair, Spec

INPUT_FILE, TARGET_FILE = "input.png", "target.png"


@dataclass(frozen=True, eq=False)
class Prompt(Described):
    """An input picture with its painted output, and where it comes from.

    ``pair`` is uint8, so what is evaluated is what survives the PNG round trip.
    """

    pair: Pair
    task: str

    @property
    def digest(self) -> str:
        """SHA-256 of both pictures' pixels and the coding, nothing else."""
        return self.pair.digest

    @property
    def coding(self) -> Coding:
        """What the colours of the target mean."""
        return self.pair.coding

    def effective(self, spec: Spec[Any]) -> Spec[Any]:
        """``spec`` under the prompt's own coding, which decoding uses."""
        return spec.with_coding(self.pair.coding)

    def save(self, folder: str | Path) -> None:
        """Write ``input.png``, ``target.png`` and ``prompt.json``; a folder appears whole.

        An existing prompt folder is replaced; anything else in its place is left alone and
        raises ``InputError``.
        """
        with fresh_folder(Path(folder)) as fresh:
            write_png(fresh / INPUT_FILE, self.pair.image)
            write_png(fresh / TARGET_FILE, self.pair.target)
            coding = self.pair.coding.to_json()
            notes = describe(self, self.task, self.digest, coding=coding)
            write_text(fresh / PROMPT_FILE, json.dumps(notes, indent=2) + "\n")

    @classmethod
    def load(cls, folder: str | Path) -> Prompt:
        """Read a prompt folder. Raises ``InputError`` naming the file that is missing or broken."""
        folder = Path(folder)
        if not folder.is_dir():
            raise InputError(
                f"prompt {folder}: no such folder; expected one with {INPUT_FILE}, {TARGET_FILE} "
                f"and {PROMPT_FILE}, as search-prompt and tune-prompt write them"
            )
        notes = read_description(folder / PROMPT_FILE)
        if "parts" in notes:
            raise InputError(
                f"prompt {folder}: is a prompt of parts ({', '.join(notes['parts'])}); give the "
                "folder of one of them, or use it for the task that has these parts"
            )
        if "members" in notes:
            raise InputError(
                f"prompt {folder}: is an ensemble of prompts; give the folder of one of its members"
            )
        image, target = read_image(folder / INPUT_FILE), read_image(folder / TARGET_FILE)
        with sound_prompt(folder):
            pair = Pair(image, target, Coding.from_json(notes["coding"]))
            found = cls(pair, str(notes["task"]), **described(notes))
        check_digest(found.digest, notes, folder)
        return found
