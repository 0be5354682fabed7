"""What a training run is made of: every setting with its default and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from painter_kit.data.world.episodes import DEFAULT_MIX, DEFAULT_RANDOM
from painter_kit.errors import InputError
from painter_kit.model.builders import ModelConfig, get_config
from painter_kit.model.checkpoint import checkpoint_config
from painter_kit.schema import Builder
from painter_kit.types import digest_json

LISTS = "lists"
# The eight lists of the released script, relative to the folder of all datasets.
RELEASED_LISTS = (
    "nyu_depth_v2/nyuv2_sync_image_depth.json",
    "ade20k/ade20k_training_image_semantic.json",
    "coco/pano_ca_inst/coco_train_image_panoptic_inst.json",
    "coco/pano_sem_seg/coco_train2017_image_panoptic_sem_seg.json",
    "coco_pose/coco_pose_256x192_train.json",
    "denoise/denoise_ssid_train.json",
    "derain/derain_train.json",
    "light_enhance/enhance_lol_train.json",
)


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

    What is trained: ``model`` names a configuration, some of whose numbers ``network`` changes;
    ``init`` is a checkpoint to start from, whose own configuration counts then, and ``init_mae``
    MAE weights. Parameters whose names match a pattern of ``freeze`` stay as they are.
    ``checkpoint_blocks`` computes blocks again in the backward pass instead of keeping them.

    On what: ``data`` is ``world``, ``lists`` (the pair lists ``lists`` below ``data_root``) or a
    dataset (``folder:DIR``). ``mix`` weighs the tasks; ``random_coding`` is each task's share of
    episodes of the world whose coding only the prompt tells. ``workers`` processes make the
    samples of each training process ahead of time (0: it makes them itself).

    How long: ``iterations`` counts updates of ``processes x accumulate x batch`` samples;
    ``epochs`` counts passes over the pairs instead.

    How: ``precision`` is that of the network's products: ``bf16`` and ``fp16`` keep weights, sums
    and loss in fp32; ``auto`` is bf16 where the machine multiplies it natively. ``tf32`` allows
    GPUs to shorten what is left in fp32. ``compile`` names a backend of torch.compile.
    ``ema`` is the decay of the averaged weights that are kept (0: none). Up to ``skips`` updates
    in a row are left out when they are not finite (with fp16 at least 16, while its scale is
    found). ``auto_resume`` continues from a state in the output folder if there is one.

    What is looked at: every ``validate_every`` updates (0: never) and at the end,
    ``validation_examples`` queries (0: none) under each of ``validation_prompts`` prompts of every
    trained task, on the datasets ``validation_data`` (none: on ``data``); and the loss on the pair
    lists ``validation_lists`` below ``data_root``, of up to ``loss_examples`` pairs per task (null:
    all, as released). ``system_metrics`` logs the machine's load to MLflow.
    """

    model: str = "world-tiny"
    network: dict[str, Any] = field(default_factory=dict)
    init: str | None = None
    init_mae: str | None = None
    freeze: tuple[str, ...] = ()
    checkpoint_blocks: bool = False
    data: str = "world"
    data_root: Path | None = None
    lists: tuple[str, ...] = RELEASED_LISTS
    mix: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_MIX))
    random_coding: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_RANDOM))
    workers: int = 0
    seed: int = 0
    iterations: int = 2000
    epochs: float | None = None
    batch: int = 32
    accumulate: int = 1
    processes: int = 1
    threads: int = 1
    precision: Literal["fp32", "bf16", "fp16", "auto"] = "fp32"
    tf32: bool = False
    compile: str | None = None
    ema: float = 0.998
    skips: int = 0
    auto_resume: bool = False
    mask: MaskSettings = field(default_factory=MaskSettings)
    optim: OptimSettings = field(default_factory=OptimSettings)
    log_every: int = 20
    save_every: int = 100
    validate_every: int = 0
    validation_examples: int = 64
    validation_prompts: int = 4
    validation_data: tuple[str, ...] = ()
    validation_lists: tuple[str, ...] = ()
    loss_examples: int | None = 256
    system_metrics: bool = False

    @property
    def samples_per_iteration(self) -> int:
        """Stitched pairs per update over all processes."""
        return self.batch * self.accumulate * self.processes

    @property
    def trained(self) -> list[str]:
        """The tasks that have a share."""
        return [task for task, share in self.mix.items() if share > 0]

    @property
    def validated_on(self) -> tuple[str, ...]:
        """Names of the datasets that figures are made on."""
        return self.validation_data or (() if self.data == LISTS else (self.data,))

    def in_iterations(self, epoch_length: int) -> TrainSettings:
        """The same with ``epochs`` of this many samples as a number of updates."""
        if self.epochs is None:
            return self
        updates = round(self.epochs * epoch_length / self.samples_per_iteration)
        return replace(self, iterations=max(1, updates), epochs=None)


