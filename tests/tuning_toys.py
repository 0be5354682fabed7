"""A tiny random Painter, examples whose target is the inverted picture, and a judge of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import Splits, make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.canvas import resize_picture
from painter_kit.inference.predictor import Predictor
from painter_kit.model.painter import Painter
from painter_kit.tasks.base import Task
from painter_kit.types import Coding, Example, Image, Record, Spec, Truth
from prompt_search.candidates import make_candidates
from prompt_tuning.config import TuneConfig
from prompt_tuning.course import Lesson
from tests.toys import Listed, ToyData
from tests.training_toys import TINY

SPEC: Spec[Any] = Spec("toy", "toys", 16, "error", "min", "u", Coding(), None)


def _encode(truth: Truth, spec: Spec[Any], size: tuple[int, int]) -> Image:
    return resize_picture(truth["picture"], size[0], "nearest")


def _weight(truth: Truth, spec: Spec[Any], size: tuple[int, int]) -> np.ndarray:
    return np.ones((*size, 3), np.float32)


def _measure(prediction: np.ndarray, truth: Truth, spec: Spec[Any]) -> Record:
    error = float(np.abs(prediction - truth["picture"] / 255).mean())
    return Record(np.array([1.0, error]))


def _summarise(records: Sequence[Record], spec: Spec[Any]) -> dict[str, float]:
    count, error = sum(r.values for r in records)
    return {"error": float(error / count)}


def _score(records: Sequence[Record], reference: Record) -> np.ndarray:
    return np.array([-r.values[1] for r in records])


INVERT = Task(
    "toy",
    _encode,
    _weight,
    lambda painted, spec, size: painted,
    _measure,
    _summarise,
    _score,
    lambda prediction, spec: np.zeros((1, 1, 3), np.uint8),
)


def example(number: int) -> Example:
    image = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    # A target far from grey, which a random network paints, so that there is much to learn.
    return Example(f"e{number}", f"e{number}", image, {"picture": 255 - image // 4})


def splits(count: int = 6) -> Splits:
    names = ("pool", "select", "confirm", "test")
    listed = {n: Listed([example(100 * i + j) for j in range(count)]) for i, n in enumerate(names)}
    return make_splits(ToyData(listed), "toy")


def painter() -> Painter:
    torch.manual_seed(1)
    model = TINY.build()
    with torch.no_grad():  # livelier than the small initial weights
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(5)
    return model.eval()


def judge(model: Painter, folder: Path) -> Judge:
    return Judge.of(Predictor(model, batch_size=4), INVERT, SPEC, Store(folder))


# Everything as asked for and nothing else: no average, no early end, no changed queries.
PLAIN = TuneConfig(
    steps=12, batch=6, rate=0.05, evaluate_every=5, patience=0, ema=0, rounding=0, smoothness=0,
    augment="none", learn_precision="fp32", robustness=False,
)  # fmt: skip


def lesson(place: Path, config: TuneConfig = PLAIN, **more: Any) -> Lesson:
    """A lesson of the toy task whose store is in ``place``."""
    model, cut = painter(), splits()
    candidates = make_candidates(INVERT, SPEC, cut.pool)
    judging = judge(model, place / "store")
    return Lesson(model, judging, candidates, cut.select, config, quiet=True, **more)
