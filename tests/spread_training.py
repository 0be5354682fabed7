"""Toy trainings for ``torchrun``: ``spread_training.py OUT DTYPE,ITERATIONS[,resume] ...``.

Each writes the loss of every update to ``OUT/DTYPE-ITERATIONS/losses.json``.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch

from painter_kit.distributed import process_group, rank, world_size
from painter_kit.training.loop import Trainer
from painter_kit.types import SilentReporter
from tests.training_toys import SETTINGS, TINY, flat_batches

# So many samples that gradients of the 1 x 1 convolution come out channels-last; dropped paths
# are drawn; the optimiser is the released one.
BATCH = 24


class Losses(SilentReporter):
    """Keeps the loss of every update."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def metrics(self, values, step=None) -> None:
        self.values.append(values["loss/all"])


def spread(out: Path, dtype: str, iterations: int, resume: bool = False, accumulate: int = 1):
    """Train the toy up to ``iterations``; returns the losses."""
    losses = Losses()
    settings = replace(SETTINGS, batch=BATCH, iterations=20, log_every=1, save_every=10)
    settings = replace(settings, accumulate=accumulate, processes=world_size(), ema=0.9)
    torch.manual_seed(0)
    model = TINY.build().to(getattr(torch, dtype))
    run = Trainer(model, flat_batches(settings), settings, out, losses)
    if resume:
        run.resume()
    run.run(until=iterations)
    if rank() == 0:
        (out / "losses.json").write_text(json.dumps(losses.values))
    return losses.values


if __name__ == "__main__":
    torch.set_num_threads(1)
    with process_group(torch.device("cpu")):
        for job in sys.argv[2:]:
            name, until, *rest = job.split(",")
            spread(Path(sys.argv[1]) / f"{name}-{until}", name, int(until), "resume" in rest)
