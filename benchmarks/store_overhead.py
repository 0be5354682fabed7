"""``python -m benchmarks.store_overhead``: the store's time as a share of the model's."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.errors import PainterKitError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.painting import Paint
from painter_kit.evaluation.sharing import Job
from painter_kit.evaluation.store import CellKeys, Store
from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Examples, Record, Spec

if TYPE_CHECKING:
    from painter_kit.inference.predictor import Predictor

BAR = 0.05


class Stopwatch:
    """Adds up the wall-clock time spent inside ``with watch.running():``."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - start


class TimedStore(Store):
    """A store that knows how long claiming, reading and writing took."""

    def __init__(self, folder: Path) -> None:
        self.watch = Stopwatch()
        super().__init__(folder)

    def __enter__(self) -> TimedStore:
        return self

    @contextmanager
    def claim(self, keys: Sequence[bytes]) -> Iterator[None]:
        """As the store's own; what is done with the claim does not count."""
        with ExitStack() as held:
            with self.watch.running():
                held.enter_context(super().claim(keys))
            yield
            with self.watch.running():
                held.close()

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Record]:
        """As the store's own."""
        with self.watch.running():
            return super().get_many(keys)

    def put_many(self, records: Mapping[bytes, Record]) -> None:
        """As the store's own."""
        with self.watch.running():
            super().put_many(records)


class TimedJudge(Judge):
    """A judge that counts the making of keys on ``watch``: digests of prompts and examples, and
    their hashes."""

    def __init__(self, watch: Stopwatch, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._watch = watch

    def _name(self, jobs: Sequence[Job]) -> None:
        with self._watch.running():
            super()._name(jobs)

    def _cells(self, prompt: AnyPrompt) -> CellKeys:
        with self._watch.running():
            return super()._cells(prompt)


@dataclass(frozen=True)
class Overhead:
    """Seconds per example: of the model, of the store when nothing is known (keys, claims, look
    up and write) and when all is known (the same without writing)."""

    task: str
    examples: int
    forward: float
    fresh: float
    known: float

    @property
    def share(self) -> float:
        """The store's part of the model's time while everything is measured for the first time."""
        return self.fresh / self.forward

    @property
    def sentence(self) -> str:
        """The figures in one line."""
        kept = "within" if self.share < BAR else "OVER"
        return (
            f"{self.task}: store {1e6 * self.fresh:.0f} us per new and {1e6 * self.known:.0f} us "
            f"per known example, forward {1e3 * self.forward:.2f} ms: {self.share:.2%}, "
            f"{kept} the bar of {BAR:.0%}"
        )


def measure_overhead(
    predictor: Predictor, task_name: str, data: str, prompts: int, images: int, store: Path
) -> Overhead:
    """Judge some prompts twice with a fresh store: all new, then all known."""
    from painter_kit.data.base import open_dataset
    from painter_kit.data.specs import with_canvas
    from painter_kit.evaluation.splits import Sizes, make_splits
    from painter_kit.tasks.base import get_task
    from prompt_search.candidates import make_candidates

    task, dataset = get_task(task_name), open_dataset(data)
    spec = with_canvas(dataset.spec(task.name), predictor.canvas)
    splits = make_splits(dataset, task.name, Sizes(2 * prompts, images)).loaded()
    candidates = make_candidates(task, spec, splits.pool)
    prompts = min(prompts, len(candidates))
    model, painted = Stopwatch(), predictor.pictures

    def paint(prompt: Any, pictures: Any, spec: Spec[Any]) -> Any:
        with model.running():
            return painted(prompt, pictures, spec)

    painter: Paint = paint
    with TimedStore(store) as records:
        numerics = predictor.numerics, predictor.batch_size
        about = task, spec, painter, records, predictor.model_digest, *numerics
        judge = TimedJudge(records.watch, *about)
        for _ in splits.select:  # reading pictures is not the store's work, telling them is
            pass
        # The first forward pays for what is set up once.
        painted(candidates.prompt(0), [splits.select[0].image], spec)
        times = [_judge_all(judge, candidates, prompts, splits.select, records) for _ in range(2)]
    cells = prompts * len(splits.select)
    return Overhead(task_name, cells, model.seconds / cells, times[0] / cells, times[1] / cells)


def _judge_all(
    judge: Any, candidates: Any, prompts: int, images: Examples, store: TimedStore
) -> float:
    """Seconds that the store took for all prompts on all images."""
    before = store.watch.seconds
    for index in range(prompts):
        judge.records(candidates.prompt(index), images)
    return store.watch.seconds - before


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--task", "tasks", multiple=True, default=("depth", "semantic"), show_default=True)
@click.option("--data", default="world", show_default=True)
@click.option("--checkpoint", default="world-tiny", show_default=True)
@click.option("--prompts", type=click.IntRange(1), default=4, show_default=True)
@click.option("--images", type=click.IntRange(2), default=64, show_default=True)
@click.option("--threads", type=int, help="CPU threads.")
@click.option("--json", "as_json", is_flag=True, help="One object per task.")
def command(
    tasks: tuple[str, ...],
    data: str,
    checkpoint: str,
    prompts: int,
    images: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Time of the store beside that of the model, wall-clock, in a temporary store."""
    import json

    import torch

    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter

    if threads:
        torch.set_num_threads(threads)
    predictor = Predictor(load_painter(checkpoint))
    for task in tasks:
        with tempfile.TemporaryDirectory() as folder:
            found = measure_overhead(predictor, task, data, prompts, images, Path(folder))
        text = json.dumps({**asdict(found), "share": found.share}) if as_json else found.sentence
        click.echo(text)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.store_overhead")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
