"""One prompt being learned: it may stop at any step and go on exactly, also in another process."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.evaluate import orientation, primary
from painter_kit.evaluation.judge import Judge
from painter_kit.inference.prompt import Prompt
from painter_kit.keys import PROMPT_INPUT, PROMPT_TARGET
from painter_kit.model.attention import FEW_TOKENS
from painter_kit.model.checkpoint import model_digest
from painter_kit.model.painter import Painter
from painter_kit.tasks.base import segment_type_of
from painter_kit.training.state import MISFITS, STATE_FILE, load_state, save_state
from painter_kit.types import Examples, Pair, Reporter, digest_json, silent
from prompt_search.candidates import Candidates
from prompt_tuning.config import Pace, TuneConfig
from prompt_tuning.held_out import select_loss
from prompt_tuning.learner import Learner
from prompt_tuning.objective import Queries, draw_queries
from prompt_tuning.parameters import LearnedPair

log = logging.getLogger(__name__)


class NotFinite(PainterKitError):
    """A loss that is not a number ended a course."""


@dataclass(frozen=True)
class Snapshot:
    """The rounded prompt after ``step`` steps, its primary metric on select, and its training loss
    on the first pictures of select."""

    step: int
    prompt: Prompt
    select: float
    loss: float


@dataclass(frozen=True)
class Lesson:
    """What a prompt is learned for: a task or a part of one, called ``part`` in what is reported.

    The candidates' examples teach, ``select`` chooses. States are kept in ``folder`` if it is
    given; ``rescue`` is where the best prompt goes when a loss is not finite.
    """

    model: Painter
    judge: Judge
    candidates: Candidates
    select: Examples
    config: TuneConfig
    part: str = ""
    reporter: Reporter = silent
    say: Callable[[str], object] = lambda text: None
    quiet: bool = False
    folder: Path | None = None
    rescue: Path | None = None

    def with_config(self, config: TuneConfig) -> Lesson:
        """The same under other settings."""
        return replace(self, config=config)

    def better(self, one: float, other: float) -> bool:
        """Whether one value of the primary metric is better than another; no number is worst."""
        return self.rank(one) > self.rank(other)

    def rank(self, value: float) -> float:
        """The value as a number of which more is better."""
        oriented = orientation(self.judge.spec) * value
        return oriented if math.isfinite(oriented) else -math.inf


class Course:
    """The steps from one start, called ``name``; all draws depend on seed and step alone.

    What is judged is what a PNG holds. The start is the first snapshot but never the answer:
    whether learning was worth it is for the confirm split to say. Needs a frozen model (see
    ``frozen``). A state in ``lesson.folder/key`` is continued; raises ``InputError`` when it was
    made with other settings.
    """

    def __init__(self, lesson: Lesson, start: Prompt, name: str = "", key: str = "course") -> None:
        self.lesson, self.start, self.name = lesson, start, name
        self.pace: Pace = lesson.config.pace(lesson.model)
        self.spec = lesson.judge.effective(start)
        self.device = lesson.model.mask_token.device
        learned = LearnedPair(start.pair, self.spec, self.device, lesson.config)
        kind = segment_type_of(self.spec.task, lesson.config.segment_type)
        self.learner = Learner(learned, lesson.config, self.pace, kind)
        self.step, self.seconds = 0, 0.0
        self.losses: list[float] = []
        self.snapshots: list[Snapshot] = [self._judged(start)]
        self._folder = lesson.folder / key if lesson.folder else None
        if self._folder and (self._folder / STATE_FILE).is_file():
            self._load(self._folder)

    @property
    def judged(self) -> bool:
        """Whether any learned prompt has been judged."""
        return len(self.snapshots) > 1

    @property
    def best(self) -> Snapshot:
        """The best learned snapshot, the earliest of equals."""
        return self.best_until(self.step)

    def best_until(self, step: int) -> Snapshot:
        """The best learned snapshot of the first ``step`` steps."""
        known = [s for s in self.snapshots[1:] if s.step <= step]
        return max(known, key=lambda s: self.lesson.rank(s.select))

    @property
    def done(self) -> bool:
        """Whether all steps are made, or the last evaluations brought nothing better."""
        if self.step >= self.pace.steps:
            return True
        patience = self.lesson.config.patience
        made = self.snapshots[1:]
        return bool(patience and made) and len(made) - 1 - made.index(self.best) >= patience

    def advance(self, until: int | None = None) -> None:
        """Go on up to step ``until`` (default: the last), or until nothing gets better.

        Raises ``NotFinite`` when the loss is not finite, naming the step and the likely
        cause; the best prompt so far is kept.
        """
        end = min(self.pace.steps, until or self.pace.steps)
        part = f"tune {self.lesson.part} {self.name}"
        what, disable = " ".join(part.split()), True if self.lesson.quiet else None
        with tqdm(total=self.pace.steps, initial=self.step, desc=what, unit="step",
                  file=sys.stderr, disable=disable) as bar:  # fmt: skip
            while self.step < end and not self.done:
                self._one_step()
                bar.update()
                if self._is_due:
                    metric = self.lesson.judge.spec.metric
                    bar.set_postfix({metric: f"{self.snapshots[-1].select:.4g}"})

    @property
    def _is_due(self) -> bool:
        return self.step % self.pace.evaluate_every == 0 or self.step == self.pace.steps

    def _one_step(self) -> None:
        began, lesson = time.monotonic(), self.lesson
        self.losses.append(self._update(self.step + 1))
        self.step += 1
        log.debug("tune: step %d of %d: loss %.4f", self.step, self.pace.steps, self.losses[-1])
        lesson.reporter.metrics({f"{self._series}loss": self.losses[-1]}, step=self.step)
        if self._is_due:
            self.snapshots.append(self._judged(self._prompt()))
            self._report(self.snapshots[-1])
        self.seconds += time.monotonic() - began
        if self._folder and (self._is_due or self.step % lesson.config.save_every == 0):
            self._save(self._folder)

    def _update(self, step: int) -> float:
        """One step on queries of its own; returns its loss."""
        lesson = self.lesson
        queries = draw_queries(
            lesson.judge.task,
            self.spec,
            lesson.candidates.examples,
            lesson.candidates.indices,
            self.pace.batch,
            lesson.config.seed,
            step,
            self.device,
            lesson.config.augment,
        )
        loss = self.learner.update(lesson.model, queries, step)
        if not math.isfinite(loss):
            raise self._not_finite(queries, step)
        return loss

    def _not_finite(self, queries: Queries, step: int) -> NotFinite:
        lesson, kept = self.lesson, ""
        cause = _likely_cause(lesson.model, queries, lesson.config.learn_precision)
        if lesson.rescue:
            found = self.best.prompt if self.judged else self._prompt()
            found.save(lesson.rescue)
            kept = f"; the best prompt so far is in {lesson.rescue}"
        return NotFinite(f"loss is not finite at step {step}: {cause}{kept}")

    @property
    def _series(self) -> str:
        words = [w for w in ("tune", self.lesson.part, self.name.replace(" ", "-")) if w]
        return "/".join(words) + "/"

    def _judged(self, prompt: Prompt, loss: float | None = None) -> Snapshot:
        """The prompt's snapshot; its ``loss`` is measured unless it is known."""
        lesson, judge = self.lesson, self.lesson.judge
        records = judge.records(prompt, lesson.select)
        if loss is None:
            precision, kind = lesson.config.learn_precision, lesson.config.segment_type
            loss = select_loss(
                lesson.model, judge, prompt.pair, self.spec, lesson.select, self.pace.micro,
                precision, kind,
            )  # fmt: skip
        return Snapshot(self.step, prompt, primary(judge.task, judge.spec, records), loss)

    def _report(self, snapshot: Snapshot) -> None:
        reporter, pair = self.lesson.reporter, snapshot.prompt.pair
        if math.isfinite(snapshot.select):
            name = f"{self._series}select_{self.lesson.judge.spec.metric}"
            reporter.metrics({name: snapshot.select}, step=snapshot.step)
        if math.isfinite(snapshot.loss):
            reporter.metrics({f"{self._series}select_loss": snapshot.loss}, step=snapshot.step)
        words = "_".join(w for w in (self.lesson.part, self.name.replace(" ", "-")) if w)
        prefix = f"{words}_" if words else ""
        reporter.image(f"{prefix}{PROMPT_INPUT}", pair.image, step=snapshot.step)
        reporter.image(f"{prefix}{PROMPT_TARGET}", pair.target, step=snapshot.step)

    def _prompt(self, pair: Pair | None = None) -> Prompt:
        """The averaged pictures, or those given, as the prompt of this step."""
        lesson, start, pace = self.lesson, self.start, self.pace
        made = {
            "steps": self.step,
            "batch": pace.batch,
            "rate": pace.rate,
            "seed": lesson.config.seed,
            "parametrisation": lesson.config.parametrisation,
            "learn": lesson.config.learn,
        }
        provenance = {
            "data": lesson.judge.spec.data,
            "tune": made,
            "start": {"kind": start.kind, "digest": start.digest, **dict(start.provenance)},
        }
        return Prompt(
            pair or self.learner.pair(),
            start.task,
            kind="learned",
            spec_digest=lesson.judge.spec.digest,
            model_digest=lesson.judge.model_digest,
            provenance=provenance,
            confirm_touches=start.confirm_touches,
        )

    @property
    def _identity(self) -> str:
        """What a state must have been made with to be continued."""
        lesson = self.lesson
        free = {"save_every": 0, "robustness": False, "resamples": 0, "panel": 0}
        return digest_json(
            {
                "config": {**asdict(lesson.config), **free},
                "pace": asdict(self.pace),
                "start": self.start.digest,
                "model": lesson.judge.model_digest,
                "spec": self.spec.digest,
                "pool": [lesson.candidates.ids, list(lesson.select.ids)],
            }
        )

    def _save(self, folder: Path) -> None:
        pictures = [
            (s.step, s.loss, *(torch.from_numpy(p) for p in (pair.image, pair.target)))
            for s in self.snapshots[1:]
            for pair in [s.prompt.pair]
        ]
        state: dict[str, Any] = {
            "identity": self._identity,
            "step": self.step,
            "seconds": self.seconds,
            "losses": self.losses,
            "snapshots": pictures,
            "learner": self.learner.state_dict(),
        }
        save_state(folder, state)

    def _load(self, folder: Path) -> None:
        state = load_state(folder)
        if state.get("identity") != self._identity:
            raise InputError(
                f"{folder / STATE_FILE}: made with other settings, data or weights; leave out "
                "what differs, or start anew with --overwrite"
            )
        try:
            self.learner.load_state_dict(state["learner"])
            self.losses, self.seconds = list(state["losses"]), float(state["seconds"])
            step, coding = int(state["step"]), self.start.pair.coding
            kept = [
                (int(number), float(loss), Pair(image.numpy(), target.numpy(), coding))
                for number, loss, image, target in state["snapshots"]
            ]
        except MISFITS as error:
            raise InputError(
                f"{folder / STATE_FILE}: not a whole state ({type(error).__name__}: {error}); "
                "start anew with --overwrite"
            ) from error
        for self.step, loss, pair in kept:  # what was judged is in the store and costs nothing
            self.snapshots.append(self._judged(self._prompt(pair), loss))
        self.step = step


