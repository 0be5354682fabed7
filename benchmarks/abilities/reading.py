"""Is the coding read from the prompt? The same example as a prompt, painted in three codings.

What was painted under a prompt in the right coding and under the same prompt in another one is
decoded in the right coding. A model that paints a coding it knows by heart scores alike.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.abilities.ask import Ability, cross_records, existing
from benchmarks.abilities.shapes import Found, shape_row
from painter_kit.data.base import open_dataset
from painter_kit.data.world.codings import random_coding, shifted_coding
from painter_kit.data.world.keys import generator
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import Resized, draw_prompts, draw_queries
from painter_kit.types import Coding, Pair, Record

TASKS = ("depth", "semantic", "coco-semantic", "keypoint", "foreground")
BASE, RANDOM, RESERVED = "base coding", "random coding", "reserved coding"
# Coding -> the one that the same prompts are painted in to be compared with.
AGAINST = {BASE: RESERVED, RANDOM: BASE, RESERVED: BASE}


def reading(predictor: Predictor, examples: int, prompts: int, seed: int = 0) -> Found:
    """Three rows per task of ``TASKS``: the paper's coding, one drawn for every prompt as training
    draws them, and one that training never painted."""
    found = Found([], [])
    for task in TASKS:
        abilities, records = _asked(predictor, task, examples, prompts, seed)
        for label, other in AGAINST.items():
            own, against = abilities[label], f"same prompts, {other}"
            by_kind = records[own.name]
            found.contrasts.append(own.contrast(against, by_kind[label], by_kind[other], seed))
            if own.spec.classes:
                found.shapes.append(shape_row(own, by_kind[label], seed))
    return found


def forwards(examples: int, prompts: int) -> int:
    """Pictures that ``reading`` paints."""
    return prompts * len(AGAINST) * sum(existing("world", task, examples) for task in TASKS)


def _asked(
    predictor: Predictor, name: str, examples: int, prompts: int, seed: int
) -> tuple[dict[str, Ability], dict[str, dict[str, list[list[Record]]]]]:
    """The abilities by coding, and their Records under the prompts of every coding."""
    world = Resized(open_dataset("world"), predictor.canvas)
    queries = draw_queries(world, name, "test", examples, seed)
    drawn = draw_prompts(world, name, prompts, seed)
    abilities = {}
    for label, codings in _codings(world, name, prompts, seed).items():
        recoded = [_recoded(world, *pair) for pair in zip(drawn, codings, strict=True)]
        about = f"{name}, {label}", label, get_task(name), world.spec(name)
        abilities[label] = Ability(*about, queries, recoded)
    kinds = {label: ability.prompts for label, ability in abilities.items()}
    return abilities, cross_records(predictor, list(abilities.values()), kinds)


def _codings(world: Resized, name: str, count: int, seed: int) -> dict[str, list[Coding]]:
    """A coding per prompt, by what it is called."""
    rng = generator(seed, "random coding", name)
    return {
        BASE: [world.spec(name).coding] * count,
        RANDOM: [random_coding(name, rng) for _ in range(count)],
        RESERVED: [shifted_coding(name)] * count,
    }


def _recoded(world: Resized, prompt: Prompt, coding: Coding) -> Prompt:
    """The prompt with its target painted in another coding."""
    source = world.examples(prompt.task, world.sources["pool"])
    example = source[list(source.ids).index(str(prompt.provenance["candidate"]))]
    spec = world.spec(prompt.task).with_coding(coding)
    size = example.image.shape[:2]
    target = get_task(prompt.task).encode(example.truth, spec, (size[0], size[1]))
    return replace(prompt, pair=Pair(example.image, target, coding))
