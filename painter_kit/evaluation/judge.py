"""Records of prompts on examples, through the store: what is known is not forwarded again."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from painter_kit.distributed import world_size
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.levels import Levels, to_levels
from painter_kit.evaluation.likeness import picture_digest
from painter_kit.evaluation.loaded import Block, example_digest
from painter_kit.evaluation.painting import Paint, has_views, paint_examples, pictures_of
from painter_kit.evaluation.progress import advance, forward_bar
from painter_kit.evaluation.shared import AnyStore
from painter_kit.evaluation.sharing import (
    Job,
    Keeper,
    cut_jobs,
    look_up,
    measure_shared,
    name_cells,
)
from painter_kit.evaluation.store import CellKeys, FeatureKeys, PaintedKeys, readings_key
from painter_kit.inference.parted import AnyPrompt, forwards_of
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, decode_example, get_task
from painter_kit.types import Example, Examples, Image, Painted, Record, Spec

if TYPE_CHECKING:
    from tqdm import tqdm

    from painter_kit.evaluation.features import Floats
    from painter_kit.inference.predictor import Predictor

log = logging.getLogger(__name__)

BATCH_SIZE = 8


@dataclass(frozen=True)
class Describer:
    """``of(images)``: float32 (N, D), a vector of each picture; ``cost`` of one in forwards."""

    of: Callable[[Sequence[Image]], Floats]
    cost: float


class Judge:
    """Measures prompts of one task with one model.

    ``paint(prompt, images, spec)`` returns float32 (n, S, S, 3), 0..1 and not clipped, and is
    always given ``batch_size`` pictures: a request is cut into blocks of that many examples,
    each example keeps its place in its block, and places that need no forward are filled with
    a picture that does. So a number does not depend on what else is known. The batch size is
    part of the numerics class, because it can change the last bits. Only one block of examples
    is held at a time (``BLOCKS_EACH`` with ``overlap`` and under torchrun), so that sets need not
    fit in memory.

    With ``overlap`` a thread decodes and measures a block while the next one is painted, so that a
    GPU does not wait; results and their order are the same. A ``keeper`` is never called from it.

    ``new`` and ``reused`` count the pictures forwarded and found: one per example, for tasks
    with views or parts one for each of them, under an ensemble for each of its members.
    ``on_cells(n)`` is called after every block that asked for n. ``describer`` makes the vectors
    that alike pictures are found by.
    """

    can_share = True  # whether a block can be measured without the other processes

    def __init__(
        self,
        task: Task,
        spec: Spec[Any],
        paint: Paint,
        store: AnyStore,
        model_digest: str,
        numerics: str = "fp32",
        batch_size: int = BATCH_SIZE,
        on_cells: Callable[[int], object] = lambda count: None,
        describer: Describer | None = None,
        overlap: bool = False,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1 but got {batch_size}")
        self.task, self.spec, self.model_digest = task, spec, model_digest
        self.batch_size, self.on_cells = batch_size, on_cells
        self.new = self.reused = 0
        self._paint, self._store, self._numerics = paint, store, numerics
        self._painting = f"{numerics} batch {batch_size}"
        self._whole: Judge | None = None
        self._bar: tqdm | None = None
        self._describer = describer
        self._worker = ThreadPoolExecutor(1, "measure") if overlap else None

    @classmethod
    def of(cls, predictor: Predictor, task: Task, spec: Spec[Any], store: AnyStore) -> Judge:
        """A judge that paints and describes with ``predictor``, in its batch size."""
        from painter_kit.evaluation.features import feature_cost, image_features

        return cls(
            task,
            spec,
            predictor.pictures,
            store,
            predictor.model_digest,
            predictor.numerics,
            predictor.batch_size,
            describer=Describer(partial(image_features, predictor), feature_cost(predictor.model)),
            overlap=predictor.device.type != "cpu",
        )

    def part(self, name: str) -> Judge:
        """A judge of one part of the task, whose pictures count here too."""
        own = self.spec.part(name)
        made = Judge(
            get_task(own.task),
            own,
            self._paint,
            self._store,
            self.model_digest,
            self._numerics,
            self.batch_size,
        )
        made._whole, made._worker = self, self._worker
        return made

    @property
    def requested(self) -> int:
        """Pictures asked for so far, new and reused."""
        return self.new + self.reused

    def effective(self, prompt: AnyPrompt) -> Spec[Any]:
        """The spec under the prompt's own coding, which decoding uses."""
        return prompt.effective(self.spec)

    @contextmanager
    def progress(self, cells: int, what: str, quiet: bool = False) -> Iterator[None]:
        """A bar over so many cells; what is found in the store does not count for its rate."""
        with forward_bar(cells, what, quiet) as self._bar:
            try:
                yield
            finally:
                self._bar = None

    def records(
        self, prompt: AnyPrompt, examples: Examples, keeper: Keeper | None = None
    ) -> list[Record]:
        """Records of ``prompt`` on ``examples``, in order.

        What the store or the ``keeper`` lacks is forwarded block by block and kept before the
        next block starts, with ``overlap`` a few blocks later.
        """
        return self.table([prompt], examples, keeper)[0]

    def table(
        self, prompts: Iterable[AnyPrompt], examples: Examples, keeper: Keeper | None = None
    ) -> list[list[Record]]:
        """``records`` of every prompt on ``examples``, in order; prompts are taken as needed.

        Under torchrun the processes share the blocks, of several prompts too, and every one of
        them gets all Records; up to ``BLOCKS_EACH`` blocks of each process are under way between
        two writes to the store.
        """
        rows: list[list[Record]] = []
        for jobs in cut_jobs(prompts, examples, self.batch_size, self._cells, bool(self._worker)):
            self._name(jobs)
            known = self._known(jobs, keeper)
            for job in jobs:
                new, reused = self._asked(job)
                self._count(forwards_of(job.prompt) * new, forwards_of(job.prompt) * reused)
                if job.begins:
                    rows.append([])
                rows[-1] += [known[key] for key in job.keys]
        return rows

    def _name(self, jobs: Sequence[Job]) -> None:
        """Fill in what cells of these blocks are kept by, and how many pictures each asks for."""
        name_cells(jobs, self._pictures_at, has_views(self.task, self.spec))

    def _known(self, jobs: Sequence[Job], keeper: Keeper | None) -> dict[bytes, Record]:
        """Records of all places: of the store, or measured and put there."""
        keys = [key for job in jobs for key in job.keys]
        with self._store.claim(keys):
            known = self._store.get_many(keys)
            look_up(jobs, known, keeper)
            fresh = self._fresh([job for job in jobs if job.missing], keeper)
            if fresh:
                self._store.put_many(fresh)
        return {**known, **fresh}

    def _fresh(self, jobs: Sequence[Job], keeper: Keeper | None) -> dict[bytes, Record]:
        """Measure what is missing, each process its share."""
        if world_size() == 1 or not self.can_share:
            measured = self._stretch(jobs, [keeper] * len(jobs))
        else:
            keep = partial(self._keep, keeper) if keeper else None
            measured = measure_shared(jobs, self._stretch, keep)
        return {
            job.keys[place]: record
            for job, records in zip(jobs, measured, strict=True)
            for place, record in zip(job.missing, records, strict=True)
        }

    def _stretch(self, jobs: Sequence[Job], keepers: Sequence[Keeper | None]) -> list[list[Record]]:
        """Records of these blocks' missing places, by this process."""
        begun = [self._begin(job, keeper) for job, keeper in zip(jobs, keepers, strict=True)]
        return [records.result() for records in begun]

    def _begin(self, job: Job, keeper: Keeper | None) -> Future[list[Record]]:
        """Records of the missing places: there already, or being made by the thread."""
        log.debug("measuring %d examples", len(job.missing))
        if self._worker and self.can_share and not keeper:
            spec = self.effective(job.prompt)
            painted = list(self._painted(self.task, spec, job.prompt, job.block, job.missing))
            return self._worker.submit(self._records, painted, spec, None)
        done: Future[list[Record]] = Future()
        done.set_result(self._measure(job.prompt, job.block, job.missing, keeper))
        return done

    def _keep(self, keeper: Keeper, job: Job, outputs: Sequence[Painted]) -> None:
        spec = self.effective(job.prompt)
        for place, output in zip(job.missing, outputs, strict=True):
            example = job.block[place]
            keeper.keep(example, output, decode_example(self.task, spec, output, example), spec)

    def _asked(self, job: Job) -> tuple[int, int]:
        """How many pictures of the block were painted, and how many found."""
        new = sum(job.pictures[place] for place in job.missing)
        return new, sum(job.pictures) - new

    def levels(self, prompt: Prompt, examples: Examples) -> Iterator[tuple[Example, Levels]]:
        """Each example with what is painted for it, in order, in 8 bits, for a task without parts.

        What the store's table of painted outputs lacks is forwarded in the blocks of ``records``
        and kept there block by block; what it holds is the same, so that nothing depends on it.
        """
        for start in range(0, len(examples), self.batch_size):
            block = Block(examples, start, min(start + self.batch_size, len(examples)))
            places = range(len(block))
            found, new = self._kept(self.task, self.effective(prompt), prompt, block, places)
            pictures = sum(self._pictures_at(block, place) for place in places)
            self._count(new, pictures - new)
            yield from ((block[place], found[place]) for place in places)

    def _kept(
        self, task: Task, spec: Spec[Any], prompt: Prompt, block: Block, places: Sequence[int]
    ) -> tuple[dict[int, Levels], int]:
        """8-bit outputs at these places and how many pictures had to be painted for them.

        ``spec`` is the effective one of ``task``. What the store's table lacks is kept there.
        """
        views = task.views is not None
        keys = PaintedKeys(self.model_digest, prompt.digest, spec, self._painting, views)
        named = {place: keys.key(block.digest(place)) for place in places}
        with self._store.claim(list(named.values())):
            kept = self._store.get_painted(list(named.values()))
            found = {place: kept[key] for place, key in named.items() if key in kept}
            missing = [place for place in places if place not in found]
            if not missing:
                return found, 0
            painted = self._painted(task, spec, prompt, block, missing)
            outputs = (np.asarray(output) for _, output in painted)
            fresh = {p: to_levels(output) for p, output in zip(missing, outputs, strict=True)}
            self._store.put_painted({named[place]: levels for place, levels in fresh.items()})
        return found | fresh, sum(len(f) if views else 1 for f in fresh.values())

    @property
    def description_cost(self) -> float:
        """What ``describe`` takes for one picture, in forwards."""
        return self._describer.cost if self._describer else 0.0

    def describe(self, images: Sequence[Image]) -> Floats:
        """float32 (N, D): a vector of each picture, counted at its share of a forward.

        What the store lacks is made in batches of one shape, in which every picture has its place,
        and kept. Raises ``TypeError`` for a judge without a describer.
        """
        if self._describer is None:
            raise TypeError("the judge needs a describer of pictures to find alike ones")
        rows: list[Floats] = []
        new = 0
        for start in range(0, len(images), self.batch_size):
            vectors, made = self._described(
                self._describer, images[start : start + self.batch_size]
            )
            rows += vectors
            new += made
        asked, new = (math.ceil(self._describer.cost * count) for count in (len(images), new))
        self._count(new, asked - new)
        return np.array(rows, np.float32)

    def _described(self, describer: Describer, images: Sequence[Image]) -> tuple[list[Floats], int]:
        """Vectors of the pictures of one batch, and how many of them had to be made."""
        keys = FeatureKeys(self.model_digest, self._painting)
        named = [keys.key(picture_digest(image)) for image in images]
        with self._store.claim(named):
            known = self._store.get_many(named)
            missing = [place for place, key in enumerate(named) if key not in known]
            if missing:
                gap = images[missing[0]]
                shown = [i if p in missing else gap for p, i in enumerate(images)]
                vectors = describer.of(shown)
                fresh: dict[bytes, Record] = {}
                for place in missing:  # the first of equal pictures counts, as it is kept
                    fresh.setdefault(named[place], Record(vectors[place].astype(np.float64)))
                self._store.put_many(fresh)
                known = {**known, **fresh}
        return [known[key].values.astype(np.float32) for key in named], len(missing)

    def _count(self, new: int, reused: int) -> None:
        self.new += new
        self.reused += reused
        self.on_cells(new + reused)
        if self._bar is not None:
            advance(self._bar, new, reused)
        if self._whole:
            self._whole._count(new, reused)

    def _pictures_at(self, block: Block, place: int) -> int:
        """How many pictures this example of the block asks for."""
        if has_views(self.task, self.spec):
            return pictures_of(self.task, self.spec, block[place])
        return max(1, len(self.task.parts))

    def known(self, prompt: AnyPrompt, examples: Examples) -> int:
        """How many of these examples have a Record in the store; counts as no request."""
        cells = self._cells(prompt)
        keys = [cells.key(example_digest(examples, i)) for i in range(len(examples))]
        return len(self._store.get_many(keys))

    def reading(self, prompt: AnyPrompt, examples: Examples, reader: str) -> int:
        """Note that ``reader`` has read these examples for ``prompt``; which reading this is, from
        1, of all that the store knows of (``Store.reading``)."""
        digests = [example_digest(examples, i) for i in range(len(examples))]
        key = readings_key(self.model_digest, prompt.digest, digests)
        return self._store.reading(key, reader)

    def recall(self, prompt: AnyPrompt, examples: Examples) -> list[Record]:
        """Records that were asked for before; counts as no request."""
        cells = self._cells(prompt)
        keys = [cells.key(example_digest(examples, i)) for i in range(len(examples))]
        known = self._store.get_many(keys)
        if any(key not in known for key in keys):
            raise PainterKitError(
                "records vanished from the store, which was damaged or deleted during the run; "
                "start the same command with --resume"
            )
        return [known[key] for key in keys]

    def _cells(self, prompt: AnyPrompt) -> CellKeys:
        numerics = f"{self._numerics} batch {self.batch_size}"
        return CellKeys(self.model_digest, prompt.digest, self.effective(prompt), numerics)

    def _measure(
        self, prompt: AnyPrompt, block: Block, missing: Sequence[int], keeper: Keeper | None
    ) -> list[Record]:
        """Records of the missing places."""
        spec = self.effective(prompt)
        painted = self._painted(self.task, spec, prompt, block, missing)
        return self._records(painted, spec, keeper)

    def _records(
        self, painted: Iterable[tuple[Example, Painted]], spec: Spec[Any], keeper: Keeper | None
    ) -> list[Record]:
        return [self._record(example, output, spec, keeper) for example, output in painted]

    def _painted(
        self,
        task: Task,
        spec: Spec[Any],
        prompt: AnyPrompt,
        block: Block,
        missing: Sequence[int],
    ) -> Iterator[tuple[Example, Painted]]:
        """What is painted at the missing places; the others are painted only to keep places."""
        # How many views a known example has decides the places of those after it.
        own, wanted = has_views(task, spec), set(missing)
        shown = [block[i] if own or i in wanted else block[missing[0]] for i in range(len(block))]
        painted = paint_examples(task, spec, prompt, shown, self._paint, self.batch_size)
        return (found for place, found in enumerate(painted) if place in wanted)

    def _record(
        self, example: Example, output: Painted, spec: Spec[Any], keeper: Keeper | None
    ) -> Record:
        prediction = decode_example(self.task, spec, output, example)
        if keeper:
            keeper.keep(example, output, prediction, spec)
        return self.task.measure(prediction, example.truth, spec)
