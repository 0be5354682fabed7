from dataclasses import replace

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.order import keyed_order
from painter_kit.evaluation.pool import DARKEST, Validity, draw_prompt, flaw, pool_prompt
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Pair
from tests.toys import SPEC, TOY, Listed, make_example


@pytest.mark.parametrize(("white", "usable"), [(99, False), (100, True)])
def test_black_rule_of_the_released_size(white: int, usable: bool):
    """100 white pixels of 448 x 448 are just enough."""
    example = make_example("x", 0)
    target = np.zeros((448, 448, 3), np.uint8)
    target.reshape(-1, 3)[:white] = 255
    pair = Pair(np.zeros_like(target), target, SPEC.coding)
    assert (flaw(TOY, SPEC, example, pair) == "") is usable
    assert pytest.approx(100) == DARKEST * 448**2


def test_a_prompt_says_which_pair_it_is():
    example = make_example("x", 0)
    pair = make_pair(TOY, SPEC, example)
    prompt = pool_prompt(TOY, SPEC, example, pair)
    assert prompt.digest == pair.digest
    assert (prompt.kind, prompt.task, prompt.spec_digest) == ("random", "toy", SPEC.digest)
    assert prompt.provenance == {"data": "toys", "candidate": "x"}


def pool(*dark: str) -> Listed:
    return Listed([make_example(n, 0, level=0 if n in dark else 90) for n in "abcdefgh"])


def test_the_draw_loads_no_more_than_it_tries():
    first, second = (pool().ids[i] for i in keyed_order(pool().ids, "panel", 3)[:2])
    drawn_from = pool()
    assert draw_prompt(TOY, SPEC, drawn_from, 3).provenance["candidate"] == first
    assert drawn_from.loads == {first: 1}
    drawn_from = pool(first)
    assert draw_prompt(TOY, SPEC, drawn_from, 3).provenance["candidate"] == second
    assert drawn_from.loads == {first: 1, second: 1}


def test_seeds_draw_different_pairs():
    drawn = {draw_prompt(TOY, SPEC, pool(), s).provenance["candidate"] for s in range(20)}
    assert len(drawn) > 4


def test_a_pool_of_unusable_pairs():
    with pytest.raises(InputError, match="none of the 8 pairs of the pool can be a prompt for toy"):
        draw_prompt(TOY, SPEC, pool(*"abcdefgh"), 0)


WORLD = open_dataset("world")


def why(task: str, valid: Validity, index: int = 0, truth: dict | None = None) -> str:
    example, spec = WORLD.examples(task, "train")[index], WORLD.spec(task)
    example = replace(example, truth=truth or example.truth)
    return flaw(get_task(task), spec, example, make_pair(get_task(task), spec, example), valid)


def test_foreground_is_what_is_painted_or_the_object():
    mask = np.zeros((64, 64), np.uint8)
    mask[:8] = 1  # an eighth
    masks = mask[None] > 0
    for share, expected in ((0.12, ""), (0.13, "too little foreground")):
        valid = Validity(min_foreground=share)
        assert why("foreground", valid, truth={"mask": mask}) == expected
        assert why("instance", valid, truth={"masks": masks}) == expected
        assert why("semantic", valid, truth={"labels": np.where(mask, 3, 255)}) == expected
        assert why("denoise", valid) == ""


def test_a_pair_must_show_enough_classes_where_there_are_any():
    labels = np.zeros((64, 64), np.uint8)
    labels[:4], labels[4:6] = 1, 2
    assert why("semantic", Validity(min_classes=3), truth={"labels": labels}) == ""
    assert why("semantic", Validity(min_classes=4), truth={"labels": labels}) == "too few classes"
    assert why("depth", Validity(min_classes=4)) == ""


def test_the_energy_of_the_target_is_a_setting():
    example = make_example("x", 0, level=51)  # a fifth of white
    pair = make_pair(TOY, SPEC, example)
    assert flaw(TOY, SPEC, example, pair, Validity(min_energy=0.19)) == ""
    assert flaw(TOY, SPEC, example, pair, Validity(min_energy=0.21)) == "target nearly black"


@pytest.mark.parametrize(
    "change", [{"min_energy": 1.0}, {"min_foreground": -0.1}, {"min_classes": -1}]
)
def test_senseless_limits(change: dict):
    with pytest.raises(InputError, match=f"{next(iter(change))} of a pool must be at least 0"):
        Validity(**change)


def test_a_prompt_says_how_its_pair_was_edited():
    example = make_example("x+flip", 0)
    edits = {"parent": "x", "flip": True}
    prompt = pool_prompt(TOY, SPEC, example, make_pair(TOY, SPEC, example), edits)
    assert prompt.provenance == {"data": "toys", "candidate": "x+flip", **edits}
