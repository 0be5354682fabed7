"""What judging prompts on the world costs beside pure forwards, in CPU time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from painter_kit.evaluation.splits import Splits
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.tasks.base import Task
    from painter_kit.types import Spec

TASKS = ("depth", "semantic", "foreground", "panoptic", "keypoint", "denoise")


@dataclass(frozen=True)
class EndToEnd:
    """CPU seconds per forward: of the network alone, of painting, and of all that judging does.

    Painting adds resizing and normalisation; judging adds decoding, measuring and the store.
    """

    task: str
    forwards: int
    network: float
    painting: float
    judging: float

    @property
    def share(self) -> float:
        """Search throughput as a share of the pure forward rate."""
        return self.network / self.judging


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
    painting, judging, network = [], [], []

    def paint(prompt: Any, pictures: Any, spec: Any) -> Any:
        start = time.process_time()
        painted = predictor.pictures(prompt, pictures, spec)
        painting.append(time.process_time() - start)
        return painted

    numerics = predictor.numerics, predictor.batch_size
    with Store(store) as records:
        judge = Judge(task, spec, paint, records, predictor.model_digest, *numerics)
        _network_seconds(predictor, spec.canvas)  # pays for what is set up once
        for prompt in [_draw(task, spec, splits, seed) for seed in range(prompts)]:
            start = time.process_time()
            judge.records(prompt, splits.select)
            judging.append(time.process_time() - start)
            network.append(_network_seconds(predictor, spec.canvas))
    each = 1 / judge.new
    # Views may differ in number from the examples: the blocks painted are what was computed.
    blocks = len(painting) * predictor.batch_size / judge.new
    return EndToEnd(
        task_name, judge.new, _mean(network) * blocks, sum(painting) * each, sum(judging) * each
    )


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
def _network_seconds(predictor: Predictor, side: int) -> float:
    """CPU seconds per picture of the network on canvases that are ready."""
    model, count = predictor.model, predictor.queries_at_once(side)
    images = torch.randn(count, 3, 2 * side, side)
    rows = side // model.patch_size
    stream = model.target_stream(images[:1], torch.zeros(1, 2 * rows, rows))
    start = time.process_time()
    model.predict_query(images, stream)
    return (time.process_time() - start) / count


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
