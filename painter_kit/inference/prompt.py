"""A prompt: the example pair that tells Painter what to do, as a value and as a folder."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from painter_kit.data.pictures import read_image, write_png
from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.files import write_text
from painter_kit.types import Coding, Pair, Spec

INPUT_FILE, TARGET_FILE, PROMPT_FILE = "input.png", "target.png", "prompt.json"
KINDS = ("random", "searched", "learned", "released", "given")
FORMAT = 1


@dataclass(frozen=True, eq=False)
class Prompt:
    """An input picture with its painted output, and where it comes from.

    ``pair`` is uint8, so what is evaluated is what survives the PNG round trip. ``kind`` is one
    of ``KINDS``; ``provenance`` says how it was made, ``scores`` what was measured, and
    ``confirm_touches`` how often the confirm split has been read to judge it.
    """

    pair: Pair
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

    def with_scores(self, scores: Mapping[str, Any], confirm_touches: int) -> Prompt:
        """The same prompt with what was measured of it."""
        return replace(self, scores=dict(scores), confirm_touches=confirm_touches)

    def save(self, folder: str | Path) -> None:
        """Write ``input.png``, ``target.png`` and ``prompt.json``; a folder appears whole.

        An existing prompt folder is replaced; anything else in its place is left alone and
        raises ``InputError``.
        """
        with fresh_folder(Path(folder)) as fresh:
            write_png(fresh / INPUT_FILE, self.pair.image)
            write_png(fresh / TARGET_FILE, self.pair.target)
            write_text(fresh / PROMPT_FILE, json.dumps(self._description(), indent=2) + "\n")

    def _description(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "task": self.task,
            "kind": self.kind,
            "digest": self.digest,
            "coding": self.pair.coding.to_json(),
            "spec_digest": self.spec_digest,
            "model_digest": self.model_digest,
            "provenance": dict(self.provenance),
            "scores": dict(self.scores),
            "confirm_touches": self.confirm_touches,
        }

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
        try:
            pair = Pair(image, target, Coding.from_json(notes["coding"]))
            found = cls(
                pair=pair,
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


def check_digest(digest: str, notes: Mapping[str, Any], folder: Path) -> None:
    """Raise ``InputError`` when ``prompt.json`` notes another digest than the pictures have."""
    noted = notes.get("digest", digest)
    if noted != digest:
        raise InputError(
            f"prompt {folder}: pictures and coding are not those that {PROMPT_FILE} was written "
            f"for (digest {digest[:8]}... instead of {str(noted)[:8]}...): damaged or edited; "
            "restore them, or take the line of the digest out to use them as they are"
        )


@contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of the prompt folder ``folder`` in the end.

    Raises ``InputError`` when ``folder`` holds something that is no prompt.
    """
    if folder.exists() and not (folder / PROMPT_FILE).is_file() and any(folder.iterdir()):
        raise InputError(f"{folder}: not a prompt folder and not empty; choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield fresh
        os.chmod(fresh, 0o755)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def read_description(path: Path) -> dict[str, Any]:
    """The fields of a ``prompt.json``. Raises ``InputError`` when it is missing or broken."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; a prompt folder needs {PROMPT_FILE}")
    try:
        notes = read_json(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); make the prompt anew") from None
    if not isinstance(notes, dict):
        raise InputError(f"{path}: expected a JSON object; make the prompt anew")
    return notes
