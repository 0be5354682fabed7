"""Pictures of a benchmark, as the paper's Figures 4 and S5: prompt, query and what is painted."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from benchmarks.suites.measure import RANDOM, ByCategory
from benchmarks.suites.run import PartResult, SuiteResult
from painter_kit.evaluation.painting import paint_examples
from painter_kit.inference.canvas import resize_picture
from painter_kit.inference.ensemble import How, WholePrompt
from painter_kit.inference.parted import plain_prompts
from painter_kit.inference.pictures import grid
from painter_kit.inference.predictor import Predictor
from painter_kit.tasks.base import decode_example
from painter_kit.tasks.colors import painted_colours
from painter_kit.types import Example, Image

KINDS = (RANDOM, "searched", "learned", "blank", "wrong task")
_SIDE, _GAP, _FONT, _MARGIN, _MOST = 112, 4, 13, 20, 16


def gallery(predictor: Predictor, result: SuiteResult) -> Image:
    """uint8 (H, W, 3): a row per part: its median random prompt, the first query, the truth, and
    what is painted under the prompts of each kind that was asked. Nothing is chosen by looks."""
    parts = list(result.parts)[:_MOST]
    kinds = [k for k in KINDS if any(k == RANDOM or k in one.asked.shown for one in parts)]
    rows = [_row(predictor, one, kinds, result.settings.how) for one in parts]
    heads = ["prompt", "its answer", "query", "truth", *kinds]
    return _labelled(grid(rows, 1, _GAP), heads, [p.planned.opened.part.name for p in parts])


def _row(predictor: Predictor, one: PartResult, kinds: list[str], how: How) -> list[Image]:
    opened = one.planned.opened
    row = one.planned.episodes.of_draw(one.figures.median)[0]
    prompt = opened.prompt(row.supports, how)
    query = opened.queries[list(opened.queries.ids).index(row.query)]
    pair = plain_prompts(prompt)[0].pair
    spec = prompt.effective(opened.spec)
    height, width = query.image.shape[:2]
    truth = opened.task.encode(query.truth, spec, (height, width))
    shown: dict[str, ByCategory] = {**one.asked.shown, RANDOM: {row.category: prompt}}
    painted = [
        _painted(predictor, one, shown[kind][row.category], query)
        if kind in shown and row.category in shown[kind]
        else np.full((height, width, 3), 255, np.uint8)
        for kind in kinds
    ]
    pictures = [pair.image, pair.target, query.image, truth, *painted]
    return [resize_picture(picture, _SIDE, "bilinear") for picture in pictures]


def _painted(predictor: Predictor, one: PartResult, prompt: WholePrompt, query: Example) -> Image:
    """What is painted, as it is; of a task with views what is read from them."""
    opened = one.planned.opened
    spec = prompt.effective(opened.spec)
    ((_, output),) = paint_examples(
        opened.task, spec, prompt, [query], predictor.pictures, predictor.batch_size
    )
    if opened.task.views is not None:
        return opened.task.render(decode_example(opened.task, spec, output, query), spec)
    height, width = query.image.shape[:2]
    return painted_colours(np.asarray(output), (height, width), spec.output_resize, "round")


def _labelled(sheet: Image, heads: list[str], names: list[str]) -> Image:
    font = ImageFont.load_default(_FONT)
    left = max(round(font.getlength(name)) for name in names) + 2 * _GAP
    canvas = Pillow.new("RGB", (left + sheet.shape[1], _MARGIN + sheet.shape[0]), "white")
    canvas.paste(Pillow.fromarray(sheet), (left, _MARGIN))
    pen = ImageDraw.Draw(canvas)
    for column, head in enumerate(heads):
        pen.text((left + column * (_SIDE + _GAP), 2), head, "black", font)
    for number, name in enumerate(names):
        pen.text((_GAP, _MARGIN + number * (_SIDE + _GAP) + _SIDE // 2), name, "black", font)
    return np.asarray(canvas)
