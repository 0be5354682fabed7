"""Fields of a tuning; ``prompt_tuning.config`` checks them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TuneOptions:
    """How to tune. What is None follows from the model's size and the parametrisation.

    Length: ``steps`` of ``batch`` queries, ``micro`` of them at a time (their gradients add up to
    that of the whole batch); every ``evaluate_every`` steps the rounded prompt is judged on
    select, and ``patience`` evaluations without a better one end it (0: never).

    Optimisation: Adam at ``rate``, which warms up over ``warmup`` of the steps and falls along a
    half cosine that would be zero after the last; the gradient norm is clipped to ``clip``. What
    is judged and kept is the average of the prompt over steps, of which each step keeps ``ema``.
    In the last ``rounding`` of the steps the network sees 8-bit pictures. ``smoothness`` weighs
    the input's total variation. ``augment`` varies the queries: ``none``, ``mirror`` or
    ``mirror+crop``.

    What is learned: ``learn`` is ``both``, ``input`` or ``target``. ``parametrisation``: ``rgb``;
    ``author`` (normalised units without bounds, rate 0.1, half the steps: the authors' recipe, of
    which the stored picture is clipped); ``residual-linf`` and ``residual-l2``, no further from
    the start than ``residual_budget`` (RGB in 0..1, the largest or the root mean square change);
    ``border`` of ``border_width`` pixels (an eighth of the side); ``palette``, a target in the
    colours of the task alone.

    Starts: of ``search`` and ``random`` the best or first ``starts`` are raced, with those of a
    list of several. ``sweep`` trials of other settings are tried before (0: none).

    Memory and numbers: ``checkpointing`` of every block (None: when the canvas is large);
    ``learn_precision`` ``auto`` takes bf16 where the hardware has it. ``save_every`` steps the
    state is saved. ``robustness`` measures the prompts after JPEG, resizing and small shifts.
    """

    steps: int | None = None
    batch: int | None = None
    micro: int | None = None
    rate: float | None = None
    evaluate_every: int | None = None
    patience: int = 5
    warmup: float = 0.05
    clip: float = 1.0
    ema: float | None = None
    rounding: float = 0.2
    smoothness: float = 1e-4
    augment: str = "mirror"
    learn: str = "both"
    parametrisation: str = "rgb"
    residual_budget: float = 16 / 255
    border_width: int | None = None
    starts: int = 1
    sweep: int = 0
    checkpointing: bool | None = None
    learn_precision: str = "auto"
    save_every: int = 10
    robustness: bool = True
