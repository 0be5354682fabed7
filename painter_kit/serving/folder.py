"""The folder of a served prompt: ``prompt/``, what decodes its outputs, and which weights paint.

``model.json`` names the weights (a name that ships with the package, a path, or the file beside
it) with their digest, and holds the spec. Nothing in the folder is executed or unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from painter_kit.errors import InputError
from painter_kit.files import write_text
from painter_kit.inference.described import read_description
from painter_kit.inference.parted import AnyPrompt, load_prompt
from painter_kit.model.checkpoint import (
    WEIGHTS,
    checkpoint_config,
    load_painter,
    model_digest,
    resolve_checkpoint,
    save_painter,
)
from painter_kit.serving.specs import spec_from_json, spec_to_json
from painter_kit.tasks.base import get_task
from painter_kit.types import Spec

MODEL_FILE, PROMPT_FOLDER, WEIGHTS_FILE = "model.json", "prompt", "weights.safetensors"
FORMAT = 1


@dataclass(frozen=True)
class Served:
    """A prompt with the spec that decodes its outputs (in its own coding) and the weights.

    ``checkpoint`` is what ``load_painter`` takes, ``model_digest`` that of its weights.
    """

    prompt: AnyPrompt
    spec: Spec[Any]
    checkpoint: str
    model_digest: str
    precision: str = "fp32"

    @property
    def description(self) -> dict[str, Any]:
        """What ``model.json`` says."""
        return {
            "format": FORMAT,
            "task": self.prompt.task,
            "prompt_kind": self.prompt.kind,
            "prompt_digest": self.prompt.digest,
            "checkpoint": self.checkpoint,
            "model_digest": self.model_digest,
            "precision": self.precision,
            "spec": spec_to_json(self.spec),
        }


def serve_prompt(
    prompt: AnyPrompt, spec: Spec[Any], checkpoint: str, precision: str = "fp32"
) -> Served:
    """The prompt with weights that are there; ``spec`` fits the model and the prompt.

    Weights other than those that ship with the package are named by their absolute path. Raises
    ``InputError`` when they cannot be used.
    """
    digest = model_digest(load_painter(checkpoint))
    path = resolve_checkpoint(checkpoint)
    named = path.stem if path.parent == WEIGHTS else str(path.resolve())
    return Served(prompt, spec, named, digest, precision)


def write_folder(served: Served, folder: Path, include_weights: bool) -> None:
    """Write the folder, with a copy of the weights if they are to be included.

    Without, who loads it needs the same file in the same place, or the same package.
    """
    served.prompt.save(folder / PROMPT_FOLDER)
    told = served.description
    if include_weights:
        model, config = load_painter(served.checkpoint), checkpoint_config(served.checkpoint)
        save_painter(model, config, folder / WEIGHTS_FILE)
        told["checkpoint"] = WEIGHTS_FILE
    write_text(folder / MODEL_FILE, json.dumps(told, indent=1, allow_nan=False) + "\n")


def read_folder(folder: Path) -> Served:
    """What ``write_folder`` wrote; weights that are included are named by their path here.

    Raises ``InputError`` naming the file that is missing or broken.
    """
    path = folder / MODEL_FILE
    told = read_description(path)
    checkpoint = _text(told, "checkpoint", path)
    if checkpoint == WEIGHTS_FILE:
        checkpoint = str(folder / WEIGHTS_FILE)
    if not isinstance(told.get("spec"), dict):
        raise InputError(f"{path}: lacks the spec; export the prompt again")
    prompt = load_prompt(folder / PROMPT_FOLDER)
    try:
        get_task(prompt.task)
    except InputError as error:
        raise InputError(f"{folder / PROMPT_FOLDER}: {error}") from None
    return Served(
        prompt,
        spec_from_json(told["spec"], str(path)),
        checkpoint,
        _text(told, "model_digest", path),
        _text(told, "precision", path),
    )


def _text(told: Mapping[str, Any], name: str, path: Path) -> str:
    if not isinstance(told.get(name), str):
        raise InputError(f"{path}: {name} must be text; export the prompt again")
    return told[name]
