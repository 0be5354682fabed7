"""What a training run is made of: every setting with its default and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from painter_kit.data.world.episodes import DEFAULT_MIX, DEFAULT_RANDOM
from painter_kit.errors import InputError
from painter_kit.model.builders import ModelConfig, get_config
from painter_kit.schema import Builder


@dataclass(frozen=True)
class MaskSettings:
    """How targets are hidden (paper 3.2; released code: 784 of 1568 tokens, 10 % half masks).

    ``half_ratio``: share of samples whose whole query output is hidden, as in inference.
    ``hidden``, ``smallest``, ``largest``: share of all tokens that block masks hide, and the
    shares that one block hides at least and at most.
    """

    half_ratio: float = 0.1
    hidden: float = 0.5
    smallest: float = 16 / 1568
    largest: float = 0.25


@dataclass(frozen=True)
class OptimSettings:
    """``adamw`` on every parameter, or ``muon`` on the blocks' matrices and AdamW on the rest.

    ``lr`` is reached by a linear warm-up (``warmup`` share of all iterations). From there a
    ``cosine`` leads to ``min_lr``, or (``linear``) the rate stays and falls in a line over the
    last ``decay`` share of all iterations. AdamW beside Muon runs at ``lr * fallback_scale``.
    ``layer_decay`` multiplies the rate once per layer below the decoder; ``clip`` bounds the
    gradient norm.
    """

    name: Literal["adamw", "muon"] = "adamw"
    lr: float = 1e-3
    min_lr: float = 0.0
    fallback_scale: float = 1.0
    warmup: float = 1 / 15
    schedule: Literal["cosine", "linear"] = "cosine"
    decay: float = 0.3
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.999)
    layer_decay: float = 0.8
    clip: float = 3.0


@dataclass(frozen=True)
class TrainSettings:
    """A training recipe.

    ``model`` names a configuration, some of whose numbers ``network`` changes; ``init`` is a
    checkpoint to start from and ``init_mae`` MAE weights; ``iterations`` counts updates of
    ``processes x accumulate x batch`` samples.
    ``mix`` weighs the tasks and ``random_coding`` is each task's share of episodes whose coding
    only the prompt tells. ``ema`` is the decay of the averaged weights that are kept (0: none).
    ``validation_examples`` queries under each of ``validation_prompts`` prompts are measured for
    every task at the end (0: none). ``precision`` is that of the network's products: ``bf16``
    keeps weights, sums and loss in fp32; ``auto`` is bf16 where the machine multiplies it natively.
    """

    model: str = "world-tiny"
    network: dict[str, Any] = field(default_factory=dict)
    init: str | None = None
    init_mae: str | None = None
    data: str = "world"
    mix: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_MIX))
    random_coding: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_RANDOM))
    seed: int = 0
    iterations: int = 2000
    batch: int = 32
    accumulate: int = 1
    processes: int = 1
    threads: int = 1
    precision: Literal["fp32", "bf16", "auto"] = "fp32"
    ema: float = 0.998
    mask: MaskSettings = field(default_factory=MaskSettings)
    optim: OptimSettings = field(default_factory=OptimSettings)
    log_every: int = 20
    save_every: int = 100
    validation_examples: int = 64
    validation_prompts: int = 4

    @property
    def samples_per_iteration(self) -> int:
        """Stitched pairs per update over all processes."""
        return self.batch * self.accumulate * self.processes


def check_settings(settings: TrainSettings) -> None:
    """Raise ``InputError`` naming the first setting outside its range."""
    at_least_one = ("iterations", "batch", "accumulate", "processes", "threads", "log_every")
    for name in (*at_least_one, "save_every"):
        _check(name, getattr(settings, name), getattr(settings, name) >= 1, "at least 1")
    for name in ("validation_examples", "validation_prompts"):
        _check(name, getattr(settings, name), getattr(settings, name) >= 0, "at least 0")
    _check("ema", settings.ema, 0 <= settings.ema < 1, "in 0..1, below 1")
    for name in ("half_ratio", "hidden", "smallest", "largest"):
        value = getattr(settings.mask, name)
        _check(f"mask.{name}", value, 0 <= value <= 1, "in 0..1")
    optim = settings.optim
    _check("optim.lr", optim.lr, optim.lr > 0, "above 0")
    _check("optim.clip", optim.clip, optim.clip > 0, "above 0")
    _check("optim.warmup", optim.warmup, 0 <= optim.warmup < 1, "in 0..1, below 1")
    falls = 0 < optim.decay <= 1 - optim.warmup or optim.schedule == "cosine"
    _check("optim.decay", optim.decay, falls, "above 0 and at most 1 - optim.warmup")
    _check("optim.layer_decay", optim.layer_decay, 0 < optim.layer_decay <= 1, "in 0..1, above 0")
    if settings.data != "world":
        raise InputError(f"data must be world but got {settings.data!r}")
    if settings.init and settings.init_mae:
        raise InputError("init and init_mae exclude each other; give one")


def network_config(settings: TrainSettings) -> ModelConfig:
    """The configuration that the settings ask for. Raises ``InputError`` naming what is unknown."""
    base = {
        k: list(v) if isinstance(v, tuple) else v
        for k, v in asdict(get_config(settings.model)).items()
    }
    return Builder(lambda key: "network").build(ModelConfig, {**base, **settings.network})


def _check(name: str, value: Any, fine: bool, expected: str) -> None:
    if not fine:
        raise InputError(f"{name} must be {expected} but got {value}")


def describe(settings: TrainSettings) -> Mapping[str, object]:
    """Flat parameters for tracking."""
    return {
        "model": settings.model,
        "data": settings.data,
        "seed": settings.seed,
        "iterations": settings.iterations,
        "samples_per_iteration": settings.samples_per_iteration,
        "optimizer": settings.optim.name,
        "precision": settings.precision,
        "lr": settings.optim.lr,
        "half_ratio": settings.mask.half_ratio,
        "ema": settings.ema,
    }
