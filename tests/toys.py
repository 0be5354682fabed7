"""A toy task, data and model, small enough to see through.

The picture's first three bytes are the example's numbers: the level to be painted, how hard the
picture is and, used as a prompt, how good a prompt it is. The model paints the true level plus
an error that follows from these and from a hash of both pictures.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from painter_kit.evaluation.order import generator
from painter_kit.inference.ensemble import EnsemblePrompt, WholePrompt, mean_output
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks import base
from painter_kit.tasks.base import Task, make_pair
from painter_kit.types import Coding, Example, Image, Pair, Record, Spec, Truth

SPEC: Spec[Any] = Spec("toy", "toys", 2, "error", "min", "u", Coding(), None)


def encode(truth: Truth, spec: Spec[Any], size: tuple[int, int]) -> Image:
    return np.full((*size, 3), truth["level"], np.uint8)


def weight(truth: Truth, spec: Spec[Any], size: tuple[int, int]) -> np.ndarray:
    return np.full((*size, 3), truth["known"], np.float32)


def decode(painted: np.ndarray, spec: Spec[Any], size: tuple[int, int]) -> float:
    near, far = spec.coding.span
    return float(painted.mean()) * (far - near) / 10


def measure(prediction: float, truth: Truth, spec: Spec[Any]) -> Record:
    error = abs(prediction - float(truth["level"]) / 255)
    return Record(np.array([1.0, error, error**2]))


def summarise(records: Sequence[Record], spec: Spec[Any]) -> dict[str, float]:
    count, error, square = sum(r.values for r in records)
    return {"error": error / count, "square": square / count}


def score(records: Sequence[Record], reference: Record) -> np.ndarray:
    return np.array([-r.values[1] for r in records])


TOY = Task("toy", encode, weight, decode, measure, summarise, score, lambda p, s: np.zeros((1, 1)))


# A task of two parts, each of which paints the level: the prediction is the mean of both.
PARTS = ("one", "two")
PART_TASKS = {f"toy-{part}": replace(TOY, name=f"toy-{part}") for part in PARTS}
BOTH = replace(
    TOY,
    name="toy-both",
    decode=lambda painted, spec, size: (
        sum(decode(painted[part], spec.part(part), size) for part in PARTS) / len(PARTS)
    ),
    parts=PARTS,
)
BOTH_SPEC: Spec[Any] = replace(
    SPEC,
    task="toy-both",
    parts=tuple((part, replace(SPEC, task=f"toy-{part}")) for part in PARTS),
)


@contextmanager
def registered() -> Iterator[None]:
    """The toy tasks are known by name."""
    with pytest.MonkeyPatch.context() as patch:
        for task in (TOY, BOTH, *PART_TASKS.values()):
            patch.setitem(base._registered, task.name, task)
        yield


def make_example(name: str, quality: int, level: int = 128, group: str = "") -> Example:
    rng = generator(0, name)
    image = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    image[0, 0] = level, image[0, 0, 1], quality
    truth = {"level": np.uint8(level), "known": np.bool_(True)}
    return Example(name, group or name, image, {k: np.asarray(v) for k, v in truth.items()})


@dataclass
class Listed:
    """Examples in a list; counts how often each was loaded."""

    items: Sequence[Example]
    loads: dict[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> Sequence[str]:
        return [e.id for e in self.items]

    @property
    def groups(self) -> Sequence[str]:
        return [e.group for e in self.items]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int, /) -> Example:
        example = self.items[index]
        self.loads[example.id] = self.loads.get(example.id, 0) + 1
        return example

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class ToyData:
    """Subsets of toy examples; by default each split has one of its own."""

    subsets: Mapping[str, Listed]
    sources: Mapping[str, str] = field(
        default_factory=lambda: {s: s for s in ("pool", "select", "confirm", "test")}
    )
    name: str = "toys"
    tasks: tuple[str, ...] = ("toy", "toy-both", *PART_TASKS)

    def spec(self, task: str) -> Spec[Any]:
        return BOTH_SPEC if task == "toy-both" else replace(SPEC, task=task)

    def examples(self, task: str, subset: str) -> Listed:
        return self.subsets[subset]


@dataclass(frozen=True)
class Published(ToyData):
    """Toys with a released prompt of this quality."""

    quality: int = 200

    def released(self, task: str) -> Pair:
        example = make_example(f"released {self.quality}", self.quality)
        return make_pair(TOY, SPEC, example)


def toy_data(
    pool: int = 32, select: int = 40, confirm: int = 40, best: int | None = None, spread: int = 60
) -> ToyData:
    """Pool qualities uniform in 100 -+ spread; ``best`` is planted with quality 255."""
    rng = generator(1, "qualities")
    qualities = rng.integers(100 - spread, 101 + spread, pool)
    if best is not None:
        qualities[best] = 255
    subsets = {"pool": Listed([make_example(f"p{i:04d}", int(q)) for i, q in enumerate(qualities)])}
    for name, count in {"select": select, "confirm": confirm, "test": 8}.items():
        levels = rng.integers(40, 200, count)
        subsets[name] = Listed(
            [make_example(f"{name}{i}", 0, int(v)) for i, v in enumerate(levels)]
        )
    return ToyData(subsets)


class ToyPainter:
    """Paints the true level plus an error; remembers which (prompt, picture) it was asked for."""

    def __init__(self, effect: float = 0.1, noise: float = 0.05, stop_after: int = -1) -> None:
        self.effect, self.noise, self.stop_after = effect, noise, stop_after
        self.calls: list[list[tuple[str, bytes]]] = []

    def __call__(self, prompt: WholePrompt, images: list[Image], spec: Spec[Any]) -> np.ndarray:
        if isinstance(prompt, EnsemblePrompt):  # of either kind: there are no features to average
            return mean_output(prompt, lambda member: self(member, images, spec))
        if len(self.calls) == self.stop_after:
            raise KeyboardInterrupt
        self.calls.append([(prompt.digest, image.tobytes()) for image in images])
        return np.stack([self._one(prompt, image, spec.canvas) for image in images])

    def _one(self, prompt: Prompt, image: Image, side: int) -> np.ndarray:
        key = hashlib.sha256(prompt.digest.encode() + image.tobytes()).digest()
        noise = np.random.default_rng(list(key)).normal()
        quality = int(prompt.pair.image[0, 0, 2]) / 255
        error = 1 - self.effect * quality + 0.3 * int(image[0, 0, 1]) / 255 + self.noise * noise
        return np.full((side, side, 3), int(image[0, 0, 0]) / 255 + error, np.float32)

    @property
    def cells(self) -> list[tuple[str, bytes]]:
        """Distinct cells of every call, in order (padding repeats pictures within a call)."""
        return [cell for call in self.calls for cell in dict.fromkeys(call)]
