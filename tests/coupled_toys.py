"""The toy of two parts, painted so faintly that 8 bits hold it."""

from dataclasses import replace
from typing import Any

import numpy as np

from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import make_pair
from painter_kit.types import Coding, Image, Spec
from tests.toys import BOTH_SPEC, PART_TASKS, ToyPainter, make_example

FAINT = 4
CODING = Coding(span=(0.0, 10.0 * FAINT))
FAINT_SPEC: Spec[Any] = replace(
    BOTH_SPEC, parts=tuple((name, part.with_coding(CODING)) for name, part in BOTH_SPEC.parts)
)


class FaintPainter(ToyPainter):
    """Paints a quarter of what the toy paints; the coding of ``FAINT_SPEC`` takes it back."""

    def _one(self, prompt: Prompt, image: Image, side: int) -> np.ndarray:
        return super()._one(prompt, image, side) / FAINT


def part_prompt(part: str, quality: int) -> Prompt:
    task = PART_TASKS[f"toy-{part}"]
    example = make_example(f"{part}{quality}", quality)
    return Prompt(make_pair(task, FAINT_SPEC.part(part), example), task.name, kind="random")
