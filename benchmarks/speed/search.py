"""What judging prompts on the world costs beside pure forwards, in CPU time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from painter_kit.evaluation.splits import Splits
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.tasks.base import Task
    from painter_kit.types import Spec

TASKS = (
    *("depth", "semantic", "foreground", "coco-semantic", "instance", "panoptic", "keypoint"),
    *("denoise", "derain", "enhance"),
)
# What search on the world is meant to reach: a share of the pure forward rate, and at most this
# share of a forward for decoding and measuring.
LEAST_SHARE = {"depth": 0.85, "semantic": 0.85, "foreground": 0.85}
MOST_MEASURING = dict.fromkeys(TASKS, 0.15) | dict.fromkeys(("panoptic", "keypoint"), 1.0)


@dataclass(frozen=True)
class EndToEnd:
    """CPU seconds per forward: of the network alone, of painting, and of all that judging does.

    Painting adds resizing and normalisation; judging adds decoding and measuring (``measuring``)
    and the store. ``loading`` is what reading or rendering an example takes, once per search.
    """

    task: str
    forwards: int
    network: float
    painting: float
    measuring: float
    judging: float
    loading: float

    @property
    def share(self) -> float:
        """Search throughput as a share of the pure forward rate."""
        return self.network / self.judging

    @property
    def measuring_share(self) -> float:
        """Decoding and measuring as a share of a forward."""
        return self.measuring / self.network

    @property
    def missed(self) -> str:
        """Which of its bars the task misses, in words."""
        least, most = LEAST_SHARE.get(self.task, 0.0), MOST_MEASURING.get(self.task, np.inf)
        slow = f"below {least:.0%}" if self.share < least else ""
        long = f"measuring above {most:.0%}" if self.measuring_share > most else ""
        return ", ".join(filter(None, (slow, long)))


def measure_end_to_end(
    predictor: Predictor, task_name: str, data: str, prompts: int, images: int, store: Path
) -> EndToEnd:
    """Judge some prompts with a fresh store, timing the network alone after every prompt."""
    from painter_kit.data.base import open_dataset
    from painter_kit.data.specs import with_canvas
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.splits import Sizes, make_splits
    from painter_kit.evaluation.store import Store
    from painter_kit.tasks.base import get_task, task_parts

    task, dataset = get_task(task_name), open_dataset(data)
    spec = with_canvas(dataset.spec(task.name), predictor.canvas)
    splits = make_splits(dataset, task.name, Sizes(2 * prompts, images))
    parts = {name: own.task for name, _, own in task_parts(task, spec)}
    splits = splits.with_parts(dataset, parts).loaded()
    painting, measuring, judging, network = [], [], [], []
    start = time.process_time()
    shown = len([splits.select[i] for i in range(len(splits.select))])
    loading = (time.process_time() - start) / shown
    task = replace(
        task,
        decode=timed(task.decode, measuring),
        measure=timed(task.measure, measuring),
        decode_example=timed(task.decode_example, measuring) if task.decode_example else None,
    )
    paint = timed(predictor.pictures, painting)
    numerics = predictor.numerics, predictor.batch_size
    with Store(store) as records:
        judge = Judge(task, spec, paint, records, predictor.model_digest, *numerics)
        network_seconds(predictor, spec.canvas)  # pays for what is set up once
        for prompt in [_draw(task, spec, splits, seed) for seed in range(prompts)]:
            start = time.process_time()
            judge.records(prompt, splits.select)
            judging.append(time.process_time() - start)
            network.append(network_seconds(predictor, spec.canvas))
    each = 1 / judge.new
    # Views may differ in number from the examples: the blocks painted are what was computed.
    blocks = len(painting) * predictor.batch_size * each
    painted, measured, judged = (sum(s) * each for s in (painting, measuring, judging))
    alone = float(np.mean(network)) * blocks
    return EndToEnd(task_name, judge.new, alone, painted, measured, judged, loading)


def timed(function: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    """``function``, appending the CPU seconds of every call to ``seconds``."""

    def call(*arguments: Any) -> Any:
        start = time.process_time()
        result = function(*arguments)
        seconds.append(time.process_time() - start)
        return result

    return call


def _draw(task: Task, spec: Spec[Any], splits: Splits, seed: int) -> AnyPrompt:
    """A random prompt, with one pair for every part of a task that has parts."""
    from painter_kit.evaluation.pool import draw_prompt
    from painter_kit.tasks.base import task_parts
    from prompt_search.setting import WHOLE, join_prompts

    drawn = {
        name: draw_prompt(part, own, splits.parts[name].pool, seed)
        for name, part, own in task_parts(task, spec)
    }
    drawn = drawn or {WHOLE: draw_prompt(task, spec, splits.pool, seed)}
    return join_prompts(drawn, spec, "random", {})


@torch.inference_mode()
def network_seconds(predictor: Predictor, side: int) -> float:
    """CPU seconds per picture of the network on canvases that are ready."""
    model, count = predictor.model, predictor.queries_at_once(side)
    images = torch.randn(count, 3, 2 * side, side)
    rows = side // model.patch_size
    stream = model.target_stream(images[:1], torch.zeros(1, 2 * rows, rows))
    start = time.process_time()
    model.predict_query(images, stream)
    return (time.process_time() - start) / count
