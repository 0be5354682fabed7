"""Tuning: freeze the model and learn the two prompt pictures with the training loss.

Paper 3.3; the authors add that everything but the prompt is frozen and that the rate is larger
and the schedule shorter than in training.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from timm.scheduler.cosine_lr import CosineLRScheduler
from tqdm import tqdm

from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.evaluate import orientation, primary
from painter_kit.evaluation.intervals import RESAMPLES
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import PANEL_SIZE
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import model_digest
from painter_kit.model.painter import Painter
from painter_kit.types import Examples, Reporter, silent
from prompt_search.candidates import Candidates
from prompt_tuning.objective import draw_queries, prompt_loss
from prompt_tuning.parameters import LearnedPair


@dataclass(frozen=True)
class TuneConfig:
    """How to tune: ``steps`` of ``batch`` queries with Adam at ``rate`` (RGB in 0..1).

    The rate warms up over ``warmup`` of the steps and falls along a half cosine to zero; the
    gradient norm is clipped to ``clip``. Every ``evaluate_every`` steps the rounded prompt is
    judged on select. ``panel`` random prompts are the yardstick. Raises ``InputError`` for
    values that make no sense. The authors' rate 0.1 in normalised units is about 0.0225 here.
    """

    steps: int = 60
    batch: int = 16
    rate: float = 0.02
    warmup: float = 0.05
    clip: float = 1.0
    evaluate_every: int = 20
    seed: int = 0
    panel: int = PANEL_SIZE
    resamples: int = RESAMPLES

    def __post_init__(self) -> None:
        least = {"steps": 1, "batch": 1, "evaluate_every": 1, "panel": 2, "resamples": 100}
        for name, low in least.items():
            if (value := getattr(self, name)) < low:
                raise InputError(f"{name} of tuning must be at least {low} but got {value}")
        for name in ("rate", "clip"):
            if not (value := getattr(self, name)) > 0:
                raise InputError(f"{name} of tuning must be above 0 but got {value}")
        if not 0 <= self.warmup < 1:
            raise InputError(f"warmup of tuning must be in 0..1, below 1, but got {self.warmup}")


@dataclass(frozen=True)
class Snapshot:
    """The rounded prompt after ``step`` steps and its primary metric on select."""

    step: int
    prompt: Prompt
    select: float


@dataclass(frozen=True)
class Learned:
    """All snapshots, first the start; the loss of every step; the best learned snapshot."""

    snapshots: list[Snapshot]
    losses: list[float]
    best: Snapshot
    seconds: float


def learn(
    model: Painter,
    judge: Judge,
    candidates: Candidates,
    select: Examples,
    start: Prompt,
    config: TuneConfig,
    reporter: Reporter = silent,
    quiet: bool = False,
    part: str = "",
) -> Learned:
    """Learn the prompt pictures from the candidates' examples; select chooses among snapshots.

    What is judged is what a PNG holds. The start is the first snapshot but never the answer:
    whether learning was worth it is for the confirm split to say. ``part`` names the part of a
    task in what is reported. Raises ``PainterKitError``
    when the loss is not finite or when a weight of the model changed.
    """
    started, sign = time.monotonic(), orientation(judge.spec)
    series = f"tune/{part}/" if part else "tune/"
    spec = judge.effective(start)
    device = model.mask_token.device
    snapshots = [_judged(judge, start, select, 0)]
    losses: list[float] = []
    with _frozen(model):
        learned = LearnedPair(start.pair, spec, device)
        optimizer = torch.optim.Adam(learned.parameters(), lr=config.rate)
        schedule = _schedule(optimizer, config)
        bar = tqdm(total=config.steps, desc=f"tune {part}".strip(), unit="step", file=sys.stderr,
                   disable=True if quiet else None)  # fmt: skip
        with bar:
            for step in range(1, config.steps + 1):
                schedule(step)
                queries = draw_queries(
                    judge.task,
                    spec,
                    candidates.examples,
                    candidates.indices,
                    config.batch,
                    config.seed,
                    step,
                    device,
                )
                losses.append(_step(model, learned, optimizer, queries, config.clip, step))
                reporter.metrics({f"{series}loss": losses[-1]}, step=step)
                bar.update()
                if step % config.evaluate_every == 0 or step == config.steps:
                    prompt = _as_prompt(learned, start, judge, config, step)
                    snapshots.append(_judged(judge, prompt, select, step))
                    _report(reporter, snapshots[-1], f"{series}select_{judge.spec.metric}", part)
                    bar.set_postfix({judge.spec.metric: f"{snapshots[-1].select:.4g}"})
    known = [s for s in snapshots[1:] if math.isfinite(s.select)] or snapshots[1:]
    best = max(known, key=lambda s: sign * s.select)  # the earliest of equals
    return Learned(snapshots, losses, best, time.monotonic() - started)


def _step(
    model: Painter,
    learned: LearnedPair,
    optimizer: torch.optim.Optimizer,
    queries: Any,
    clip: float,
    step: int,
) -> float:
    optimizer.zero_grad()
    loss = prompt_loss(model, learned, queries)
    if not torch.isfinite(loss):
        raise PainterKitError(f"loss is not finite at step {step}; lower --rate")
    loss.backward()
    torch.nn.utils.clip_grad_norm_(learned.parameters(), clip)
    optimizer.step()
    learned.project()
    return float(loss.detach())


def _schedule(optimizer: torch.optim.Optimizer, config: TuneConfig) -> Callable[[int], None]:
    warmup = round(config.warmup * config.steps)
    return CosineLRScheduler(
        optimizer,
        t_initial=max(1, config.steps - warmup),
        warmup_t=warmup,
        warmup_prefix=True,
        t_in_epochs=False,
    ).step_update


@contextmanager
def _frozen(model: Painter) -> Iterator[None]:
    """No gradients and no change of the weights, proven by their digest."""
    before, wanted = model_digest(model), {n: p.requires_grad for n, p in model.named_parameters()}
    model.eval().requires_grad_(False)
    try:
        yield
    finally:
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(wanted[name])
    if model_digest(model) != before:
        raise PainterKitError("a weight of the model changed while tuning; the result is void")


def _as_prompt(
    learned: LearnedPair, start: Prompt, judge: Judge, config: TuneConfig, step: int
) -> Prompt:
    made = {"steps": step, "batch": config.batch, "rate": config.rate, "seed": config.seed}
    provenance = {
        "data": judge.spec.data,
        "tune": made,
        "start": {"kind": start.kind, "digest": start.digest, **dict(start.provenance)},
    }
    return Prompt(
        learned.pair(),
        start.task,
        "learned",
        judge.spec.digest,
        judge.model_digest,
        provenance,
        confirm_touches=start.confirm_touches,
    )


def _judged(judge: Judge, prompt: Prompt, select: Examples, step: int) -> Snapshot:
    value = primary(judge.task, judge.spec, judge.records(prompt, select))
    return Snapshot(step, prompt, value)


def _report(reporter: Reporter, snapshot: Snapshot, series: str, part: str) -> None:
    if math.isfinite(snapshot.select):
        reporter.metrics({series: snapshot.select}, step=snapshot.step)
    pair, prefix = snapshot.prompt.pair, f"{part}_" if part else ""
    reporter.image(f"{prefix}prompt_input", pair.image, step=snapshot.step)
    reporter.image(f"{prefix}prompt_target", pair.target, step=snapshot.step)
