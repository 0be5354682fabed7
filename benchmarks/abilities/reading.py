"""Is the coding read from the prompt? The same example as a prompt, painted in two codings.

What was painted under a prompt in the right coding and under the same prompt in another one is
decoded in the right coding. A model that paints a coding it knows by heart scores alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.abilities.ask import Ability, cross_records
from benchmarks.abilities.contrast import Contrast
from painter_kit.data.base import open_dataset
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import Resized, draw_prompts, draw_queries
from painter_kit.types import Coding, Pair

TASKS = ("depth", "semantic", "coco-semantic", "keypoint", "foreground")
CODINGS = {"base coding": "world", "reserved coding": "world-shifted"}


def reading(predictor: Predictor, examples: int, prompts: int, seed: int = 0) -> list[Contrast]:
    """Two rows per task of ``TASKS``: the paper's coding, and one that training never painted."""
    return [row for task in TASKS for row in _task(predictor, task, examples, prompts, seed)]


def _task(
    predictor: Predictor, name: str, examples: int, prompts: int, seed: int
) -> Iterator[Contrast]:
    world = Resized(open_dataset("world"), predictor.canvas)
    queries = draw_queries(world, name, "test", examples, seed)
    drawn = draw_prompts(world, name, prompts, seed)
    asked = {}
    for label, data in CODINGS.items():
        spec = Resized(open_dataset(data), predictor.canvas).spec(name)
        recoded = [_recoded(world, prompt, spec.coding) for prompt in drawn]
        asked[label] = Ability(f"{name}, {label}", label, get_task(name), spec, queries, recoded)
    kinds = {label: ability.prompts for label, ability in asked.items()}
    found = cross_records(predictor, list(asked.values()), kinds)
    for label, other in zip(asked, reversed(asked), strict=True):
        records = found[asked[label].name]
        yield asked[label].contrast(f"same prompts, {other}", records[label], records[other], seed)


def _recoded(world: Resized, prompt: Prompt, coding: Coding) -> Prompt:
    """The prompt with its target painted in another coding."""
    source = world.examples(prompt.task, world.sources["pool"])
    example = source[list(source.ids).index(str(prompt.provenance["candidate"]))]
    spec = world.spec(prompt.task).with_coding(coding)
    size = example.image.shape[:2]
    target = get_task(prompt.task).encode(example.truth, spec, (size[0], size[1]))
    return replace(prompt, pair=Pair(example.image, target, coding))
