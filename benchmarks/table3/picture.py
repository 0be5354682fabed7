"""The picture grid of the table: a row per task, from the prompt to what was painted under it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from benchmarks.demo import DemoPart
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.painting import paint_examples
from painter_kit.inference.canvas import resize_picture
from painter_kit.inference.parted import AnyPrompt, plain_prompts
from painter_kit.inference.pictures import grid, to_picture
from painter_kit.inference.predictor import Predictor
from painter_kit.tasks.base import decode_example
from painter_kit.types import Example, Image

HEADS = ("prompt", "its answer", "query", "truth", "random", "searched", "learned")
_GAP, _FONT, _MARGIN = 4, 15, 22
_LEAST = 96  # sides of the pictures, made larger by whole factors


def row_pictures(predictor: Predictor, judge: Judge, part: DemoPart) -> Image:
    """uint8 (S, 7 S + gaps, 3) in the order of ``HEADS``, each S x S.

    The prompt is the searched one, of the first part for a task with parts. The query is the
    first of test: nothing is chosen by what comes out. Truth and outputs are in the codings of
    the prompts that they belong to.
    """
    row, query = part.row, part.splits.test[0]
    prompts = [row.median, row.searched.prompt, row.learned.prompt]
    searched = prompts[1]
    shown = plain_prompts(searched)[0]
    size = query.image.shape[0], query.image.shape[1]
    truth = judge.task.encode(query.truth, judge.effective(searched), size)
    pictures = [shown.pair.image, shown.pair.target, query.image, truth]
    pictures += [_painted(predictor, judge, prompt, query) for prompt in prompts]
    side = predictor.canvas
    return grid([[resize_picture(p, side, "bicubic") for p in pictures]], gap=_GAP)


def _painted(predictor: Predictor, judge: Judge, prompt: AnyPrompt, query: Example) -> Image:
    """What was painted; of a task with parts or views what was decoded of it."""
    task, spec = judge.task, judge.effective(prompt)
    paint, batch = predictor.pictures, predictor.batch_size
    ((_, output),) = paint_examples(task, spec, prompt, [query], paint, batch)
    if isinstance(output, np.ndarray) and output.ndim == 3:
        return to_picture(output)
    return task.render(decode_example(task, spec, output, query), spec)


def table_picture(labels: Sequence[str], rows: Sequence[Image]) -> Image:
    """The rows of ``row_pictures`` with labels at the left and heads above, uint8 (H, W, 3)."""
    scale = -(-_LEAST // rows[0].shape[0])
    sheet = grid([[row] for row in rows], scale, _GAP)
    font = ImageFont.load_default(_FONT)
    left = max(round(font.getlength(label)) for label in labels) + 2 * _GAP
    canvas = Pillow.new("RGB", (left + sheet.shape[1], _MARGIN + sheet.shape[0]), "white")
    canvas.paste(Pillow.fromarray(sheet), (left, _MARGIN))
    pen, column = ImageDraw.Draw(canvas), scale * (rows[0].shape[0] + _GAP)
    for number, head in enumerate(HEADS):
        pen.text((left + number * column, 2), head, "black", font)
    top = _MARGIN
    for label, row in zip(labels, rows, strict=True):
        height = scale * row.shape[0]
        pen.text((_GAP, top + height // 2 - _FONT // 2), label, "black", font)
        top += height + _GAP
    return np.asarray(canvas)
