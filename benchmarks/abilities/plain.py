"""What answers without a model reach: a yardstick that a model should beat.

Tried are a copy of the input, the mean of the truths of ``MEAN_OF`` training pictures painted for
every query (of class labels the most frequent, of masks the majority), and what an ability names
itself. The best of them counts, so that the yardstick is the hardest of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.abilities.contrast import ByPrompt, NoModel
from painter_kit.data.base import Dataset
from painter_kit.evaluation.evaluate import orientation, primary
from painter_kit.evaluation.order import keyed_order
from painter_kit.types import Example, Truth

if TYPE_CHECKING:
    from benchmarks.abilities.ask import Ability

COPY, MEAN = "copy of the input", "mean training target"
MEAN_OF = 128
# Of a level of 255: decoding truncates, and 29 / 255 * 255 is less than 29.
_LIFT = 0.01


def training_examples(dataset: Dataset, task: str) -> list[Example]:
    """The training pictures that the mean target is made of."""
    source = dataset.examples(task, dataset.sources["pool"])
    return [source[i] for i in keyed_order(source.ids, "mean target")[:MEAN_OF]]


def no_model(ability: Ability, right: ByPrompt, seed: int = 0) -> NoModel:
    """The best plain answer, and by how much the Records under the right prompts are better."""
    best, records = best_plain(ability)
    found = ability.contrast(best, right, records, seed)
    return NoModel(best, found.other, found.gain)


def best_plain(ability: Ability) -> tuple[str, ByPrompt]:
    """The plain answer with the best mean of the primary metric: its name and its Records."""
    tried = dict(_plain_records(ability))

    def goodness(name: str) -> float:
        values = [primary(ability.task, ability.spec, records) for records in tried[name]]
        return orientation(ability.spec) * float(np.mean(values))

    best = max(tried, key=goodness)
    return best, tried[best]


def _plain_records(ability: Ability) -> Iterator[tuple[str, ByPrompt]]:
    copies = [example.image for example in ability.examples]
    numbers = range(len(ability.prompts))
    yield COPY, [ability.records(_as_painted(copies), number) for number in numbers]
    answers = dict(ability.plain)
    if (mean := typical(ability.trained)) is not None:
        answers[MEAN] = [mean] * len(ability.examples)
    for name, truths in answers.items():
        yield name, [_painted_truths(ability, truths, number) for number in numbers]


def _painted_truths(ability: Ability, truths: Sequence[Truth], number: int) -> list:
    """Records of these truths, painted in the coding of the prompt of this number."""
    spec = ability.prompts[number].effective(ability.spec)
    pairs = zip(truths, ability.examples, strict=True)
    pictures = [ability.task.encode(truth, spec, e.image.shape[:2]) for truth, e in pairs]
    return ability.records(_as_painted(pictures), number)


def _as_painted(pictures: Sequence[np.ndarray]) -> np.ndarray:
    return (np.stack(pictures).astype(np.float32) + np.float32(_LIFT)) / 255


def typical(truths: Sequence[Truth]) -> Truth | None:
    """The mean of truths of pictures of one size; None where there is none or they have none."""
    for key, mean in _MEANS.items():
        if truths and key in truths[0]:
            return {**truths[0], key: mean(np.stack([truth[key] for truth in truths]))}
    return None


def _most_frequent(labels: np.ndarray) -> np.ndarray:
    counts = [(labels == label).sum(axis=0) for label in range(int(labels.max()) + 1)]
    return np.argmax(counts, axis=0).astype(labels.dtype)


def _mean_points(points: np.ndarray) -> np.ndarray:
    """Keypoints (K, 3) at their mean places, as visible as the most visible."""
    return np.concatenate([points[..., :2].mean(axis=0), points[..., 2:].max(axis=0)], axis=1)


_MEANS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "depth_m": lambda depths: depths.mean(axis=0),
    "clean": lambda pictures: np.rint(pictures.mean(axis=0)).astype(np.uint8),
    "labels": _most_frequent,
    "mask": lambda masks: (masks.mean(axis=0) >= 0.5).astype(np.uint8),
    "keypoints": _mean_points,
}
