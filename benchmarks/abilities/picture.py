"""What the model paints, as one picture: a row per task with its prompt, a query and the output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from painter_kit.data.base import open_dataset
from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.evaluation.evaluate import orientation, primary
from painter_kit.inference.pictures import grid, to_picture
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import Resized, draw_prompts, draw_queries
from painter_kit.types import Example, Image

HEADS = ("prompt", "its answer", "query", "truth", "painted")
# (label, data, task): codings that only the prompt tells, and what training never showed, last.
ROWS = (
    ("depth", "world", "depth"),
    ("depth, new ramp", "world-shifted", "depth"),
    ("semantic", "world", "semantic"),
    ("semantic, new colours", "world-shifted", "semantic"),
    ("instance", "world", "instance"),
    ("foreground", "world", "foreground"),
    ("keypoint", "world", "keypoint"),
    ("denoise", "world", "denoise"),
    ("derain", "world", "derain"),
    ("low light", "world", "enhance"),
    ("foreground, new shapes", "world-unseen", "foreground"),
    ("instance, new shapes", "world-unseen", "instance"),
)
_TRIED = 8
_GAP = 4
_FONT = 15
_MARGIN = 22  # above the pictures, for the heads


@dataclass(frozen=True)
class Shown:
    """A row: a prompt, a query, and what was painted for it, float (S, S, 3)."""

    label: str
    prompt: Prompt
    query: Example
    painted: np.ndarray

    def pictures(self) -> list[Image]:
        """The row's pictures in the order of ``HEADS``; truth and output in the prompt's coding."""
        dataset = open_dataset(str(self.prompt.provenance["data"]))
        spec = self.prompt.effective(dataset.spec(self.prompt.task))
        height, width = self.query.image.shape[:2]
        truth = get_task(self.prompt.task).encode(self.query.truth, spec, (height, width))
        pair = self.prompt.pair
        return [pair.image, pair.target, self.query.image, truth, to_picture(self.painted)]


def show(
    predictor: Predictor, seed: int = 0, rows: Sequence[tuple[str, str, str]] = ROWS
) -> list[Shown]:
    """One prompt and one test query for every row (label, data, task).

    Nothing is chosen by what the model makes of it. The prompt is the first that is drawn, for
    classes the one of the first ``_TRIED`` that shows most of them, as nobody can know the colour
    of a class that the prompt lacks. The query is the first too, for restoration the one of the
    first ``_TRIED`` that is corrupted neither much nor little: some are hardly corrupted at all.
    """
    return [_row(predictor, *row, seed) for row in rows]


def _row(predictor: Predictor, label: str, data: str, task: str, seed: int) -> Shown:
    dataset = Resized(open_dataset(data), predictor.canvas)
    queries = draw_queries(dataset, task, "test", _TRIED, seed)
    query = _middling(dataset, task, queries) if task in RESTORATION_TASKS else queries[0]
    tried = draw_prompts(dataset, task, _TRIED if "semantic" in task else 1, seed)
    prompt = max(tried, key=_colours_shown)
    (painted,) = predictor.pictures(prompt, [query.image], dataset.spec(task))
    return Shown(label, prompt, query, painted)


def _middling(dataset: Resized, name: str, queries: Sequence[Example]) -> Example:
    """The query whose own metric is the median; the worse of two."""
    task, spec = get_task(name), dataset.spec(name)
    quality = [
        orientation(spec) * primary(task, spec, [task.measure(e.image, e.truth, spec)])
        for e in queries
    ]
    return queries[int(np.argsort(quality)[(len(queries) - 1) // 2])]


def _colours_shown(prompt: Prompt) -> int:
    """How many colours the prompt's target has."""
    return len(np.unique(prompt.pair.target.reshape(-1, 3), axis=0))


def draw(rows: Sequence[Shown], scale: int = 2) -> Image:
    """The labelled grid, uint8 (H, W, 3); every pixel ``scale`` times as large."""
    pictures = [row.pictures() for row in rows]
    sheet = grid(pictures, scale, _GAP)
    font = ImageFont.load_default(_FONT)
    left = max(round(font.getlength(row.label)) for row in rows) + 2 * _GAP
    canvas = Pillow.new("RGB", (left + sheet.shape[1], _MARGIN + sheet.shape[0]), "white")
    canvas.paste(Pillow.fromarray(sheet), (left, _MARGIN))
    pen, step = ImageDraw.Draw(canvas), scale * pictures[0][0].shape[0] + _GAP
    for column, head in enumerate(HEADS):
        pen.text((left + column * step, 2), head, "black", font)
    for number, row in enumerate(rows):
        pen.text((_GAP, _MARGIN + number * step + step // 2 - _FONT), row.label, "black", font)
    return np.asarray(canvas)
