"""The learned pictures with their optimiser, schedule and running average: one step at a time."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from timm.scheduler.cosine_lr import CosineLRScheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from painter_kit.distributed import shared
from painter_kit.model.painter import Painter
from painter_kit.training.precision import autocast
from painter_kit.types import Pair, SegmentType
from prompt_tuning.config import Pace, TuneConfig
from prompt_tuning.objective import Queries, prompt_loss
from prompt_tuning.parameters import LearnedPair


class Learner:
    """Adam on the learned pictures; the rate warms up and falls along a half cosine to zero.

    They are learned under the type token ``segment_type`` where the model has them.
    """

    def __init__(
        self,
        learned: LearnedPair,
        config: TuneConfig,
        pace: Pace,
        segment_type: SegmentType = "instance",
    ) -> None:
        self.learned, self.config, self.pace = learned, config, pace
        self.segment_type: SegmentType = segment_type
        self.average = AveragedModel(learned, multi_avg_fn=get_ema_multi_avg_fn(pace.ema))
        self.optimizer = torch.optim.Adam(learned.learned, lr=pace.rate)
        warmup = round(config.warmup * pace.steps)
        self._schedule = CosineLRScheduler(
            self.optimizer,
            t_initial=max(1, pace.steps - warmup) + 1,  # zero one step after the last
            warmup_t=warmup,
            warmup_prefix=True,
            t_in_epochs=False,
        )

    def update(self, model: Painter, queries: Queries, step: int) -> float:
        """Step number ``step`` (from 1) of a frozen model; returns the loss of the queries.

        Not finite, and nothing is changed, when the loss or a gradient is not.
        """
        self._schedule.step_update(step)
        self.learned.rounding = step > (1 - self.config.rounding) * self.pace.steps
        self.optimizer.zero_grad()
        loss = self._backward(model, queries)
        norm = torch.nn.utils.clip_grad_norm_(self.learned.learned, self.config.clip)
        if not (math.isfinite(loss) and torch.isfinite(norm)):
            return math.nan
        self.optimizer.step()
        self.learned.project()
        self.average.update_parameters(self.learned)
        return loss

    def _backward(self, model: Painter, queries: Queries) -> float:
        """Gradients of the whole batch and of the input's total variation; the loss.

        Pieces are done one at a time, under torchrun each by one of the processes. Gradients are
        added in the order of the pieces, so that all processes learn the same to the last bit.
        """
        config, total, learned = self.config, 0.0, self.learned.learned

        def differentiate(piece: Queries, share: float) -> tuple[float, list[torch.Tensor]]:
            with autocast(config.learn_precision, piece.images.device):
                loss = share * prompt_loss(model, self.learned, piece, self.segment_type)
            return float(loss.detach()), list(torch.autograd.grad(loss, learned))

        pieces = list(queries.pieces(self.pace.micro))
        done = shared(lambda own: [differentiate(*part) for part in own], pieces)
        if config.smoothness and config.learn != "target":
            rough = config.smoothness * self.learned.roughness()
            done = [*done, (0.0, list(torch.autograd.grad(rough, learned, allow_unused=True)))]
        for loss, gradients in done:
            total += loss
            for tensor, gradient in zip(learned, gradients, strict=True):
                if gradient is not None:
                    own = gradient.to(tensor.device)
                    tensor.grad = own if tensor.grad is None else tensor.grad + own
        return total

    def pair(self) -> Pair:
        """The averaged pictures as they will be stored."""
        return cast(LearnedPair, self.average.module).pair()

    def state_dict(self) -> dict[str, Any]:
        """What ``load_state_dict`` of an equal learner continues from."""
        return {
            "learned": self.learned.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from ``state``."""
        self.learned.load_state_dict(state["learned"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
