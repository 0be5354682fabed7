"""Masked image modelling on stitched pairs (paper 3.2): the training loop."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from timm.utils.model_ema import ModelEmaV3
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from painter_kit.distributed import any_process, barrier, rank, world_size
from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.order import generator
from painter_kit.model.painter import Painter
from painter_kit.training.batches import BatchSource, MicroBatch
from painter_kit.training.loader import load_batches
from painter_kit.training.meter import Meter, flat_warning
from painter_kit.training.optim import build_optimizer, build_schedule
from painter_kit.training.precision import autocast, loss_scaler
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.state import MISFITS, load_state, save_state
from painter_kit.training.stopping import Wish, watch_signals
from painter_kit.types import Reporter, silent

logger = logging.getLogger(__name__)

# fp16's scale starts at 2^16 and is halved by every update that overflows.
_SCALE_SEARCH = 16
# Before this share of a run outputs are flat because it has only begun.
_FLAT_FROM = 0.2


class Trainer:
    """One run: model, optimiser, schedule and averaged weights, saved and resumed together.

    Every random decision is keyed by (seed, sample number): those of a sample by its own, dropped
    paths by the first of the micro-batch. Samples are numbered over processes and accumulation
    steps, so that the same samples make the same update however they are spread and whoever
    loads them. ``on_save(weights to keep, iteration)`` is called by the first process after each
    save.
    """

    def __init__(
        self,
        model: Painter,
        source: BatchSource,
        settings: TrainSettings,
        out: Path,
        reporter: Reporter = silent,
        on_save: Callable[[Painter, int], object] = lambda model, iteration: None,
    ) -> None:
        self.source, self.settings, self.out, self.reporter = source, settings, out, reporter
        self.on_save = on_save
        self.model = model.train()
        self.model.checkpoint_blocks = settings.checkpoint_blocks
        self.device, self.dtype = model.mask_token.device, model.mask_token.dtype
        self.ema = ModelEmaV3(model, decay=settings.ema) if settings.ema else None
        if settings.compile:
            model.compile(backend=settings.compile)
        self.wrapped = _distributed(model) if world_size() > 1 else model
        self.optimizer = build_optimizer(model, settings.optim)
        self.schedule = build_schedule(self.optimizer, settings.optim, settings.iterations)
        self.scaler = loss_scaler(settings.precision, self.device)
        self.meter = Meter(model.loss, model.patch_size)
        self.iteration = 0
        self.samples = 0  # the number of the next sample
        self.seconds = 0.0  # spent in ``run``, over all sittings
        self._grad_norm = 0.0
        self._skipped = 0  # updates in a row

    @property
    def best_model(self) -> Painter:
        """The weights to keep: the average where there is one."""
        return self.ema.module if self.ema else self.model  # pyright: ignore

    def resume(self) -> None:
        """Continue from ``out/state.pt``, with any number of processes; bit for bit on the same
        machine with as many. Raises ``InputError`` when it is of another model."""
        state = load_state(self.out)
        try:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            if self.ema:
                self.ema.module.load_state_dict(state["ema"] or state["model"])
            if state.get("scaler"):
                self.scaler.load_state_dict(state["scaler"])
            self.iteration = int(state["iteration"])
            seen = self.iteration * self.settings.samples_per_iteration
            self.samples = int(state.get("samples", seen))
            self.seconds = float(state.get("seconds", 0.0))
        except MISFITS as error:
            raise InputError(
                f"--resume: the state in {self.out} is of another model or recipe ("
                f"{' '.join(str(error).split())[:200]}); give the settings that it was made with"
            ) from error

    def save(self) -> None:
        """Write ``out/state.pt``: the first process writes, the others wait."""
        if rank() == 0:
            state: dict[str, Any] = {
                "iteration": self.iteration,
                "samples": self.samples,
                "seconds": self.seconds,
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "ema": self.ema.module.state_dict() if self.ema else None,
                "scaler": self.scaler.state_dict(),
            }
            save_state(self.out, state)
        barrier()

    def run(self, until: int | None = None) -> None:
        """Train up to iteration ``until`` (default: the recipe's), saving and logging on the way.

        Raises ``PainterKitError`` when too many updates are not finite; the last saved state
        stays. On SIGTERM or SIGINT saves after the current update and raises
        ``KeyboardInterrupt``.
        """
        total = self.settings.iterations
        stop = min(total, until or total)
        bar = tqdm(
            total=total,
            initial=self.iteration,
            desc="train",
            unit="it",
            disable=True if rank() or not logger.isEnabledFor(logging.WARNING) else None,
        )
        mark, first = time.monotonic(), self.iteration
        began = mark - self.seconds
        batches = self.batches()
        with bar, watch_signals() as wish:
            while self.iteration < stop:
                self.step(batches)
                bar.update()
                now = time.monotonic()
                self.seconds = now - began
                if self.iteration % self.settings.log_every == 0 or self.iteration == stop:
                    self._log(now - mark, self.iteration - first, stop, bar)
                    mark, first = time.monotonic(), self.iteration
                due = self.iteration % self.settings.save_every == 0 or self.iteration == stop
                self._save_if(due, wish)

    def _save_if(self, due: bool, wish: Wish) -> None:
        asked = any_process(bool(wish.signal), self.device)
        if due or asked:
            self.save()
        if asked:
            if rank() == 0:
                signal = wish.signal or "a signal to another process"
                logger.warning(
                    "stopped by %s at iteration %d; saved in %s, continue with --resume",
                    *(signal, self.iteration, self.out),
                )
            raise KeyboardInterrupt
        if due and rank() == 0:
            self.on_save(self.best_model, self.iteration)
            self.model.train()  # looking at it may have left it in evaluation mode

    def step(self, batches: Iterator[MicroBatch]) -> None:
        """One update over ``accumulate`` micro-batches; left out when it is not finite."""
        self.schedule.step_update(self.iteration)
        self.optimizer.zero_grad(set_to_none=True)
        for number in range(self.settings.accumulate):
            began = time.monotonic()
            batch = next(batches).to(self.device, self.dtype)
            torch.manual_seed(self._key(number))
            self.meter.data_seconds += time.monotonic() - began
            self._backward(batch, last=number == self.settings.accumulate - 1)
        self.samples += self.settings.samples_per_iteration
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.optim.clip)
        self._grad_norm = float(norm)
        self._update(math.isfinite(self._grad_norm))
        self.iteration += 1

    def _backward(self, batch: MicroBatch, last: bool) -> None:
        """Add the gradients of one micro-batch; processes exchange them after the last one."""
        alone = isinstance(self.wrapped, DistributedDataParallel) and not last
        with self.wrapped.no_sync() if alone else nullcontext():  # pyright: ignore
            with autocast(self.settings.precision, self.device):
                output = self.wrapped(
                    batch.images, batch.targets, batch.mask, batch.valid, batch.segment_types
                )
            loss: Tensor = output.loss / self.settings.accumulate
            self.scaler.scale(loss).backward()
        self.meter.note(batch, output.prediction)

    def _update(self, finite: bool) -> None:
        if finite or self.scaler.is_enabled():
            self.scaler.step(self.optimizer)  # which leaves out overflows of fp16 itself
            self.scaler.update()
        if finite:
            self._skipped = 0
            if self.ema:
                self.ema.update(self.model)
            return
        self._skipped += 1
        self.meter.skipped += 1
        least = _SCALE_SEARCH if self.scaler.is_enabled() else 0
        if self._skipped > max(least, self.settings.skips):
            raise PainterKitError(
                f"loss or gradient is not finite at iteration {self.iteration}; lower optim.lr, "
                f"then --resume from the state in {self.out}"
            )
        if rank() == 0:
            logger.warning("update %d is not finite and was left out", self.iteration)

    def batches(self) -> Iterator[MicroBatch]:
        """This process's micro-batches from here on."""
        pin = self.device.type == "cuda"
        return load_batches(self.source, self._numbers(), self.settings.workers, pin)

    def _numbers(self) -> Iterator[range]:
        """The sample numbers of this process's micro-batches from here on."""
        settings, first = self.settings, self.samples
        while True:
            for number in range(settings.accumulate):
                start = first + (number * world_size() + rank()) * settings.batch
                yield range(start, start + settings.batch)
            first += settings.samples_per_iteration

    def _key(self, number: int) -> int:
        """The seed of what the network draws for a micro-batch of the current update."""
        first = self.samples + (number * world_size() + rank()) * self.settings.batch
        return int(generator(self.settings.seed, "dropped paths", first).integers(2**62))

    def _log(self, seconds: float, iterations: int, stop: int, bar: tqdm) -> None:
        """Report what happened since the last time."""
        values = self.meter.summary(seconds, iterations, self.settings.samples_per_iteration)
        if rank():
            return
        values["train/lr"] = max(group["lr"] for group in self.optimizer.param_groups)
        values["train/grad_norm"] = self._grad_norm
        self.reporter.metrics(values, step=self.iteration)
        if self.iteration >= _FLAT_FROM * self.settings.iterations:
            warning = flat_warning(values.get("health/patch_contrast", math.nan))
            if warning:
                logger.warning("%s", warning)
        shown = {
            "loss": f"{values['loss/all']:.3f}",
            "samples/s": f"{values['train/samples_per_s']:.1f}",
        }
        bar.set_postfix(shown, refresh=False)
        if bar.disable:
            left = seconds / iterations * (stop - self.iteration)
            logger.info("%s", _log_line(self.iteration, stop, shown, left))


def _log_line(iteration: int, stop: int, shown: dict[str, str], seconds: float) -> str:
    """One line instead of a progress bar, for files and pipes."""
    what = ", ".join(f"{name} {value}" for name, value in shown.items())
    return f"iteration {iteration}/{stop}: {what}, {round(seconds)} s left"


def _distributed(model: Painter) -> DistributedDataParallel:
    """``model`` in DDP, which copies every gradient whose strides differ from its parameter's.

    Those of the 1 x 1 convolution come out channels-last, the same values in the same order.
    One of SegGPT's two type tokens is never used.
    """
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.ndim == 4 and parameter.shape[2:] == (1, 1):
            parameter.register_hook(lambda grad: grad.reshape(-1).view(grad.shape))
    return DistributedDataParallel(model, find_unused_parameters=model.type_tokens)
