"""Pictures painted under many prompts, by painters whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.abilities.ask import Ability, best_other, cross_records
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.evaluate import primary
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import draw_prompts, draw_queries
from prompt_search.altered import blank

WORLD = open_dataset("world")


def ability(task: str, prompts: int = 2) -> Ability:
    queries, drawn = draw_queries(WORLD, task, "test", 3), draw_prompts(WORLD, task, prompts)
    return Ability(task, task, get_task(task), WORLD.spec(task), queries, drawn)


DEPTH, FOREGROUND = ability("depth"), ability("foreground")
BOTH = {a.name: a for a in (DEPTH, FOREGROUND)}


class Obedient:
    """Paints the truth of the prompt's task in the prompt's coding; black under a black prompt."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pictures(self, prompt: Prompt, images, spec=None) -> np.ndarray:
        self.calls.append(prompt.task)
        if not prompt.pair.target.any():
            return np.zeros((len(images), 64, 64, 3), np.float32)
        asked = BOTH[prompt.task]
        own = prompt.effective(asked.spec)
        targets = [asked.task.encode(e.truth, own, (64, 64)) for e in asked.examples]
        return np.stack(targets).astype(np.float32) / 255 + 0.001


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, list]]:
    kinds = {a.kind: a.prompts for a in BOTH.values()}
    kinds["blank"] = [blank(p) for p in DEPTH.prompts]
    painter = Obedient()
    records = cross_records(painter, list(BOTH.values()), kinds)  # pyright: ignore
    assert len(painter.calls) == 6  # every prompt paints once, for both abilities
    return records


def value(asked: Ability, records: list) -> float:
    return float(np.mean([primary(asked.task, asked.spec, row) for row in records]))


def test_right_prompts_score_as_the_truth_does(found: dict):
    assert value(DEPTH, found["depth"]["depth"]) < 0.05
    assert value(FOREGROUND, found["foreground"]["foreground"]) == 1


def test_wrong_and_blank_prompts_score_badly(found: dict):
    assert value(DEPTH, found["depth"]["foreground"]) > 0.5
    assert value(DEPTH, found["depth"]["blank"]) > 2
    assert value(FOREGROUND, found["foreground"]["depth"]) < 0.8


def test_outputs_are_decoded_in_the_coding_of_the_own_prompt(found: dict):
    """Both foreground prompts have colours of their own, and both are read right."""
    codings = {p.pair.coding for p in FOREGROUND.prompts}
    assert len(codings) == 2
    for row in found["foreground"]["foreground"]:
        assert primary(FOREGROUND.task, FOREGROUND.spec, row) == 1


def test_the_best_other_kind_is_neither_right_nor_blank(found: dict):
    assert best_other(DEPTH, found["depth"]) == "foreground"
    more = {**found["depth"], "perfect": found["depth"]["depth"]}
    assert best_other(DEPTH, more) == "perfect"


def test_the_same_question_in_another_palette_is_no_wrong_kind(found: dict):
    semantic = replace(DEPTH, kind="semantic")
    rows = found["depth"]
    records = {"coco-semantic": rows["depth"], "foreground": rows["foreground"]}
    assert best_other(semantic, records) == "foreground"
    assert best_other(DEPTH, records) == "coco-semantic"


def test_a_contrast_names_its_ability(found: dict):
    records = found["depth"]
    row = DEPTH.contrast("blank prompt", records["depth"], records["blank"])
    assert (row.ability, row.examples, row.prompts) == ("depth", 3, 2)
    assert row.gain.value > 2


def test_groups_are_those_of_the_examples():
    assert DEPTH.groups == [e.group for e in DEPTH.examples]
