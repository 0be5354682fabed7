"""Readers of prompt folders, of served prompts, and of what is kept beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bad_input.table import Reader
from painter_kit.data.specs import depth_spec, panoptic_spec
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import PartedPrompt, load_prompt, plain_prompts
from painter_kit.inference.prompt import Prompt
from painter_kit.serving.folder import Served, read_folder, write_folder
from painter_kit.tasks.base import get_task
from painter_kit.types import Pair, Spec

_CLASSES = ("wall", "floor", "chair")


def _pair(seed: int, spec: Spec[Any]) -> Pair:
    image, target = np.random.default_rng(seed).integers(0, 256, (2, 24, 20, 3), np.uint8)
    return Pair(image, target, spec.coding)


def _prompt(seed: int) -> Prompt:
    spec = depth_spec("world")
    scores = {"confirm": {"value": 0.5, "ci_low": 0.4, "ci_high": 0.6}}
    made = {"data": "world", "candidate": f"c{seed}"}
    return Prompt(
        _pair(seed, spec),
        "depth",
        kind="random",
        spec_digest=spec.digest,
        model_digest="m" * 64,
        provenance=made,
        scores=scores,
        confirm_touches=1,
    )


def _parted() -> PartedPrompt:
    spec = panoptic_spec("world", _CLASSES, (2,))
    parts = {name: Prompt(_pair(3, own), own.task) for name, own in spec.parts}
    return PartedPrompt(parts, "panoptic", spec_digest=spec.digest)


def _read(folder: Path) -> None:
    prompt = load_prompt(folder / "prompt")
    for own in plain_prompts(prompt):
        spec = own.effective(replace(depth_spec("world"), task=own.task))
        assert len(spec.digest) == len(own.digest) == 64
    assert len(prompt.digest) == 64
    prompt.save(folder / "copy")


def _served(folder: Path) -> None:
    served = Served(_prompt(1), depth_spec("world"), "world-tiny", "m" * 64)
    write_folder(served, folder, include_weights=False)


def _read_served(folder: Path) -> None:
    served = read_folder(folder)
    assert len(served.spec.digest) == 64
    task = get_task(served.prompt.task)
    if not task.parts and task.views is None:
        side = (8, 8, 3)
        task.render(task.decode(np.full(side, 0.5, np.float32), served.spec, (24, 20)), served.spec)


READERS = (
    Reader("prompt", lambda folder: _prompt(1).save(folder / "prompt"), _read, share=1.5),
    Reader("prompt-of-parts", lambda folder: _parted().save(folder / "prompt"), _read),
    Reader(
        "prompt-ensemble",
        lambda folder: EnsemblePrompt([_prompt(1), _prompt(2)]).save(folder / "prompt"),
        _read,
    ),
    Reader("served-prompt", _served, _read_served, share=1.5),
)
