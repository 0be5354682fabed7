"""Which part of a forward takes how long, and what share of the machine's peak it reaches."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.speed.contest import Case, ours
from benchmarks.speed.flops import count_flops
from painter_kit.model.painter import Painter

# Rows of the table -> the components of ``count_flops`` that a module's time holds.
PARTS: Mapping[str, tuple[str, ...]] = {
    "patch embedding": ("patch embedding",),
    "attention": ("attention, products", "attention, linear and positions"),
    "MLP": ("MLP",),
    "decoder, linear": ("decoder, linear",),
    "decoder, convolutions": ("decoder, convolutions",),
}
REST = "norms, sums and copies"


def modules_of(model: Painter) -> dict[str, list[nn.Module]]:
    """The modules of each part."""
    blocks: list[Any] = list(model.blocks)
    return {
        "patch embedding": [model.patch_embed],
        "attention": [block.attn for block in blocks],
        "MLP": [block.mlp for block in blocks],
        "decoder, linear": [model.decoder_embed],
        "decoder, convolutions": [model.decoder_pred],
    }


@contextmanager
def timed_parts(model: Painter) -> Iterator[dict[str, float]]:
    """CPU seconds spent in each part while the context lasts."""
    spent, started, handles = dict.fromkeys(PARTS, 0.0), [0.0], []

    def begin(module: nn.Module, inputs: object) -> None:
        started[0] = time.process_time()

    for name, modules in modules_of(model).items():

        def end(module: nn.Module, inputs: object, output: object, name: str = name) -> None:
            spent[name] += time.process_time() - started[0]

        for module in modules:
            handles += [
                module.register_forward_pre_hook(begin),
                module.register_forward_hook(end),
            ]
    try:
        yield spent
    finally:
        for handle in handles:
            handle.remove()


@torch.inference_mode()
def part_seconds(case: Case, rounds: int) -> dict[str, float]:
    """CPU seconds of our path by part and ``REST``, for all pictures of the case: medians."""
    paint, rows = ours(case), []
    paint()
    for _ in range(rounds):
        with timed_parts(case.model) as spent:
            start = time.process_time()
            paint()
            whole = time.process_time() - start
        rows.append({**spent, REST: whole - sum(spent.values())})
    return {name: float(np.median([row[name] for row in rows])) for name in rows[0]}


def rate_rows(case: Case, rounds: int, peak: float) -> list[dict[str, object]]:
    """Each part's time, rate and share of ``peak`` (FLOP per CPU second), per picture."""
    batch = len(case.images)
    with torch.no_grad():
        stream = case.model.target_stream(case.targets, case.mask)
    counted = count_flops(lambda: case.model.predict_query(case.images[:1], stream))
    seconds = {name: time / batch for name, time in part_seconds(case, rounds).items()}
    flops = {name: sum(counted[key] for key in keys) for name, keys in PARTS.items()}
    flops |= {REST: 0, "together": sum(flops.values())}
    whole = sum(seconds.values())
    seconds["together"] = whole
    return [
        {
            "component": name,
            "GFLOP": f"{count / 1e9:.3f}",
            "CPU ms": f"{1e3 * seconds[name]:.2f}",
            "share of the time": f"{seconds[name] / whole:.1%}",
            "GFLOP/s": f"{count / seconds[name] / 1e9:.1f}" if count else "-",
            "share of peak": f"{count / seconds[name] / peak:.0%}" if count else "-",
        }
        for name, count in flops.items()
    ]
