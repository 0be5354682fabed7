"""Score matrices of a model: every candidate on every select and test image, resumable."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search_replay.matrices import Matrix
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import primary, scores
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.likeness import Shown
from painter_kit.evaluation.painting import Paint
from painter_kit.evaluation.panel import PANEL_SIZE, draw_panel
from painter_kit.evaluation.splits import Sizes, Splits, make_splits
from painter_kit.evaluation.store import Store
from painter_kit.files import write_text
from painter_kit.tasks.base import Task
from painter_kit.types import Record, Spec, sum_records
from prompt_search.candidates import Candidates, make_candidates

TASKS = ("depth", "semantic", "enhance", "foreground")
SPARE = 1.25  # pairs read for every candidate wanted, since some cannot be prompts


@dataclass(frozen=True)
class MakeSettings:
    """What to measure; ``seed`` orders pool and select and draws the panel, as in a search."""

    data: str = "world"
    checkpoint: str = "world-tiny"
    candidates: int = 512
    select: int = 512
    test: int = 256
    batch: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in {"candidates": 2, "select": 2, "test": 1, "batch": 1}.items():
            if getattr(self, name) < least:
                raise InputError(f"--{name} must be at least {least}")

    @property
    def forwards(self) -> int:
        """Cells of one matrix."""
        return self.candidates * (self.select + self.test)


@dataclass(frozen=True)
class Bench:
    """One task's judge, what it paints with, candidates and splits."""

    judge: Judge
    paint: Paint
    candidates: Candidates
    splits: Splits

    @property
    def name(self) -> str:
        """Task and data, as files and tables call the matrix."""
        return f"{self.judge.task.name}-{self.judge.spec.data}"

    def known(self) -> int:
        """Cells that the store holds already."""
        splits, judge = self.splits, self.judge
        prompts = (self.candidates.prompt(i) for i in range(len(self.candidates)))
        return sum(judge.known(p, s) for p in prompts for s in (splits.select, splits.test))

    def seconds_per_forward(self) -> float:
        """Time of one batch after a first one, without measuring or keeping it."""
        judge, prompt = self.judge, self.candidates.prompt(0)
        select = self.splits.select
        images = [select[i % len(select)].image for i in range(judge.batch_size)]
        spec = judge.effective(prompt)
        self.paint(prompt, images, spec)
        start = time.perf_counter()
        self.paint(prompt, images, spec)
        return (time.perf_counter() - start) / judge.batch_size


@contextmanager
def open_bench(task_name: str, settings: MakeSettings, store: Path) -> Iterator[Bench]:
    """Load the model, read pairs and pictures, and open the store.

    Raises ``InputError`` for unknown names and for a pool with too few usable pairs.
    """
    from painter_kit.data.base import open_dataset
    from painter_kit.data.specs import with_canvas
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter
    from painter_kit.tasks.base import get_task

    task, data = get_task(task_name), open_dataset(settings.data)
    predictor = Predictor(load_painter(settings.checkpoint), settings.batch)
    spec = with_canvas(data.spec(task.name), predictor.canvas)
    pool = int(np.ceil(settings.candidates * SPARE))
    sizes = Sizes(pool, settings.select, None, settings.test)
    splits = make_splits(data, task.name, sizes, settings.seed).loaded()
    candidates = choose_candidates(task, spec, splits, settings)
    with Store(store) as records:
        judge = Judge.of(predictor, task, spec, records)
        yield Bench(judge, predictor.pictures, candidates, splits)


def choose_candidates(
    task: Task, spec: Spec[Any], splits: Splits, settings: MakeSettings
) -> Candidates:
    """The first candidates of the pool, chosen as a search does: none shows a picture of select or
    test. Raises ``InputError`` when there are too few."""
    shown = Shown.of(splits.select, splits.test)
    found = make_candidates(task, spec, splits.pool, shown=shown, seed=settings.seed)
    if len(found) < settings.candidates:
        raise InputError(
            f"--candidates {settings.candidates}: the first {len(splits.pool)} pairs of "
            f"{settings.data} hold {len(found)} that can be prompts of {task.name}; ask for fewer"
        )
    return replace(found, indices=found.indices[: settings.candidates])


