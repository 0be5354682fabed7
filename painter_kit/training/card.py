"""The model card: what a set of weights is, how it came to be and what it can do.

``python -m painter_kit.training.card WEIGHTS --out DIR`` makes the card of existing weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from painter_kit.config import dump_config, load_config
from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import write_text
from painter_kit.model.checkpoint import load_painter, model_digest, resolve_checkpoint
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.validate import Validation, validate_all

WORLD_LIMIT = (
    "Trained on procedural scenes of {side} x {side} pixels alone: photographs are out of domain."
)
LIMITS = (
    "Outputs are {side} x {side} pixels; larger pictures are squashed and lose detail.",
    "Figures hold for held-out pictures of the same data and randomly chosen prompts.",
    "Figures on a few examples are rough; the spread over prompts is given beside them.",
)


@dataclass(frozen=True)
class Effort:
    """What training took: updates, stitched pairs and wall time in seconds."""

    iterations: int
    samples: int
    seconds: float

    @property
    def throughput(self) -> float:
        """Samples per second."""
        return self.samples / self.seconds if self.seconds > 0 else float("nan")


@dataclass(frozen=True)
class Card:
    """A model card; ``sha256`` is of the weights file, ``model_digest`` of names and values.

    ``history`` is Markdown written by people: what no recipe says.
    """

    name: str
    sha256: str
    size: int
    model_digest: str
    parameters: int
    side: int
    settings: TrainSettings
    effort: Effort
    validation: Validation | None
    history: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        throughput = self.effort.throughput if self.effort.seconds > 0 else None
        return {
            "name": self.name,
            "sha256": self.sha256,
            "bytes": self.size,
            "model_digest": self.model_digest,
            "parameters": self.parameters,
            "canvas": self.side,
            "seed": self.settings.seed,
            "iterations": self.effort.iterations,
            "samples": self.effort.samples,
            "seconds": self.effort.seconds,
            "samples_per_second": throughput,
            "recipe": dump_config(self.settings),
            "validation": self.validation.to_json() if self.validation else None,
            "limits": self.limits,
            "history": self.history,
        }

    @property
    def limits(self) -> list[str]:
        """What the weights cannot do."""
        limits = (WORLD_LIMIT, *LIMITS) if self.settings.data.startswith("world") else LIMITS
        return [text.format(side=self.side) for text in limits]

    @property
    def markdown(self) -> str:
        """The card for people."""
        effort, minutes = self.effort, self.effort.seconds / 60
        facts = [
            f"- configuration `{self.settings.model}`, {self.parameters:,} parameters, pictures "
            f"of {self.side} x {self.side}",
            f"- seed {self.settings.seed}, {effort.iterations} iterations, {effort.samples} "
            f"samples, {minutes:.1f} min wall time, {effort.throughput:.1f} samples/s",
            f"- weights {self.size:,} bytes, SHA-256 `{self.sha256}`",
            f"- model digest `{self.model_digest}`",
        ]
        parts = [f"# {self.name}", "\n".join(facts)]
        if self.validation:
            parts += ["## Validation", _validated(self.validation)]
        if self.history:
            parts += ["## How this edition came to be", self.history.strip()]
        parts += ["## Limits", "\n".join(f"- {text}" for text in self.limits)]
        parts += ["## Recipe", f"```yaml\n{dump_config(self.settings)}```"]
        return "\n\n".join(parts) + "\n"

    def write(self, folder: Path, stem: str = "card") -> None:
        """Write ``<stem>.md`` and ``<stem>.json`` into ``folder``."""
        write_text(folder / f"{stem}.md", self.markdown)
        write_text(folder / f"{stem}.json", json.dumps(self.to_json(), indent=2) + "\n")


def _validated(validation: Validation) -> str:
    first = validation.figures[0]
    text = (
        f"`{validation.data}`, {len(first.prompts)} random prompts from training scenes x "
        f"{first.examples} queries of the {validation.split} split of each task.\n\n"
        f"{validation.table}"
    )
    if not validation.switching:
        return text
    switching = validation.switching
    shares = ", ".join(f"{task} {share:.1%}" for task, share in switching.shares.items())
    return (
        f"{text}\n\nTask switching: {switching.share:.1%} of the outputs are nearest to the target "
        f"of the prompted task ({shares}); {switching.excluded} cases with targets that look "
        "alike are left out."
    )


def make_card(
    weights: Path,
    settings: TrainSettings,
    effort: Effort,
    batch_size: int = 16,
    name: str = "",
    split: str = "select",
    history: str = "",
    device: str = "cpu",
) -> Card:
    """The card of a weights file, with the validation that ``settings`` ask for on ``split``, of
    the tasks that were trained, and with what people write of its ``history``."""
    model = load_painter(weights, device)
    validation = None
    if settings.validation_examples and settings.validation_prompts and settings.validated_on:
        datasets = [open_dataset(name, settings.data_root) for name in settings.validated_on]
        validation = validate_all(model, datasets, settings, batch_size, split)
    data = weights.read_bytes()
    return Card(
        name=name or settings.model,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        model_digest=model_digest(model),
        parameters=sum(p.numel() for p in model.parameters()),
        side=model.canvas,
        settings=settings,
        effort=effort,
        validation=validation,
        history=history,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Make the model card of existing weights.")
    parser.add_argument("weights", help="safetensors file, training folder or shipped name")
    parser.add_argument("--out", type=Path, help="folder of the card [that of the weights]")
    parser.add_argument("--recipe", default="world-tiny", help="recipe or YAML file")
    parser.add_argument("--set", action="append", default=[], dest="sets", metavar="KEY=VALUE")
    parser.add_argument("--iterations", type=int, help="updates [as in the recipe]")
    parser.add_argument("--samples", type=int, help="stitched pairs [as in the recipe]")
    parser.add_argument("--history", type=Path, help="Markdown on how the weights came to be")
    parser.add_argument("--split", choices=("select", "test"), default="select", help="[select]")
    parser.add_argument("--seconds", type=float, required=True, help="wall time of training")
    return parser


def _history(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--history {path}: not readable as text ({error})") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a card from the command line; returns the exit code."""
    flags = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        settings = load_config(TrainSettings, flags.recipe, flags.sets)
        path = resolve_checkpoint(flags.weights)
        iterations = flags.iterations or settings.iterations
        samples = flags.samples or iterations * settings.samples_per_iteration
        effort = Effort(iterations, samples, flags.seconds)
        history = _history(flags.history) if flags.history else ""
        card = make_card(path, settings, effort, name=path.stem, split=flags.split, history=history)
        card.write(flags.out or path.parent, path.stem)
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    if card.validation:
        print(card.validation.table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
