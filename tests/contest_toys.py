"""Decided searches of toy data, for the tests of alternatives to one prompt."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from painter_kit.evaluation.judge import Describer, Judge
from painter_kit.evaluation.painting import Paint
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.ensemble import EnsemblePrompt, WholePrompt, mean_output
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, get_task
from painter_kit.tasks.semantic import SemanticProtocol
from painter_kit.types import Coding, Example, Image, Spec
from prompt_search.config import SearchConfig
from prompt_search.contest import Contest, make_contest
from prompt_search.races import part_panels, race_parts
from prompt_search.search import confirm
from prompt_search.setting import measure_panel, prepare
from tests.toys import SPEC, TOY, Listed, ToyData

QUICK = {"panel": 4, "resamples": 400}


CENTRES = np.linspace(0, 255, 12)


def soft_levels(images: Sequence[Image]) -> np.ndarray:
    """float32 (N, 12): describes a picture by how near its mean level is to some levels."""
    levels = np.array([image[1:].mean() for image in images]).reshape(-1, 1)
    return np.exp(-(((levels - CENTRES) / 25) ** 2)).astype(np.float32)


DESCRIBER = Describer(soft_levels, 0.25)


def contest_of(
    store: Store,
    data: ToyData,
    painter: Paint,
    task: Task = TOY,
    spec: Spec[Any] = SPEC,
    **settings: Any,
) -> Contest:
    """What is left when the search with these settings has been decided."""
    judge = Judge(task, spec, painter, store, "model digest", describer=DESCRIBER)
    # The toys of a level look alike, and are meant to.
    config = SearchConfig(**{**QUICK, "near_duplicate": 1.0, **settings})
    setting = prepare(judge, make_splits(data, data.tasks[0], seed=config.seed), config)
    panel = measure_panel(setting)
    raced = race_parts(setting, part_panels(setting, panel))
    winner = raced.join(setting)
    assert isinstance(winner, Prompt)
    confirm(setting, panel, winner)
    return make_contest(setting, panel, winner, raced.trace)


def split_data(pool: Sequence[Example], select: int, confirm: int, make: Any, task: str) -> ToyData:
    """``pool`` and queries ``make(name, index)``."""
    counts = {"select": select, "confirm": confirm, "test": 2}
    queries = {n: Listed([make(f"{n}{i}", i) for i in range(count)]) for n, count in counts.items()}
    return ToyData({"pool": Listed(pool), **queries}, tasks=(task,))


class Opposed:
    """Paints the level with an error of the prompt's own sign: two that are opposed cancel.

    The sign is that of the prompt's quality less 128, the size the distance from there.
    """

    def __init__(self) -> None:
        self.painted = 0

    def __call__(self, prompt: WholePrompt, images: list[Image], spec: Spec[Any]) -> np.ndarray:
        if isinstance(prompt, EnsemblePrompt):
            return mean_output(prompt, lambda member: self(member, images, spec))
        self.painted += len(images)
        error = (int(prompt.pair.image[0, 0, 2]) - 128) / 255
        levels = [int(image[0, 0, 0]) / 255 for image in images]
        noise = [0.02 * (int(image[0, 0, 1]) / 255 - 0.5) for image in images]
        outputs = [level + error + n for level, n in zip(levels, noise, strict=True)]
        return np.stack([np.full((spec.canvas,) * 2 + (3,), v, np.float32) for v in outputs])


# Three classes; the red of a picture is its label map, the green of its corner what it is good at.
CLASSES: Spec[Any] = Spec(
    "semantic",
    "toys",
    8,
    "miou",
    "max",
    "",
    Coding(((250, 30, 30), (30, 250, 30), (30, 30, 250))),
    SemanticProtocol(),
    output_resize="nearest",
    classes=("a", "b", "c"),
)
SEMANTIC = get_task("semantic")


def labelled(name: str, good_at: int, shown: Sequence[int] = (0, 1, 2)) -> Example:
    """A picture of the classes ``shown`` whose prompt is good at one class (9: equally at all)."""
    rng = np.random.default_rng(list(name.encode()))
    image = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    image[..., 0] = rng.choice(shown, (8, 8))
    image[0, 0, 1] = good_at
    return Example(name, name, image, {"labels": image[..., 0].copy()})


class Specialists:
    """Paints labels; what a prompt is good at without error, other classes with ``errors`` taken
    for each other."""

    def __init__(self, errors: float = 0.4, general: float = 0.15) -> None:
        self.errors, self.general = errors, general

    def __call__(self, prompt: WholePrompt, images: list[Image], spec: Spec[Any]) -> np.ndarray:
        assert isinstance(prompt, Prompt)
        good_at = int(prompt.pair.image[0, 0, 1])
        palette = np.array(prompt.coding.palette, np.float32) / 255
        return np.stack([palette[self._labels(good_at, image)] for image in images])

    def _labels(self, good_at: int, image: Image) -> np.ndarray:
        labels, chance = image[..., 0].astype(int), image[..., 2] / 256
        if good_at > 2:
            return np.where(chance < self.general, (labels + 1) % 3, labels)
        other = 3 - good_at - labels  # the class that is neither this one nor the good one
        wrong = (labels != good_at) & (chance < self.errors)
        return np.where(wrong, other, labels)
