"""What every process of a group runs: the same cells, shared, and timed between barriers."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import torch


def throughput(task_name: str, data: str, prompts: int, images: int, batch: int) -> float:
    """Forwards per second of judging ``prompts`` on ``images``, all processes together.

    Pictures are loaded and one batch is painted before; the store is fresh.
    """
    from painter_kit.data.base import open_dataset
    from painter_kit.data.specs import with_canvas
    from painter_kit.distributed import barrier, from_first
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.pool import draw_prompt
    from painter_kit.evaluation.shared import open_store
    from painter_kit.evaluation.splits import Sizes, make_splits
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter
    from painter_kit.tasks.base import get_task

    task, dataset = get_task(task_name), open_dataset(data)
    predictor = Predictor(load_painter("world-tiny"), batch)
    spec = with_canvas(dataset.spec(task.name), predictor.canvas)
    splits = make_splits(dataset, task.name, Sizes(4 * prompts, images)).loaded()
    drawn = [draw_prompt(task, spec, splits.pool, seed) for seed in range(prompts)]
    shown = [splits.select[i] for i in range(images)]  # loaded, and their digests known
    predictor.pictures(drawn[0], [example.image for example in shown[:batch]], spec)
    folder = from_first(lambda: tempfile.mkdtemp(prefix="painterkit-scale-"))
    with open_store(Path(folder)) as store:
        judge = Judge.of(predictor, task, spec, store)
        barrier()
        start = time.perf_counter()
        judge.table(drawn, splits.select)
        barrier()
        seconds = time.perf_counter() - start
    return judge.new / seconds


def main() -> None:
    """Print the throughput as the group's first process sees it."""
    from painter_kit.distributed import process_group, rank

    parser = argparse.ArgumentParser()
    parser.add_argument("--task", default="depth")
    parser.add_argument("--data", default="world")
    for name, value in (("prompts", 32), ("images", 64), ("batch", 16), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    with process_group(torch.device("cpu")):
        found = throughput(flags.task, flags.data, flags.prompts, flags.images, flags.batch)
        if rank() == 0:
            sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    main()
