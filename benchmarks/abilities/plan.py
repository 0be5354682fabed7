"""How many forwards the tables take, how long that is, and how far it has come."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from benchmarks.abilities import bars, picture, reading, switch, unseen
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.cost import Rate, measure_throughput
from painter_kit.inference.ensemble import WholePrompt
from painter_kit.inference.predictor import Predictor
from painter_kit.model.painter import Painter
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import Resized, draw_prompts
from painter_kit.types import Spec

logger = logging.getLogger(__name__)


class WatchedPredictor(Predictor):
    """A predictor that counts what it has ``painted`` and moves a ``bar`` on, if it has one."""

    def __init__(self, model: Painter, batch_size: int) -> None:
        super().__init__(model, batch_size)
        self.bar: tqdm[Any] | None = None
        self.painted = 0

    def pictures(
        self, prompt: WholePrompt, images: Sequence[np.ndarray], spec: Spec[Any] | None = None
    ) -> npt.NDArray[np.float32]:
        """As the predictor's own."""
        painted = super().pictures(prompt, images, spec)
        self.painted += len(images)
        if self.bar is not None:
            self.bar.update(len(images))
        return painted

    def begin(self, section: str) -> None:
        """Say what is painted next."""
        if self.bar is not None and not self.bar.disable:
            self.bar.set_description(section)
        else:
            logger.info(section)


def forwards(examples: int, prompts: int, contrasts: int, contrast_prompts: int) -> dict[str, int]:
    """Section -> pictures to be painted for it: ``examples`` x ``prompts`` of the bars and of task
    switching, ``contrasts`` x ``contrast_prompts`` of the rest; fewer queries where the world has
    no more."""
    return {
        "picture": len(picture.ROWS),
        "bars": bars.forwards(examples, prompts),
        "task switching": switch.forwards(examples, prompts),
        "reading the prompt": reading.forwards(contrasts, contrast_prompts),
        "what training never showed": unseen.forwards(contrasts, contrast_prompts),
    }


def measured_rate(predictor: Predictor, seed: int = 0) -> Rate:
    """Painting, decoding and measuring depth, timed on two batches."""
    world = Resized(open_dataset("world"), predictor.canvas)
    task, spec, batch = get_task("depth"), world.spec("depth"), predictor.batch_size
    (prompt,) = draw_prompts(world, "depth", 1, seed)
    queries = world.examples("depth", world.sources["test"])
    return Rate(measure_throughput(task, spec, prompt, queries, predictor.pictures, batch))


def plan_text(planned: dict[str, int], rate: Rate) -> str:
    """The plan in one line."""
    total = sum(planned.values())
    parts = ", ".join(f"{name} {count:,}" for name, count in planned.items())
    return (
        f"plan: {total:,} forwards ({parts}), about {rate.time(total)} at {rate}; intervals come "
        "on top. It cannot be continued: what is stopped begins anew."
    )
