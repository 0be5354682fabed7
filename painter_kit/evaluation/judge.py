"""Records of prompts on examples, through the store: what is known is not forwarded again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from painter_kit.errors import PainterKitError
from painter_kit.evaluation.evaluate import measure_painted
from painter_kit.evaluation.loaded import example_digest
from painter_kit.evaluation.store import CellKeys, Store
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task
from painter_kit.types import Examples, Image, Record, Spec

if TYPE_CHECKING:
    from painter_kit.inference.predictor import Predictor

BATCH_SIZE = 8

Paint: TypeAlias = Callable[[Prompt, list[Image], Spec[Any]], npt.NDArray[np.float32]]


class Judge:
    """Measures prompts of one task with one model.

    ``paint(prompt, images, spec)`` returns float32 (n, S, S, 3), 0..1 and not clipped, and is
    always given ``batch_size`` pictures: a request is cut into blocks of that many examples,
    each example keeps its place in its block, and places that need no forward are filled with
    a picture that does. So a number does not depend on what else is known. The batch size is
    part of the numerics class, because it can change the last bits.

    ``new`` and ``reused`` count the examples forwarded and found; ``on_cells(n)`` is called after
    every block of n examples.
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
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1 but got {batch_size}")
        self.task, self.spec, self.model_digest = task, spec, model_digest
        self.batch_size, self.on_cells = batch_size, on_cells
        self.new = self.reused = 0
        self._paint, self._store = paint, store
        self._numerics = f"{numerics} batch {batch_size}"

    @classmethod
    def of(cls, predictor: Predictor, task: Task, spec: Spec[Any], store: Store) -> Judge:
        """A judge that paints with ``predictor``, in its batch size."""
        return cls(
            task,
            spec,
            predictor.pictures,
            store,
            predictor.model_digest,
            predictor.numerics,
            predictor.batch_size,
        )

    @property
    def requested(self) -> int:
        """Examples asked for so far, new and reused."""
        return self.new + self.reused

    def effective(self, prompt: Prompt) -> Spec[Any]:
        """The spec under the prompt's own coding, which decoding uses."""
        return self.spec.with_coding(prompt.pair.coding)

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

    def records(self, prompt: Prompt, examples: Examples) -> list[Record]:
        """Records of ``prompt`` on ``examples``, in order.

        What the store lacks is forwarded block by block and kept before the next block starts.
        """
        keys = self._keys(prompt, examples)
        known = self._store.get_many(keys)
        for start in range(0, len(keys), self.batch_size):
            block = range(start, min(start + self.batch_size, len(keys)))
            missing = [i for i in block if keys[i] not in known]
            if missing:
                measured = self._measure(prompt, examples, start, missing)
                fresh = {keys[i]: r for i, r in zip(missing, measured, strict=True)}
                self._store.put_many(fresh)
                known.update(fresh)
            self.new += len(missing)
            self.reused += len(block) - len(missing)
            self.on_cells(len(block))
        return [known[key] for key in keys]

    def recall(self, prompt: Prompt, examples: Examples) -> list[Record]:
        """Records that were asked for before; counts as no request."""
        keys = self._keys(prompt, examples)
        known = self._store.get_many(keys)
        if any(key not in known for key in keys):
            raise PainterKitError("records vanished from the store; do not delete it during a run")
        return [known[key] for key in keys]

    def _keys(self, prompt: Prompt, examples: Examples) -> list[bytes]:
        cells = CellKeys(self.model_digest, prompt.digest, self.effective(prompt), self._numerics)
        return [cells.key(example_digest(examples, i)) for i in range(len(examples))]

    def _measure(
        self, prompt: Prompt, examples: Examples, start: int, missing: Sequence[int]
    ) -> list[Record]:
        spec = self.effective(prompt)
        wanted = {i - start: examples[i] for i in missing}
        filler = wanted[missing[0] - start]
        images = [wanted.get(place, filler).image for place in range(self.batch_size)]
        painted = self._paint(prompt, images, spec)
        return [measure_painted(self.task, spec, painted[p], e) for p, e in wanted.items()]
