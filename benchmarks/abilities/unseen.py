"""Categories, skeletons and tasks that training never showed, against blank and wrong prompts and
against what needs no model.

The wrong prompt is the best of every other kind: those of the other tasks, painted and decoded as
if they were the right ones. A model that ignores its prompt scores alike under all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.abilities.ask import Ability, best_other, cross_records, existing
from benchmarks.abilities.contrast import ByPrompt, Contrast
from benchmarks.abilities.plain import no_model, training_examples
from benchmarks.abilities.shapes import FIRST_SHAPE, Found, shape_row
from painter_kit.data.base import open_dataset
from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.data.world.new_tasks import NEW_TASKS, NewTask
from painter_kit.data.world.specs import SEEN_CLASSES
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.training.draws import Resized, draw_prompts, draw_queries
from painter_kit.types import Example, Record
from prompt_search.altered import blank

SCENES = ("depth", "semantic", "instance", "foreground")
OTHERS = (*SCENES, "coco-semantic", "keypoint", *RESTORATION_TASKS)  # all that training showed
_RING = SEEN_CLASSES.index("ring")
_LABELS = {"ring": "ring alone"}


def unseen(predictor: Predictor, examples: int, prompts: int, seed: int = 0) -> Found:
    """Two rows per ability: the right prompts against blank ones and against the best others."""
    scenes = _on_unseen(predictor, SCENES, examples, prompts, seed)
    figures = _on_unseen(predictor, ("keypoint",), examples, prompts, seed)
    new = _new_abilities(predictor, examples, prompts, seed)
    others = _prompts_of(predictor, "world-unseen", prompts, seed)
    seen = _prompts_of(predictor, "world", prompts, seed)
    groups = ((scenes, others), (figures, others), (new, seen))
    found = Found([], [])
    for asked, kinds in groups:
        abilities = list(asked)
        for ability, records in zip(abilities, answers(predictor, abilities, kinds), strict=True):
            found.contrasts.extend(contrasts(ability, records, seed))
            if ability.spec.classes:
                found.shapes.append(shape_row(ability, records[ability.kind], seed))
    return found


def forwards(examples: int, prompts: int) -> int:
    """Pictures that ``unseen`` paints: of every kind of prompt and blank ones."""
    scenes = existing("world-unseen", SCENES[0], examples) * len({*SCENES, *OTHERS, "blank"})
    figures = existing("world-unseen", "keypoint", examples) * len({*OTHERS, "keypoint", "blank"})
    new = existing("world", "semantic", examples) * len({*NEW_TASKS, *OTHERS, "blank"})
    return prompts * (scenes + figures + new)


def answers(
    predictor: Predictor, abilities: Sequence[Ability], others: Mapping[str, Sequence[Prompt]]
) -> list[dict[str, list[list[Record]]]]:
    """Records of every ability by kind of prompt: its own, blank ones and ``others`` by name, the
    abilities' own among them or not."""
    kinds = {**others, **{a.kind: a.prompts for a in abilities}}
    kinds["blank"] = [blank(prompt) for prompt in abilities[0].prompts]
    found = cross_records(predictor, abilities, kinds)
    return [found[ability.name] for ability in abilities]


def contrasts(
    ability: Ability, records: Mapping[str, ByPrompt], seed: int = 0
) -> Iterator[Contrast]:
    """The ability under its own prompts, against blank ones and the best of the others."""
    right, wrong = records[ability.kind], best_other(ability, records)
    plain = no_model(ability, right, seed)
    for kind, label in (("blank", "blank prompt"), (wrong, f"best other ({wrong})")):
        row = ability.contrast(label, right, records[kind], seed)
        yield replace(row, no_model=plain)


def _prompts_of(
    predictor: Predictor, data: str, count: int, seed: int
) -> dict[str, Sequence[Prompt]]:
    dataset = Resized(open_dataset(data), predictor.canvas)
    return {task: draw_prompts(dataset, task, count, seed) for task in OTHERS}


def _on_unseen(
    predictor: Predictor, tasks: Sequence[str], examples: int, prompts: int, seed: int
) -> Iterator[Ability]:
    """Known tasks on held-out shape categories, or on quadrupeds."""
    dataset = Resized(open_dataset("world-unseen"), predictor.canvas)
    for name in tasks:
        queries = draw_queries(dataset, name, "test", examples, seed)
        drawn = draw_prompts(dataset, name, prompts, seed)
        what = "unseen skeleton" if name == "keypoint" else "unseen categories"
        asked = get_task(name), dataset.spec(name), queries, drawn
        trained = [example.truth for example in training_examples(dataset, name)]
        yield Ability(f"{name}, {what}", name, *asked, trained)


def _new_abilities(
    predictor: Predictor, examples: int, prompts: int, seed: int
) -> Iterator[Ability]:
    """The tasks of ``NEW_TASKS`` on clean scenes of the world."""
    world = Resized(open_dataset("world"), predictor.canvas)
    queries = draw_queries(world, "semantic", "test", examples, seed)
    shown = _shown(world, prompts, seed)
    trained = training_examples(world, "semantic")
    shapes = [{"mask": (e.truth["labels"] >= FIRST_SHAPE).astype(np.uint8)} for e in queries]
    for name, new in NEW_TASKS.items():
        spec = Resized(open_dataset(f"world-{name}"), predictor.canvas).spec(new.like)
        made = [_with_truth(new, example) for example in queries]
        pairs = [make_pair(get_task(new.like), spec, _with_truth(new, e)) for e in shown]
        chosen = [Prompt(pair, new.like, kind="random", spec_digest=spec.digest) for pair in pairs]
        label = _LABELS.get(name, name)
        asked = get_task(new.like), spec, made, chosen
        truths = [_with_truth(new, example).truth for example in trained]
        plain = {"all shapes": shapes} if new.like == "foreground" else {}
        yield Ability(f"unseen task: {label}", label, *asked, truths, plain)


def _shown(world: Resized, count: int, seed: int) -> list[Example]:
    """Examples for prompts of new tasks: training scenes with a ring, which all can answer."""
    pool = world.examples("semantic", world.sources["pool"])
    found = []
    for prompt in draw_prompts(world, "semantic", 20 * count, seed):
        example = pool[list(pool.ids).index(str(prompt.provenance["candidate"]))]
        if len(found) < count and np.any(example.truth["labels"] == _RING):
            found.append(example)
    return found


def _with_truth(new: NewTask, example: Example) -> Example:
    return replace(example, truth=new.truth(example.image, example.truth["labels"]))
