"""``python -m benchmarks.likeness``: what near-copies are told from other scenes by.

Pictures of the world are changed as copies are, and compared with themselves and with other
scenes: by the thumbnails that a search uses, and by the features of a model, which would cost a
share of a forward each.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
import numpy.typing as npt

from benchmarks.output import markdown_table, write_csv
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.likeness import NEAR, pair_features, thumbnail
from painter_kit.evaluation.order import generator
from painter_kit.types import Image, Pair

if TYPE_CHECKING:
    from painter_kit.inference.predictor import Predictor

Floats = npt.NDArray[np.floating]
Describe = Callable[[Sequence[Image]], Floats]  # unit vectors (N, D) of pictures
Row = dict[str, object]

TASKS = (
    *("depth", "semantic", "instance", "foreground"),
    *("keypoint", "denoise", "derain", "enhance"),
)
OTHER, PAIRS = "another scene", "another scene, whole pairs"


def compressed(picture: Image, quality: int) -> Image:
    """The picture as a JPEG of this quality."""
    from PIL import Image as Pictures

    data = io.BytesIO()
    Pictures.fromarray(picture).save(data, "JPEG", quality=quality)
    return np.asarray(Pictures.open(data))


def noisy(picture: Image, sd: float = 8) -> Image:
    """With normal noise of this many levels."""
    noise = generator(0, "noise").normal(0, sd, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def brighter(picture: Image, share: float = 0.15) -> Image:
    """Brighter by this share."""
    return np.clip(picture * (1 + share), 0, 255).astype(np.uint8)


def resized(picture: Image, factor: float = 0.75) -> Image:
    """Another size, both sides by the same factor."""
    from PIL import Image as Pictures

    height, width = (round(factor * side) for side in picture.shape[:2])
    return np.asarray(Pictures.fromarray(picture).resize((width, height)))


def cropped(picture: Image, share: float) -> Image:
    """The middle, of this share of both sides."""
    height, width = picture.shape[:2]
    rows, columns = round(share * height), round(share * width)
    top, left = (height - rows) // 2, (width - columns) // 2
    return picture[top : top + rows, left : left + columns]


CHANGES: dict[str, Callable[[Image], Image]] = {
    "JPEG of quality 75": lambda picture: compressed(picture, 75),
    "JPEG of quality 30": lambda picture: compressed(picture, 30),
    "noise of 8 levels": noisy,
    "15 % brighter": brighter,
    "3/4 of the size": resized,
    "crop of 0.95 of the side": lambda picture: cropped(picture, 0.95),
    "crop of 0.9": lambda picture: cropped(picture, 0.9),
    "crop of 0.8": lambda picture: cropped(picture, 0.8),
    "mirror image": lambda picture: np.ascontiguousarray(picture[:, ::-1]),
}


def thumbnails(pictures: Sequence[Image]) -> Floats:
    """What a search compares pictures by."""
    return np.stack([thumbnail(picture) for picture in pictures])


def model_features(predictor: Predictor, pictures: Sequence[Image]) -> Floats:
    """The features that retrieval uses, at unit length."""
    from painter_kit.evaluation.features import image_features

    rows = image_features(predictor, pictures)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def cosines(pictures: Sequence[Image], describe: Describe) -> dict[str, Floats]:
    """Of every change with the picture itself, and of all pairs of different pictures."""
    own = describe(pictures)
    found = {
        name: (own * describe([change(picture) for picture in pictures])).sum(1)
        for name, change in CHANGES.items()
    }
    return {**found, OTHER: _others(own)}


def _others(features: Floats) -> Floats:
    return (features @ features.T)[np.triu_indices(len(features), 1)]


def pairs_of(task: str, scenes: int) -> list[Pair]:
    """The first pairs of the world's training split."""
    from painter_kit.data.base import open_dataset
    from painter_kit.tasks.base import get_task, make_pair

    world = open_dataset("world")
    source = world.examples(task, "train")
    return [make_pair(get_task(task), world.spec(task), source[i]) for i in range(scenes)]


def measure(tasks: Sequence[str], scenes: int, predictor: Predictor | None) -> list[Row]:
    """A row per change: smallest and largest cosine over scenes and tasks, and their median."""
    told: dict[tuple[str, str], list[Floats]] = {}
    for task in tasks:
        pairs = pairs_of(task, scenes)
        for (by, name), values in _of_task(pairs, predictor):
            told.setdefault((by, name), []).append(values)
    return [_row(by, name, np.concatenate(values)) for (by, name), values in told.items()]


def _of_task(
    pairs: Sequence[Pair], predictor: Predictor | None
) -> Iterator[tuple[tuple[str, str], Floats]]:
    pictures = [pair.image for pair in pairs]
    for name, values in cosines(pictures, thumbnails).items():
        yield ("thumbnails", name), values
    yield ("thumbnails", PAIRS), _others(np.stack([pair_features(pair) for pair in pairs]))
    if predictor:
        own = predictor
        for name, values in cosines(pictures, lambda shown: model_features(own, shown)).items():
            yield ("features of the model", name), values


def _row(by: str, name: str, values: Floats) -> Row:
    numbers = {"smallest": values.min(), "median": np.median(values), "largest": values.max()}
    shown = {key: f"{value:.3f}" for key, value in numbers.items()}
    return {"by": by, "compared with": name, **shown}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=Path, help="File of the table as CSV.")
@click.option("--task", "tasks", multiple=True, default=TASKS, help="May be repeated.  [eight]")
@click.option("--scenes", type=click.IntRange(2), default=150, show_default=True)
@click.option("--checkpoint", default="world-tiny", show_default=True, help="Whose features.")
@click.option("--features/--no-features", default=True, help="The model's take most of the time.")
@click.option("--threads", type=int, help="CPU threads.")
def command(
    out: Path | None,
    tasks: tuple[str, ...],
    scenes: int,
    checkpoint: str,
    features: bool,
    threads: int | None,
) -> None:
    """Cosines of pictures with their own copies and with other scenes."""
    predictor = None
    if features:
        import torch

        from painter_kit.inference.predictor import Predictor
        from painter_kit.model.checkpoint import load_painter

        if threads:
            torch.set_num_threads(threads)
        predictor = Predictor(load_painter(checkpoint))
    rows = measure(tasks, scenes, predictor)
    click.echo(f"{scenes} scenes of {', '.join(tasks)}; near is above {NEAR}")
    click.echo(markdown_table(rows))
    if out:
        write_csv(out, rows)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.likeness")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
