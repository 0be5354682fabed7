"""``python -m benchmarks.tuning_memory``: peak memory of one step of prompt tuning, measured.

A fresh process builds a model with random weights, makes one whole step (forward, backward to
both prompt pictures, Adam, projection, average) as ``tune-prompt`` does, and tells the most
memory that it ever held. One step on the released size takes a minute or more on one core.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from painter_kit.model.builders import CONFIGS

BAR_GB = 3.6
# Linux counts in kilobytes, macOS in bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024
_CHILD = "--measure"


@dataclass(frozen=True)
class Peak:
    """``start_gb`` before the step, with the weights there; ``peak_gb`` at the end (10^9 bytes)."""

    model: str
    parameters: int
    canvas: tuple[int, int]
    batch: int
    checkpointing: bool
    start_gb: float
    peak_gb: float
    seconds: float
    loss: float


def measure(name: str, batch: int, checkpointing: bool | None) -> Peak:
    """One step of this process, which should have done nothing else before."""
    import torch

    from painter_kit.types import Coding, Pair, Spec
    from prompt_tuning.config import TuneConfig
    from prompt_tuning.course import frozen
    from prompt_tuning.learner import Learner
    from prompt_tuning.objective import Queries
    from prompt_tuning.parameters import LearnedPair

    torch.manual_seed(0)
    model = CONFIGS[name].build()
    side = model.canvas
    config = TuneConfig(batch=batch, micro=batch, learn_precision="fp32")
    pictures = torch.randint(0, 256, (2, side, side, 3), dtype=torch.uint8).numpy()
    spec: Spec[Any] = Spec("depth", "random", side, "rmse", "min", "m", Coding(), None)
    device = torch.device("cpu")
    with frozen(model, checkpointing):
        learned = LearnedPair(Pair(pictures[0], pictures[1], Coding()), spec, device, config)
        learner = Learner(learned, config, config.pace(model))
        shape = batch, 3, side, side
        queries = Queries(torch.randn(shape), torch.randn(shape), torch.ones(shape))
        before, began = _held(), time.monotonic()
        loss = learner.update(model, queries, step=1)
        seconds, lean = time.monotonic() - began, model.checkpoint_blocks
    parameters = sum(p.numel() for p in model.parameters())
    return Peak(name, parameters, model.img_size, batch, lean, before, _held(), seconds, loss)


def _held() -> float:
    """The most memory that this process ever held, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 1e9


def measure_afresh(name: str, batch: int, checkpointing: str) -> Peak:
    """``measure`` in a process of its own. Raises ``CalledProcessError`` when it fails."""
    command = [sys.executable, "-m", "benchmarks.tuning_memory", _CHILD, "--model", name]
    command += ["--batch", str(batch), "--checkpointing", checkpointing]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    told = json.loads(output.splitlines()[-1])
    return Peak(**{**told, "canvas": tuple(told["canvas"])})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tuning_memory",
        description="Peak memory of one step of prompt tuning, random weights, on the CPU.",
    )
    parser.add_argument("--model", choices=list(CONFIGS), default="painter-vit-large")
    parser.add_argument("--batch", type=int, default=1, help="queries of the step [1]")
    parser.add_argument("--checkpointing", choices=("auto", "on", "off"), default="auto")
    parser.add_argument("--bar", type=float, default=BAR_GB, help=f"most GB [{BAR_GB}]")
    parser.add_argument(_CHILD, action="store_true", help=argparse.SUPPRESS)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when the bar is not held."""
    flags = _parser().parse_args(arguments)
    if flags.measure:
        lean = {"auto": None, "on": True, "off": False}[flags.checkpointing]
        print(json.dumps(asdict(measure(flags.model, flags.batch, lean))))
        return 0
    peak = measure_afresh(flags.model, flags.batch, flags.checkpointing)
    held = peak.peak_gb < flags.bar
    print(
        f"{peak.model}, {peak.parameters:,} parameters, canvas {peak.canvas[0]} x "
        f"{peak.canvas[1]}, batch {peak.batch}, checkpointing {peak.checkpointing}: one step "
        f"{peak.seconds:.1f} s, peak {peak.peak_gb:.2f} GB ({peak.start_gb:.2f} before it); "
        f"bar {flags.bar} GB {'kept' if held else 'NOT KEPT'}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
