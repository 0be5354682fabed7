"""Settings of a tuning, and what the model's size makes of those that are left open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

from painter_kit.errors import InputError
from painter_kit.evaluation.intervals import RESAMPLES
from painter_kit.evaluation.panel import PANEL_SIZE
from painter_kit.model.painter import Painter
from painter_kit.options.tune import TuneOptions
from painter_kit.types import SegmentChoice

CHOICES = {
    "parametrisation": ("rgb", "author", "residual-linf", "residual-l2", "border", "palette"),
    "learn": ("both", "input", "target"),
    "augment": ("none", "mirror", "mirror+crop"),
    "learn_precision": ("auto", "fp32", "bf16"),
    "segment_type": get_args(SegmentChoice),
}
# A model with fewer parameters is one for a laptop.
_SMALL = 30_000_000
_AUTHOR_RATE = 0.1  # in normalised units
_RATE = 0.02  # of RGB in 0..1
_MEMORY = 20  # steps that the averaged prompt looks back


@dataclass(frozen=True)
class Pace:
    """Length and rate of a tuning: every step sees ``batch`` queries, ``micro`` at a time.

    ``ema`` is the share of the averaged prompt that each step keeps (0: no averaging).
    """

    steps: int
    batch: int
    micro: int
    rate: float
    evaluate_every: int
    ema: float

    @property
    def sentence(self) -> str:
        """The pace in words."""
        return (
            f"{self.steps} steps x {self.batch} queries ({self.micro} at a time), rate "
            f"{self.rate:g}, average {self.ema:.3g}, judged every {self.evaluate_every} steps"
        )


@dataclass(frozen=True, kw_only=True)
class TuneConfig(TuneOptions):
    """``TuneOptions`` that make sense, and how the outcome is judged.

    ``segment_type`` is SegGPT's type token, ``auto`` the task's; the judge's predictor must have
    the same. ``panel`` random prompts are the yardstick, ``resamples`` those of the bootstrap.
    Raises ``InputError`` for values that make no sense.
    """

    segment_type: SegmentChoice = "auto"
    seed: int = 0
    panel: int = PANEL_SIZE
    resamples: int = RESAMPLES

    def __post_init__(self) -> None:
        self._check_choices()
        least = {"steps": 1, "batch": 1, "micro": 1, "evaluate_every": 1, "border_width": 1}
        least |= {"patience": 0, "starts": 1, "sweep": 0, "save_every": 1}
        least |= {"panel": 2, "resamples": 100}
        for name, low in least.items():
            if (value := getattr(self, name)) is not None and value < low:
                raise InputError(f"{name} of tuning must be at least {low} but got {value}")
        for name in ("rate", "clip"):
            if (value := getattr(self, name)) is not None and not value > 0:
                raise InputError(f"{name} of tuning must be above 0 but got {value}")
        if self.rate == math.inf:
            raise InputError("rate of tuning must be finite but got inf")
        for name in ("warmup", "ema", "rounding"):
            if (value := getattr(self, name)) is not None and not 0 <= value < 1:
                raise InputError(f"{name} of tuning must be in 0..1, below 1, but got {value}")
        if not 0 <= self.smoothness < math.inf:
            raise InputError(
                f"smoothness of tuning must be at least 0 and finite but got {self.smoothness}"
            )
        if not 1 / 255 <= self.residual_budget <= 1:
            raise InputError(
                "residual_budget of tuning must be in 1/255..1, at least one level of 8 bits, but "
                f"got {self.residual_budget}"
            )

    def _check_choices(self) -> None:
        for name, known in CHOICES.items():
            if (value := getattr(self, name)) not in known:
                raise InputError(
                    f"{name} of tuning must be one of {', '.join(known)} but got {value!r}"
                )
        if self.parametrisation == "palette" and self.learn == "input":
            raise InputError(
                "parametrisation palette locks the target, which learn=input does not learn; "
                "use learn=both or learn=target"
            )

    def pace(self, model: Painter) -> Pace:
        """Length and rate for this model: on a small one minutes on a laptop, else the length
        that suits the released model on one GPU."""
        small = sum(p.numel() for p in model.parameters()) < _SMALL
        author = self.parametrisation == "author"
        steps = self.steps or (300 if small else 2000) // (2 if author else 1)
        batch = self.batch or (16 if small else 32)
        return Pace(
            steps=steps,
            batch=batch,
            micro=min(batch, self.micro or (batch if small else 4)),
            rate=self.rate or (_AUTHOR_RATE if author else _RATE),
            evaluate_every=self.evaluate_every or (20 if small else 100),
            ema=max(0.0, 1 - _MEMORY / steps) if self.ema is None else self.ema,
        )
