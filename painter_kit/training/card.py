"""The model card: what a set of weights is, how it came to be and what it can do.

``python -m painter_kit.training.card WEIGHTS --out DIR`` makes the card of existing weights, and
``--keep-figures`` words an existing one anew without validating again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from painter_kit.config import dump_config, load_config
from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import write_text
from painter_kit.model.checkpoint import load_painter, model_digest, resolve_checkpoint
from painter_kit.training.card_text import card_markdown
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

    ``history`` is Markdown written by people: what no recipe says. ``measured_limits`` are
    sentences about what the weights were found not to do.
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
    measured_limits: Sequence[str] = ()

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
            "measured_limits": list(self.measured_limits),
            "history": self.history,
        }

    @property
    def limits(self) -> list[str]:
        """What the weights cannot do, whatever is measured."""
        return plain_limits(self.settings.data, self.side)

    @property
    def markdown(self) -> str:
        """The card for people."""
        return card_markdown(self.to_json())

    def write(self, folder: Path, stem: str = "card") -> None:
        """Write ``<stem>.md`` and ``<stem>.json`` into ``folder``."""
        _write(self.to_json(), folder, stem)


def _write(card: Mapping[str, Any], folder: Path, stem: str) -> None:
    write_text(folder / f"{stem}.md", card_markdown(card))
    write_text(folder / f"{stem}.json", json.dumps(card, indent=2) + "\n")


def plain_limits(data: str, side: int) -> list[str]:
    """What weights trained on ``data``, with pictures of this side, cannot do for that alone."""
    limits = (WORLD_LIMIT, *LIMITS) if data.startswith("world") else LIMITS
    return [text.format(side=side) for text in limits]


def make_card(
    weights: Path,
    settings: TrainSettings,
    effort: Effort,
    batch_size: int = 16,
    name: str = "",
    split: str = "select",
    history: str = "",
    device: str = "cpu",
    measured_limits: Sequence[str] = (),
) -> Card:
    """The card of a weights file, with the validation that ``settings`` ask for on ``split``, of
    the tasks that were trained, with what people write of its ``history`` and with
    ``measured_limits``."""
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
        measured_limits=measured_limits,
    )


def reworded(
    weights: Path, card: Path, history: str | None = None, measured: Sequence[str] | None = None
) -> dict[str, Any]:
    """A card's JSON with the limits that are told today and, where they are given, another history
    and other measured limits; facts of the training and figures stay.

    Raises ``InputError`` when the file is no card, or one of other weights than ``weights``.
    """
    try:
        found = json.loads(card.read_text(encoding="utf-8"))
        data = yaml.safe_load(found["recipe"])["data"]
        limits, digest = plain_limits(str(data), int(found["canvas"])), found["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{card}: not a model card ({error}); leave --keep-figures out to make one"
        ) from None
    if digest != hashlib.sha256(weights.read_bytes()).hexdigest():
        raise InputError(
            f"{card}: the card of other weights than {weights}; leave --keep-figures out to "
            "validate these"
        )
    kept = found.get("measured_limits", [])
    return {
        **found,
        "limits": limits,
        "measured_limits": kept if measured is None else list(measured),
        "history": found["history"] if history is None else history,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Make the model card of existing weights.")
    parser.add_argument("weights", help="safetensors file, training folder or shipped name")
    parser.add_argument("--out", type=Path, help="folder of the card [that of the weights]")
    parser.add_argument("--recipe", default="world-tiny", help="recipe or YAML file")
    parser.add_argument("--set", action="append", default=[], dest="sets", metavar="KEY=VALUE")
    parser.add_argument("--iterations", type=int, help="updates [as in the recipe]")
    parser.add_argument("--samples", type=int, help="stitched pairs [as in the recipe]")
    parser.add_argument("--history", type=Path, help="Markdown on how the weights came to be")
    parser.add_argument("--limits", type=Path, help="list that benchmarks.abilities has written")
    parser.add_argument("--split", choices=("select", "test"), default="select", help="[select]")
    parser.add_argument("--seconds", type=float, help="wall time of training")
    parser.add_argument(
        "--keep-figures",
        action="store_true",
        help="only word the card beside the weights anew; what it says of the training and the "
        "figures stay",
    )
    return parser


def _text(option: str, path: Path | None) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{option} {path}: not readable as text ({error})") from None


def _measured_limits(path: Path | None) -> list[str] | None:
    """The items of a Markdown list, one a line; None without a file."""
    if (text := _text("--limits", path)) is None:
        return None
    items = [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]
    if not items:
        raise InputError(
            f"--limits {path}: no line begins with '- '; expected the limits.md that "
            "python -m benchmarks.abilities writes"
        )
    return items


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a card from the command line; returns the exit code."""
    parser = _parser()
    flags = parser.parse_args(arguments)
    if flags.seconds is None and not flags.keep_figures:
        parser.error("--seconds is needed: how long the training took")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        _make(flags)
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _make(flags: argparse.Namespace) -> None:
    path = resolve_checkpoint(flags.weights)
    folder, name = flags.out or path.parent, path.stem
    history, measured = _text("--history", flags.history), _measured_limits(flags.limits)
    if flags.keep_figures:
        card = reworded(path, path.with_suffix(".json"), history, measured)
        _write(card, folder, name)
        return
    settings = load_config(TrainSettings, flags.recipe, flags.sets)
    iterations = flags.iterations or settings.iterations
    samples = flags.samples or iterations * settings.samples_per_iteration
    effort = Effort(iterations, samples, flags.seconds)
    made = make_card(
        path,
        settings,
        effort,
        name=name,
        split=flags.split,
        history=history or "",
        measured_limits=measured or (),
    )
    made.write(folder, name)
    if made.validation:
        print(made.validation.table)


if __name__ == "__main__":
    sys.exit(main())
