"""Where tuning starts from."""

from __future__ import annotations

import numpy as np

from painter_kit.errors import InputError
from painter_kit.inference.canvas import resize_picture
from painter_kit.inference.parted import AnyPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Image, Pair, Spec
from prompt_search.candidates import Candidates
from prompt_search.setting import Setting, join_prompts
from prompt_tuning.objective import paint_target

STARTS = ("search", "random", "mean", "grey")
_GREY = 128


def make_starts(name: str, setting: Setting, seed: int) -> AnyPrompt:
    """``make_start`` of every part as one prompt. Raises ``InputError`` for an unknown name."""
    starts = {part.name: make_start(name, part.candidates, seed) for part in setting.parts}
    kind = next(iter(starts.values())).kind
    spec = setting.judge.spec
    return join_prompts(starts, spec, kind, {"data": spec.data, "init": name})


def make_start(name: str, candidates: Candidates, seed: int) -> Prompt:
    """The start called ``random``, ``mean`` or ``grey``.

    ``random`` is the first prompt of the panel that the seed draws; ``mean`` averages all
    candidates' pictures, painted in the spec's coding; ``grey`` is two flat pictures. Raises
    ``InputError`` for another name.
    """
    spec = candidates.spec
    if name == "random":
        return candidates.prompt(candidates.draw(1, seed)[0])
    if name == "mean":
        return _made(name, _mean_pair(candidates), spec)
    if name == "grey":
        flat = np.full((spec.canvas, spec.canvas, 3), _GREY, np.uint8)
        return _made(name, Pair(flat, flat, spec.coding), spec)
    raise InputError(f"--init must be a prompt folder or one of {', '.join(STARTS)}, not {name!r}")


def _made(name: str, pair: Pair, spec: Spec) -> Prompt:
    return Prompt(
        pair, spec.task, "given", spec.digest, provenance={"data": spec.data, "init": name}
    )


def _mean_pair(candidates: Candidates) -> Pair:
    spec, side = candidates.spec, candidates.spec.canvas
    images, targets = np.zeros((2, side, side, 3))
    for index in candidates.indices:
        example = candidates.examples[index]
        images += resize_picture(example.image, side, spec.image_resize)
        targets += paint_target(candidates.task, spec, example)
    return Pair(
        _rounded(images / len(candidates)), _rounded(targets / len(candidates)), spec.coding
    )


def _rounded(values: np.ndarray) -> Image:
    return np.rint(values).astype(np.uint8)