def _likely_cause(model: Painter, queries: Queries, precision: str) -> str:
    tensors = queries.images, queries.targets, queries.valid
    if not all(torch.isfinite(t).all() for t in tensors):
        return "a picture, a target or a weight of the queries is not finite; check --data"
    if not all(torch.isfinite(p).all() for p in model.parameters()):
        return "a weight of the model is not finite; check --checkpoint"
    if precision != "fp32":
        return "probably too large a step or a number that bf16 cannot hold; lower --rate, or use "\
            "--set learn_precision=fp32"  # fmt: skip
    return "probably too large a step; lower --rate"


def recomputes(model: Painter, checkpointing: bool | None = None) -> bool:
    """Whether blocks are computed again in the backward pass: None takes it when the canvas has
    many tokens, whose activations would not fit into a small memory."""
    tokens = math.prod(model.img_size) // model.patch_size**2
    return tokens > FEW_TOKENS if checkpointing is None else checkpointing


@contextmanager
def frozen(model: Painter, checkpointing: bool | None = None) -> Iterator[None]:
    """No gradients and no change of the weights, proven by their digest; ``checkpointing`` of
    blocks as ``recomputes`` says."""
    before, wanted = model_digest(model), {n: p.requires_grad for n, p in model.named_parameters()}
    lean = recomputes(model, checkpointing)
    model.eval().requires_grad_(False)
    model.checkpoint_blocks = lean
    try:
        yield
    finally:
        model.checkpoint_blocks = False
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(wanted[name])
    if model_digest(model) != before:
        raise PainterKitError("a weight of the model changed while tuning; the result is void")