def check_settings(settings: TrainSettings) -> None:
    """Raise ``InputError`` naming the first setting outside its range."""
    at_least_one = ("iterations", "batch", "accumulate", "processes", "threads", "log_every")
    for name in (*at_least_one, "save_every"):
        _check(name, getattr(settings, name), getattr(settings, name) >= 1, "at least 1")
    zero_or_more = ("validation_examples", "validation_prompts", "validate_every")
    for name in (*zero_or_more, "workers", "skips"):
        _check(name, getattr(settings, name), getattr(settings, name) >= 0, "at least 0")
    most = settings.loss_examples
    _check("loss_examples", most, most is None or most >= 1, "at least 1, or null")
    _check("ema", settings.ema, 0 <= settings.ema < 1, "in 0..1, below 1")
    for name in ("half_ratio", "hidden", "smallest", "largest"):
        value = getattr(settings.mask, name)
        _check(f"mask.{name}", value, 0 <= value <= 1, "in 0..1")
    shares = settings.mix.values()
    fine = all(share >= 0 for share in shares) and any(share > 0 for share in shares)
    _check("mix", settings.mix, fine, "shares of at least 0, one of them above 0,")
    optim = settings.optim
    _check("optim.lr", optim.lr, optim.lr > 0, "above 0")
    _check("optim.clip", optim.clip, optim.clip > 0, "above 0")
    _check("optim.warmup", optim.warmup, 0 <= optim.warmup < 1, "in 0..1, below 1")
    falls = 0 < optim.decay <= 1 - optim.warmup or optim.schedule == "cosine"
    _check("optim.decay", optim.decay, falls, "above 0 and at most 1 - optim.warmup")
    _check("optim.layer_decay", optim.layer_decay, 0 < optim.layer_decay <= 1, "in 0..1, above 0")
    _check("epochs", settings.epochs, settings.epochs is None or settings.epochs > 0, "above 0")
    every, save = settings.validate_every, settings.save_every
    _check("validate_every", every, every % save == 0, f"a multiple of save_every {save}")
    if settings.data == "world" and settings.epochs is not None:
        raise InputError("epochs: the world has no end; give iterations")
    if settings.init and settings.init_mae:
        raise InputError("init and init_mae exclude each other; give one")


def check_data(settings: TrainSettings) -> None:
    """Raise ``InputError`` when the recipe needs a folder or a list that is not there."""
    lists = settings.lists if settings.data == LISTS else ()
    lists += settings.validation_lists
    if not lists:
        return
    if settings.data_root is None:
        raise InputError("pair lists need --data-root DIR, the folder that holds all datasets")
    for name in lists:
        if not (settings.data_root / name).is_file():
            raise InputError(
                f"pair list {settings.data_root / name} does not exist; painterkit prepare makes "
                "it; lists and mix choose fewer"
            )


def network_config(settings: TrainSettings) -> ModelConfig:
    """The configuration that the settings ask for: that of ``init`` if given, else ``model``'s.

    Raises ``InputError`` naming what is unknown.
    """
    given = checkpoint_config(settings.init) if settings.init else get_config(settings.model)
    base = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(given).items()}
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
        "init": settings.init or settings.init_mae or "random",
        "mix": ", ".join(f"{task} {settings.mix[task]:g}" for task in settings.trained),
        "layer_decay": settings.optim.layer_decay,
        "weight_decay": settings.optim.weight_decay,
    }


def describe_data(settings: TrainSettings) -> tuple[str, dict[str, object]]:
    """SHA-256 of the settings that choose what is trained on, and these; no example is read."""
    lists = list(settings.lists) if settings.data == LISTS else []
    facts = {"lists": lists, "mix": settings.mix, "random_coding": settings.random_coding}
    digest = digest_json([settings.data, settings.seed, facts])
    return digest, {**facts, "digest of": "settings"}


def advice(settings: TrainSettings) -> str:
    """A warning about a rate that small batches are reported to fail with; else empty.

    Released: 1e-3 at 2048 samples per update. At 256 users got 12.8 mIoU with it, 32 with 1e-4.
    """
    samples, rate = settings.samples_per_iteration, settings.optim.lr
    scaled = 1e-3 * samples / 2048
    if settings.optim.name != "adamw" or not settings.model.startswith("painter"):
        return ""
    if rate <= 2 * scaled or settings.init:
        return ""
    return (
        f"optim.lr {rate:g} is high for {samples} samples per update: the released 1e-3 is for "
        f"2048, in proportion {scaled:.1g}; too high a rate ends in patches of one colour"
    )
