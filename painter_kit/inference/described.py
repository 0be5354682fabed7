"""What prompts of every form have beside their pictures, and how it stands in ``prompt.json``."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from painter_kit.documents import read_json
from painter_kit.errors import InputError

PROMPT_FILE = "prompt.json"
KINDS = ("random", "searched", "learned", "released", "given")
FORMAT = 1

P = TypeVar("P", bound="Described")


@dataclass(frozen=True, eq=False, kw_only=True)
class Described:
    """Where a prompt comes from and what is known of it.

    ``kind`` is one of ``KINDS``; ``provenance`` says how it was made, ``scores`` what was measured,
    and ``confirm_touches`` how often the confirm split has been read to judge it.
    """

    kind: str = "given"
    spec_digest: str = ""
    model_digest: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    confirm_touches: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)} but got {self.kind!r}")

    def with_scores(self: P, scores: Mapping[str, Any], confirm_touches: int) -> P:
        """The same prompt with what was measured of it."""
        return replace(self, scores=dict(scores), confirm_touches=confirm_touches)


def describe(prompt: Described, task: str, digest: str, **own: object) -> dict[str, Any]:
    """The fields of the prompt's ``prompt.json``; ``own`` are those of its form."""
    return {
        "format": FORMAT,
        "task": task,
        "kind": prompt.kind,
        "digest": digest,
        **own,
        "spec_digest": prompt.spec_digest,
        "model_digest": prompt.model_digest,
        "provenance": dict(prompt.provenance),
        "scores": dict(prompt.scores),
        "confirm_touches": prompt.confirm_touches,
    }


def described(notes: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``Described`` that a ``prompt.json`` holds, in their types; the kind it must.

    Raises what the conversions raise; see ``sound_prompt``.
    """
    types = {f.name: type(getattr(Described(), f.name)) for f in fields(Described)}
    held = {name: make(notes[name]) for name, make in types.items() if name in notes}
    return {"kind": str(notes["kind"]), **held}


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


@contextmanager
def sound_prompt(folder: Path) -> Iterator[None]:
    """What fails in the block fails because of ``folder``'s ``prompt.json``: an ``InputError``."""
    try:
        yield
    except (KeyError, TypeError, ValueError, OverflowError, InputError) as error:
        reason = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"prompt {folder}: {reason}; make the prompt anew") from None


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
