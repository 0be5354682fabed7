"""What is left of a prompt after its pictures were handled: stored as JPEG, resized, moved."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import PIL.Image

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.judge import Judge
from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Examples, Image, Pair
from prompt_search import altered
from prompt_search.race import number

Change = Callable[[Image], Image]
Table = list[dict[str, object]]


def jpeg(picture: Image, quality: int) -> Image:
    """The picture after JPEG with this quality."""
    held = io.BytesIO()
    PIL.Image.fromarray(picture).save(held, "JPEG", quality=quality)
    return np.asarray(PIL.Image.open(held))


def resized(picture: Image, share: float) -> Image:
    """Made smaller to ``share`` of its sides and large again, bicubic."""
    height, width = picture.shape[:2]
    small = max(1, round(share * width)), max(1, round(share * height))
    squashed = PIL.Image.fromarray(picture).resize(small, PIL.Image.Resampling.BICUBIC)
    return np.asarray(squashed.resize((width, height), PIL.Image.Resampling.BICUBIC))


def cropped(picture: Image, share: float) -> Image:
    """Without ``share`` of its sides, half of that on each end, and made large again, bicubic."""
    height, width = picture.shape[:2]
    box = (share * width / 2, share * height / 2)
    box = (*box, width - box[0], height - box[1])
    whole = PIL.Image.fromarray(picture)
    return np.asarray(whole.resize((width, height), PIL.Image.Resampling.BICUBIC, box))


def shifted(picture: Image, share: float) -> Image:
    """Moved to the lower right by ``share`` of its sides; the first rows and columns repeat."""
    down, right = (round(share * side) for side in picture.shape[:2])
    padded = np.pad(picture, ((down, 0), (right, 0), (0, 0)), "edge")
    return np.ascontiguousarray(padded[: picture.shape[0], : picture.shape[1]])


CHANGES: Mapping[str, Change] = {
    "as it is": lambda picture: picture,
    "JPEG 95": lambda picture: jpeg(picture, 95),
    "JPEG 75": lambda picture: jpeg(picture, 75),
    "JPEG 50": lambda picture: jpeg(picture, 50),
    "resized to 3/4 and back": lambda picture: resized(picture, 0.75),
    "resized to 1/2 and back": lambda picture: resized(picture, 0.5),
    "cropped by 1/16": lambda picture: cropped(picture, 1 / 16),
    "shifted by 1/32": lambda picture: shifted(picture, 1 / 32),
}


def changed(prompt: AnyPrompt, change: Change) -> AnyPrompt:
    """The prompt with both pictures, of every part, changed in the same way."""
    return altered.changed(prompt, lambda _, own: replace(own, pair=_changed(own.pair, change)))


def _changed(pair: Pair, change: Change) -> Pair:
    return Pair(change(pair.image), change(pair.target), pair.coding)


def robustness(judge: Judge, select: Examples, prompts: Mapping[str, AnyPrompt]) -> Table:
    """A row for every change: its name and the primary metric on select of every prompt."""

    def value(prompt: AnyPrompt) -> float | None:
        return number(primary(judge.task, judge.spec, judge.records(prompt, select)))

    return [
        {"change": name, **{kind: value(changed(p, change)) for kind, p in prompts.items()}}
        for name, change in CHANGES.items()
    ]
