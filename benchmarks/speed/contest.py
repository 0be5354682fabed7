"""Contestants on the same canvases, and interleaved rounds of them in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.speed.plain import plain_forward
from benchmarks.speed.seggpt import make_seggpt, paint_seggpt
from painter_kit.inference.canvas import half_mask
from painter_kit.model.builders import ModelConfig, get_config
from painter_kit.model.painter import Painter

# Returns the painted query half (N, 3, S, S), normalised.
Paint = Callable[[], Tensor]
OURS, PLAIN, SEGGPT = "painterkit", "plain", "SegGPT (transformers)"


@dataclass(frozen=True)
class Case:
    """A model with random weights, and canvases of one prompt.

    ``images`` (N, 3, 2S, S) and ``targets`` (1, 3, 2S, S) normalised, ``mask`` (1, h, w).
    """

    config: ModelConfig
    model: Painter
    images: Tensor
    targets: Tensor
    mask: Tensor


def make_case(config: ModelConfig, batch: int, seed: int = 0) -> Case:
    """Random weights, relative tables and biases included, so that no term can hide."""
    torch.manual_seed(seed)
    model = config.build().eval()
    for name, parameter in model.named_parameters():
        if "rel_pos" in name or (name.endswith("bias") and "norm" not in name):
            nn.init.normal_(parameter, std=0.1)
    height, width = config.img_size
    rows, columns = height // config.patch_size, width // config.patch_size
    images = torch.randn(batch, 3, height, width)
    mask = torch.from_numpy(half_mask(rows, columns))[None]
    return Case(config, model, images, torch.randn(1, 3, height, width), mask)


def named_case(name: str, batch: int) -> Case:
    """The case of a named configuration. Raises ``InputError`` for unknown names."""
    return make_case(get_config(name), batch)


def ours(case: Case) -> Paint:
    """The package's path; the first call prepares the prompt, as the ``Predictor`` does."""
    streams: list[Tensor] = []

    def paint() -> Tensor:
        if not streams:
            streams.append(case.model.target_stream(case.targets, case.mask))
        return case.model.predict_query(case.images, streams[0])

    return paint


def plain(case: Case) -> Paint:
    """The formulas, for whole canvases and with the loss."""
    targets = case.targets.expand_as(case.images)
    side = case.images.shape[3]
    return lambda: plain_forward(case.model, case.images, targets, case.mask)[1][:, :, side:]


def seggpt(case: Case) -> Paint:
    """transformers. Raises ``ModuleNotFoundError`` when it is not installed."""
    theirs = make_seggpt(case.model, case.config)
    targets = case.targets.expand_as(case.images)
    side = case.images.shape[3]
    return lambda: paint_seggpt(theirs, case.images, targets)[:, :, side:]


CONTESTANTS: Mapping[str, Callable[[Case], Paint]] = {OURS: ours, PLAIN: plain, SEGGPT: seggpt}


def available(case: Case) -> dict[str, Paint]:
    """The contestants whose libraries are installed."""
    paints = {}
    for name, make in CONTESTANTS.items():
        try:
            paints[name] = make(case)
        except ModuleNotFoundError:
            continue
    return paints


@dataclass(frozen=True)
class Result:
    """CPU seconds of every round, and max |a - b| / max |b| against the plain path."""

    seconds: tuple[float, ...]
    difference: float


@torch.inference_mode()
def run_rounds(paints: Mapping[str, Paint], rounds: int) -> dict[str, Result]:
    """Every contestant once per round, each round starting with another one.

    One call of each before counts for nothing but the differences. CPU seconds of the process,
    because wall-clock time on a shared machine says little.
    """
    outputs = {name: paint().clone() for name, paint in paints.items()}
    golden = outputs[PLAIN]
    seconds: dict[str, list[float]] = {name: [] for name in paints}
    names = list(paints)
    for turn in range(rounds):
        for name in (*names[turn % len(names) :], *names[: turn % len(names)]):
            start = time.process_time()
            paints[name]()
            seconds[name].append(time.process_time() - start)
    scale = golden.abs().max()
    return {
        name: Result(tuple(times), float((outputs[name] - golden).abs().max() / scale))
        for name, times in seconds.items()
    }


def ratios(results: Mapping[str, Result], name: str) -> tuple[float, float, float]:
    """How many times as long ``name`` takes as our path: median, least and most of the rounds."""
    paired = np.array(results[name].seconds) / np.array(results[OURS].seconds)
    return float(np.median(paired)), float(paired.min()), float(paired.max())
