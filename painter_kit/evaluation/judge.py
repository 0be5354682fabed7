"""Records of prompts on examples, through the store: what is known is not forwarded again."""

from __future__ import annotations

import logging
import math
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from tqdm import tqdm

from painter_kit.errors import PainterKitError
from painter_kit.evaluation.loaded import Block, example_digest
from painter_kit.evaluation.painting import Paint, has_views, paint_examples, pictures_of
from painter_kit.evaluation.store import CellKeys, Store
from painter_kit.inference.parted import AnyPrompt, forwards_of
from painter_kit.tasks.base import Task, decode_example, get_task
from painter_kit.types import Example, Examples, Image, Painted, Record, Spec

if TYPE_CHECKING:
    from painter_kit.evaluation.features import Floats
    from painter_kit.inference.predictor import Predictor

log = logging.getLogger(__name__)

BATCH_SIZE = 8


class Keeper(Protocol):
    """Where predictions are kept; an example counts as done only when it has one there."""

    def has(self, name: str) -> bool:
        """Whether the prediction of the example with this id is kept already."""
        ...

    def keep(self, example: Example, painted: Painted, prediction: Any, spec: Spec[Any]) -> None:
        """Keep what was painted and decoded of one example under the prompt's own coding."""
        ...


@dataclass(frozen=True)
class Describer:
    """``of(images)``: float32 (N, D), a vector of each picture; ``cost`` of one in forwards."""

    of: Callable[[Sequence[Image]], Floats]
    cost: float


@dataclass
class _Begun:
    """A block under way: keys of its examples, what is known of them, and which are missing."""

    block: Block
    keys: list[bytes]
    known: dict[bytes, Record]
    missing: list[int]
    measured: Future[list[Record]] = field(default_factory=Future)


