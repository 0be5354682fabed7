"""Whether a number may be put beside a published one, and if not, why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.tables import PublishedRow, columns_for, rows_for
from painter_kit.types import Spec

# Parameters of the released ViT-L.
RELEASED_PARAMETERS = 370_721_155
# Those of the released SegGPT, which has two type tokens more.
SEGGPT_PARAMETERS = 370_723_203
RELEASED_CANVAS = 448
# Pictures of the official test sets. Test100 is listed with 100 pictures but handed out with 98.
TEST_PICTURES: dict[tuple[str, str], tuple[int, ...]] = {
    ("depth", "nyuv2"): (654,),
    ("semantic", "ade20k"): (2000,),
    ("panoptic", "coco"): (5000,),
    ("keypoint", "coco"): (5000,),
    ("denoise", "sidd"): (1280,),
    ("derain", "derain"): (4300, 4298),
    ("enhance", "lol"): (15,),
}
# Published under a canvas other than RELEASED_CANVAS.
CANVASES = {("panoptic", "coco"): 560}


@dataclass(frozen=True)
class Setting:
    """What decides whether an evaluation compares with the published ones.

    ``spec`` is the one in force; ``switches`` are the ``KEY=VALUE`` changes that altered it, the
    canvas apart; ``n`` of ``available`` pictures of ``split`` were measured; ``parameters``
    counts those of the model behind the name ``checkpoint``.
    """

    spec: Spec[Any]
    split: str
    n: int
    available: int
    checkpoint: str
    parameters: int
    precision: str
    prompt_kind: str
    switches: tuple[str, ...] = ()


def reasons(setting: Setting) -> list[str]:
    """Why the numbers cannot be compared with any published row; empty when they can."""
    spec = setting.spec
    if not columns_for(spec.task, spec.data):
        return [f"no numbers are published for {spec.task} on {spec.data}"]
    found = list(_common(setting))
    kinds = {row.prompt for row in rows_for(spec.task, spec.data) if row.prompt}
    if setting.prompt_kind not in kinds:
        found.append(f"no numbers are published for a prompt of kind {setting.prompt_kind}")
    return found


def row_reasons(row: PublishedRow, setting: Setting) -> list[str]:
    """Why the numbers cannot be compared with this row; empty when they can."""
    found = list(_common(setting))
    if row.prompt and row.prompt != setting.prompt_kind:
        found.append(f"the prompt is of kind {setting.prompt_kind}, not {row.prompt}")
    return found


def _common(setting: Setting) -> Iterator[str]:
    spec = setting.spec
    official = TEST_PICTURES[spec.task, spec.data]
    if setting.split != "test":
        yield f"split {setting.split}, not test"
    elif setting.n < setting.available:
        yield f"{setting.n} of {setting.available} test pictures"
    elif setting.n not in official:
        yield f"{setting.n} pictures where the test set has {official[0]}"
    if setting.parameters != RELEASED_PARAMETERS:
        yield (
            f"checkpoint {setting.checkpoint} has {setting.parameters:,} parameters, the "
            f"published ViT-L {RELEASED_PARAMETERS:,}"
        )
    wanted = CANVASES.get((spec.task, spec.data), RELEASED_CANVAS)
    canvases = {part.canvas for _, part in spec.parts} or {spec.canvas}
    if canvases != {wanted}:
        yield f"canvas {', '.join(map(str, sorted(canvases)))}, not {wanted}"
    if setting.switches:
        yield f"protocol switched: {', '.join(setting.switches)}"
    if setting.precision != "fp32":
        yield f"precision {setting.precision}, not fp32"
    if (spec.data, setting.prompt_kind) == ("sidd", "released"):
        yield "the released prompt is a patch that was cut without a seed and cannot be made again"
