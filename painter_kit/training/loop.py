"""Masked image modelling on stitched pairs (paper 3.2): the training loop."""

from __future__ import annotations

import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from timm.utils.model_ema import ModelEmaV3
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from painter_kit.errors import PainterKitError
from painter_kit.model.losses import pixel_mask, sample_losses
from painter_kit.model.painter import Painter, PainterOutput
from painter_kit.training.batches import EpisodeSource, MicroBatch, make_batch
from painter_kit.training.distributed import barrier, gather, rank, world_size
from painter_kit.training.optim import build_optimizer, build_schedule
from painter_kit.training.precision import autocast
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.state import load_state, save_state
from painter_kit.types import Reporter, silent

logger = logging.getLogger(__name__)


class Trainer:
    """One run: model, optimiser, schedule and averaged weights, saved and resumed together.

    Every random decision of a sample is keyed by (seed, sample number), and samples are numbered
    over processes and accumulation steps, so that the same samples make the same update however
    they are spread. Dropped paths draw from torch's generator, whose state is saved.
    ``on_save(weights to keep, iteration)`` is called by the first process after each save.
    """

    def __init__(
        self,
        model: Painter,
        source: EpisodeSource,
        settings: TrainSettings,
        out: Path,
        reporter: Reporter = silent,
        on_save: Callable[[Painter, int], object] = lambda model, iteration: None,
    ) -> None:
        self.source, self.settings, self.out, self.reporter = source, settings, out, reporter
        self.on_save = on_save
        self.model = model.train()
        self.device = model.mask_token.device
        self.wrapped = _distributed(model) if world_size() > 1 else model
        self.optimizer = build_optimizer(model, settings.optim)
        self.schedule = build_schedule(self.optimizer, settings.optim, settings.iterations)
        self.ema = ModelEmaV3(model, decay=settings.ema) if settings.ema else None
        self.iteration = 0
        self.seconds = 0.0  # spent in ``run``, over all sittings
        self._losses: dict[str, list[float]] = defaultdict(list)
        self._grad_norm = 0.0

    @property
    def best_model(self) -> Painter:
        """The weights to keep: the average where there is one."""
        return self.ema.module if self.ema else self.model  # pyright: ignore

    def resume(self) -> None:
        """Continue from ``out/state.pt``, bit for bit on the same machine."""
        state = load_state(self.out)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.ema:
            self.ema.module.load_state_dict(state["ema"])
        self.iteration = int(state["iteration"])
        self.seconds = float(state.get("seconds", 0.0))
        generators = state["generators"]
        torch.set_rng_state(generators[rank() % len(generators)])

    def save(self) -> None:
        """Write ``out/state.pt`` (the first process writes, all take part)."""
        generators = gather(torch.get_rng_state())
        if rank() == 0:
            state: dict[str, Any] = {
                "iteration": self.iteration,
                "seconds": self.seconds,
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "ema": self.ema.module.state_dict() if self.ema else None,
                "generators": generators,
            }
            save_state(self.out, state)
        barrier()

    def run(self, until: int | None = None) -> None:
        """Train up to iteration ``until`` (default: the recipe's), saving and logging on the way.

        Raises ``PainterKitError`` when the loss is not finite; the last saved state stays.
        """
        total = self.settings.iterations
        stop = min(total, until or total)
        bar = tqdm(
            total=total,
            initial=self.iteration,
            desc="train",
            unit="it",
            disable=True if rank() else None,
        )
        mark, first = time.monotonic(), self.iteration
        began = mark - self.seconds
        with bar:
            while self.iteration < stop:
                self._step()
                bar.update()
                now = time.monotonic()
                self.seconds = now - began
                if self.iteration % self.settings.log_every == 0 or self.iteration == stop:
                    shown = self._log(now - mark, self.iteration - first)
                    bar.set_postfix(shown, refresh=False)
                    if bar.disable and rank() == 0:
                        left = (now - mark) / (self.iteration - first) * (stop - self.iteration)
                        logger.info("%s", _log_line(self.iteration, stop, shown, left))
                    mark, first = time.monotonic(), self.iteration
                if self.iteration % self.settings.save_every == 0 or self.iteration == stop:
                    self._save_and_tell()

    def _save_and_tell(self) -> None:
        self.save()
        if rank() == 0:
            self.on_save(self.best_model, self.iteration)
            self.model.train()  # looking at it may have left it in evaluation mode

    def _step(self) -> None:
        """One update over ``accumulate`` micro-batches."""
        self.schedule.step_update(self.iteration)
        self.optimizer.zero_grad(set_to_none=True)
        batches = list(self._batches())
        for number, batch in enumerate(batches, start=1):
            alone = isinstance(self.wrapped, DistributedDataParallel) and number < len(batches)
            with self.wrapped.no_sync() if alone else nullcontext():  # pyright: ignore
                with autocast(self.settings.precision, self.device):
                    output = self.wrapped(batch.images, batch.targets, batch.mask, batch.valid)
                (output.loss / len(batches)).backward()
            self._note(batch, output)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.optim.clip)
        self._grad_norm = float(norm)
        if not math.isfinite(self._grad_norm):
            raise PainterKitError(
                f"loss or gradient is not finite at iteration {self.iteration}; lower optim.lr, "
                f"then --resume from the state in {self.out}"
            )
        self.optimizer.step()
        if self.ema:
            self.ema.update(self.model)
        self.iteration += 1

    def _batches(self) -> Iterator[MicroBatch]:
        """This process's micro-batches of the current update."""
        settings = self.settings
        for number in range(settings.accumulate):
            micro = (self.iteration * settings.accumulate + number) * world_size() + rank()
            indices = range(micro * settings.batch, (micro + 1) * settings.batch)
            yield make_batch(
                self.source,
                indices,
                settings.seed,
                settings.mask,
                self.model.patch_size,
                self.device,
            )

    @torch.no_grad()
    def _note(self, batch: MicroBatch, output: PainterOutput) -> None:
        hidden = pixel_mask(batch.mask.to(batch.targets.dtype), self.model.patch_size)
        losses = sample_losses(
            self.model.loss, output.prediction.detach(), batch.targets, hidden, batch.valid
        )
        for task, loss in zip(batch.tasks, losses.tolist(), strict=True):
            if math.isfinite(loss):
                self._losses[task].append(loss)

    def _log(self, seconds: float, iterations: int) -> dict[str, str]:
        """Report what happened since the last time; returns what the progress bar shows."""
        merged: dict[str, list[float]] = defaultdict(list)
        for losses in gather(dict(self._losses)):
            for task, values in losses.items():
                merged[task] += values
        self._losses.clear()
        every = [value for values in merged.values() for value in values]
        speed = self.settings.samples_per_iteration * iterations / seconds
        loss = sum(every) / max(1, len(every))
        rate = max(group["lr"] for group in self.optimizer.param_groups)
        if rank() == 0:
            values = {f"loss/{task}": sum(v) / len(v) for task, v in merged.items()}
            values |= {"loss/all": loss, "train/lr": rate, "train/samples_per_s": speed}
            values |= {"train/grad_norm": self._grad_norm}
            self.reporter.metrics(values, step=self.iteration)
        return {"loss": f"{loss:.3f}", "samples/s": f"{speed:.1f}"}


def _log_line(iteration: int, stop: int, shown: dict[str, str], seconds: float) -> str:
    """One line instead of a progress bar, for files and pipes."""
    what = ", ".join(f"{name} {value}" for name, value in shown.items())
    return f"iteration {iteration}/{stop}: {what}, {round(seconds)} s left"


def _distributed(model: Painter) -> DistributedDataParallel:
    """``model`` in DDP, which copies every gradient whose strides differ from its parameter's.

    Those of the 1 x 1 convolution come out channels-last, the same values in the same order.
    """
    for parameter in model.parameters():
        if parameter.ndim == 4 and parameter.shape[2:] == (1, 1):
            parameter.register_hook(lambda grad: grad.reshape(-1).view(grad.shape))
    return DistributedDataParallel(model)