def make_matrix(
    bench: Bench, settings: MakeSettings, out: Path, say: Callable[[int], object]
) -> Matrix:
    """Measure all cells that the store lacks, and write ``out/<task>-<data>.npz``.

    Scores are first-order at the panel's sum on select, as a search with this seed races them;
    the dataset-level metric of every candidate and the sums of its Records are kept as counts.
    ``say(n)`` is told about every n cells. An interrupted run goes on where it stopped; CPU time
    is added up over all runs, and ``reused`` counts the cells that the first of them found in the
    store. A file of the same model and sizes is kept.

    Raises ``InputError`` when the file holds something else.
    """
    path = out / f"{bench.name}.npz"
    if path.is_file():
        return _same(Matrix.load(path), bench, settings, path)
    clock = _Clock(out / f"{bench.name}.progress.json", bench.known)
    clock.save(0)
    bench.judge.on_cells = say
    drawn = draw_panel(bench.candidates.ids, PANEL_SIZE, settings.seed)
    panel = bench.judge.table(bench.candidates.prompts(drawn), bench.splits.select)
    reference = sum_records([record for row in panel for record in row])
    rows = []
    for index in range(len(bench.candidates)):
        rows.append(_row(bench, index, reference))
        clock.save(index + 1)
    matrix = _assemble(bench, settings, rows, clock)
    matrix.save(path)
    clock.remove()
    return matrix


@dataclass(frozen=True, eq=False)
class _Part:
    """One candidate on one split: scores, sum of Records, metric."""

    scores: np.ndarray
    total: np.ndarray
    metric: float


def _row(bench: Bench, index: int, reference: Record) -> tuple[_Part, _Part]:
    judge, prompt = bench.judge, bench.candidates.prompt(index)

    def measure(split: str) -> _Part:
        records = judge.records(prompt, getattr(bench.splits, split))
        total = np.sum([record.values for record in records], axis=0)
        value = primary(judge.task, judge.spec, records)
        return _Part(scores(judge.task, records, reference), total, value)

    return measure("select"), measure("test")


def _assemble(
    bench: Bench, settings: MakeSettings, rows: list[tuple[_Part, _Part]], clock: _Clock
) -> Matrix:
    counts: dict[str, np.ndarray] = {}
    tables = []
    for name, parts in zip(("select", "test"), zip(*rows, strict=True), strict=True):
        counts[f"{name}_sums"] = np.array([part.total for part in parts])
        counts[f"{name}_metric"] = np.array([part.metric for part in parts])
        tables.append(np.array([part.scores for part in parts]))
    spec = bench.judge.spec
    about = {
        **asdict(settings),
        "task": spec.task,
        "metric": spec.metric,
        "direction": spec.direction,
        "unit": spec.unit,
        "model_digest": bench.judge.model_digest,
        "spec_digest": spec.digest,
        "cpu_seconds": round(clock.cpu_seconds, 1),
        "reused": clock.reused,
        "forwards": settings.forwards,
    }
    return Matrix(bench.name, tables[0], tables[1], counts, about)


def _same(matrix: Matrix, bench: Bench, settings: MakeSettings, path: Path) -> Matrix:
    """A matrix that was made before, if it is the one asked for."""
    wanted = {**asdict(settings), "model_digest": bench.judge.model_digest}
    other = [name for name, value in wanted.items() if matrix.about.get(name) != value]
    if other:
        raise InputError(
            f"{path} was made with another {', '.join(other)}; delete it or give another --out"
        )
    return matrix


class _Clock:
    """CPU time of this process, added to what earlier runs have written down; ``reused`` is what
    ``known`` says before the first of them."""

    def __init__(self, path: Path, known_cells: Callable[[], int]) -> None:
        self._path = path
        known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self._before = float(known.get("cpu_seconds", 0)) - time.process_time()
        self.reused = int(known["reused"]) if "reused" in known else known_cells()

    @property
    def cpu_seconds(self) -> float:
        """So far, over all runs."""
        return self._before + time.process_time()

    def save(self, candidates: int) -> None:
        """Write down the time, and how far this is."""
        state = {"candidates": candidates, "cpu_seconds": self.cpu_seconds, "reused": self.reused}
        write_text(self._path, json.dumps(state) + "\n")

    def remove(self) -> None:
        """Nothing is left to go on with."""
        self._path.unlink(missing_ok=True)