class Judge:
    """Measures prompts of one task with one model.

    ``paint(prompt, images, spec)`` returns float32 (n, S, S, 3), 0..1 and not clipped, and is
    always given ``batch_size`` pictures: a request is cut into blocks of that many examples,
    each example keeps its place in its block, and places that need no forward are filled with
    a picture that does. So a number does not depend on what else is known. The batch size is
    part of the numerics class, because it can change the last bits. Only one block of examples
    is held at a time, so that sets need not fit in memory.

    With ``overlap`` a thread decodes and measures a block while the next one is painted, so that a
    GPU does not wait; results and their order are the same. A ``keeper`` is never called from it.

    ``new`` and ``reused`` count the pictures forwarded and found: one per example, for tasks
    with views or parts one for each of them, under an ensemble for each of its members.
    ``on_cells(n)`` is called after every block that asked for n. ``describer`` makes the vectors
    that alike pictures are found by.
    """

    def __init__(
        self,
        task: Task,
        spec: Spec[Any],
        paint: Paint,
        store: Store,
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
        self._whole: Judge | None = None
        self._describer = describer
        self._worker = ThreadPoolExecutor(1, "measure") if overlap else None

    @classmethod
    def of(cls, predictor: Predictor, task: Task, spec: Spec[Any], store: Store) -> Judge:
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
        """A bar over so many cells, with rate and remaining time, on stderr if a terminal."""
        before, disable = self.on_cells, True if quiet else None
        with tqdm(total=cells, desc=what, unit="fwd", file=sys.stderr, disable=disable) as bar:
            self.on_cells = bar.update
            try:
                yield
            finally:
                self.on_cells = before

    def records(
        self, prompt: AnyPrompt, examples: Examples, keeper: Keeper | None = None
    ) -> list[Record]:
        """Records of ``prompt`` on ``examples``, in order.

        What the store or the ``keeper`` lacks is forwarded block by block and kept before the
        next block starts, with ``overlap`` before the one after it.
        """
        cells = self._cells(prompt)
        records: list[Record] = []
        begun: deque[_Begun] = deque()
        ahead = 1 if self._worker and not keeper else 0
        for start in range(0, len(examples), self.batch_size):
            block = Block(examples, start, min(start + self.batch_size, len(examples)))
            keys = [cells.key(block.digest(place)) for place in range(len(block))]
            known = self._store.get_many(keys)
            missing = [
                place
                for place, (key, name) in enumerate(zip(keys, block.ids, strict=True))
                if key not in known or (keeper and not keeper.has(name))
            ]
            begun.append(_Begun(block, keys, known, missing))
            if missing:
                log.debug("measuring %d examples", len(missing))
                begun[-1].measured = self._measure(prompt, block, missing, keeper)
            while len(begun) > ahead:
                records += self._finish(begun.popleft(), forwards_of(prompt))
        while begun:
            records += self._finish(begun.popleft(), forwards_of(prompt))
        return records

    def _finish(self, begun: _Begun, forwards: int) -> list[Record]:
        """Records of a block, the new ones kept; counts them."""
        if begun.missing:
            measured = begun.measured.result()
            fresh = {begun.keys[i]: r for i, r in zip(begun.missing, measured, strict=True)}
            self._store.put_many(fresh)
            begun.known.update(fresh)
        new, reused = self._asked(begun.block, begun.missing)
        self._count(forwards * new, forwards * reused)
        return [begun.known[key] for key in begun.keys]

    def _asked(self, block: Block, missing: Sequence[int]) -> tuple[int, int]:
        """How many pictures of the block were painted, and how many found."""
        pictures = self._pictures(block)
        new = sum(pictures[place] for place in missing)
        return new, sum(pictures) - new

    def paint(self, prompt: AnyPrompt, examples: Examples) -> Iterator[tuple[Example, Painted]]:
        """Each example with what is painted for it, in order, in the blocks of ``records``.

        Nothing is kept: all is forwarded and counts as new.
        """
        spec = self.effective(prompt)
        for start in range(0, len(examples), self.batch_size):
            block = Block(examples, start, min(start + self.batch_size, len(examples)))
            shown = [block[place] for place in range(len(block))]
            self._count(forwards_of(prompt) * sum(self._pictures(block)), 0)
            yield from paint_examples(self.task, spec, prompt, shown, self._paint, self.batch_size)

    @property
    def description_cost(self) -> float:
        """What ``describe`` takes for one picture, in forwards."""
        return self._describer.cost if self._describer else 0.0

    def describe(self, images: Sequence[Image]) -> Floats:
        """float32 (N, D): a vector of each picture, counted as new at its share of a forward.

        Raises ``TypeError`` for a judge without a describer.
        """
        if self._describer is None:
            raise TypeError("the judge needs a describer of pictures to find alike ones")
        vectors = self._describer.of(images)
        self._count(math.ceil(self._describer.cost * len(images)), 0)
        return vectors

    def _count(self, new: int, reused: int) -> None:
        self.new += new
        self.reused += reused
        self.on_cells(new + reused)
        if self._whole:
            self._whole._count(new, reused)

    def _pictures(self, block: Block) -> list[int]:
        """How many pictures each example of the block asks for."""
        if has_views(self.task, self.spec):
            return [pictures_of(self.task, self.spec, block[i]) for i in range(len(block))]
        return [max(1, len(self.task.parts))] * len(block)

    def known(self, prompt: AnyPrompt, examples: Examples) -> int:
        """How many of these examples have a Record in the store; counts as no request."""
        cells = self._cells(prompt)
        keys = [cells.key(example_digest(examples, i)) for i in range(len(examples))]
        return len(self._store.get_many(keys))

    def recall(self, prompt: AnyPrompt, examples: Examples) -> list[Record]:
        """Records that were asked for before; counts as no request."""
        cells = self._cells(prompt)
        keys = [cells.key(example_digest(examples, i)) for i in range(len(examples))]
        known = self._store.get_many(keys)
        if any(key not in known for key in keys):
            raise PainterKitError("records vanished from the store; do not delete it during a run")
        return [known[key] for key in keys]

    def _cells(self, prompt: AnyPrompt) -> CellKeys:
        numerics = f"{self._numerics} batch {self.batch_size}"
        return CellKeys(self.model_digest, prompt.digest, self.effective(prompt), numerics)

    def _measure(
        self, prompt: AnyPrompt, block: Block, missing: Sequence[int], keeper: Keeper | None
    ) -> Future[list[Record]]:
        """Records of the missing places: there already, or being made by the thread."""
        spec = self.effective(prompt)
        painted = self._painted(self.task, spec, prompt, block, missing)
        if self._worker and not keeper:
            return self._worker.submit(self._records, list(painted), spec, None)
        done: Future[list[Record]] = Future()
        done.set_result(self._records(painted, spec, keeper))
        return done

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
