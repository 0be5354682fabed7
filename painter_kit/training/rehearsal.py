"""A training that stops after two updates and says what the real one will take."""

from __future__ import annotations

import resource
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from painter_kit.distributed import process_group
from painter_kit.training.loader import samples_per_second, workers_for
from painter_kit.training.memory import Footprint, footprint, memory_in_words
from painter_kit.training.precision import use_tf32
from painter_kit.training.recipe import TrainSettings, check_settings, network_config
from painter_kit.training.run import prepare

_GIB = 2**30


@dataclass(frozen=True)
class Rehearsal:
    """What two updates of one process took, and what follows for the whole run.

    ``losses`` of the two updates; ``seconds`` of the second one; ``peak`` bytes of the process
    (of the GPU where there is one); ``made`` samples per second of one data worker; ``consumed``
    samples per second that the data has to come at; ``epoch`` samples of one pass, 0: endless.
    """

    footprint: Footprint
    losses: tuple[float, float]
    seconds: float
    samples: int
    peak: int
    made: float
    consumed: float
    epoch: int
    iterations: int

    @property
    def workers(self) -> int:
        """Data workers that keep up with what is consumed."""
        return workers_for(self.consumed, self.made)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "memory": self.footprint.total, "workers": self.workers}

    @property
    def text(self) -> str:
        """The numbers for people."""
        pairs = f", {self.epoch} pairs in an epoch" if self.epoch else ""
        return "\n".join(
            [
                f"{self.iterations} iterations{pairs}",
                self.footprint.text,
                f"two updates ran: loss {self.losses[0]:.4f}, {self.losses[1]:.4f}; the second "
                f"took {self.seconds:.2f} s for {self.samples} samples; peak memory "
                f"{self.peak / _GIB:.2f} GiB",
                f"one data worker makes {self.made:.1f} samples/s; {self.consumed:.1f} samples/s "
                f"need {self.workers} worker(s)",
            ]
        )


def rehearse(
    settings: TrainSettings,
    out: Path,
    cache: Path,
    device: str = "cpu",
    consume: float | None = None,
) -> Rehearsal:
    """Build everything, run two updates of one micro-batch each on one process, and measure.

    ``consume``: samples per second that the whole training will ask for; by default what one
    process asked for here. Nothing is written but what is rendered into ``cache``. Raises
    ``InputError`` as the training would.
    """
    check_settings(settings)
    use_tf32(settings.tf32)
    config = network_config(settings)
    place = torch.device(device)
    with process_group(place), memory_in_words():
        alone = replace(settings, processes=1, accumulate=1, workers=0)
        trainer, _ = prepare(alone, out, cache, device)
        epoch = int(getattr(trainer.source, "epoch_length", 0))
        trained = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
        losses, seconds = [], 0.0
        batches = trainer.batches()
        for _ in range(2):
            began = time.monotonic()
            trainer.step(batches)
            losses.append(trainer.meter.summary(1.0, 1, 1)["loss/all"])
            seconds = time.monotonic() - began
        made = samples_per_second(trainer.source, settings.batch)
    return Rehearsal(
        footprint(settings, config, trained),
        (losses[0], losses[1]),
        seconds,
        settings.batch,
        _peak(place),
        made,
        consume or settings.batch / seconds,
        epoch,
        settings.in_iterations(epoch).iterations,
    )


def _peak(device: torch.device) -> int:
    """Most bytes in use so far, of the GPU or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
