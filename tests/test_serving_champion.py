"""Which exported prompt is the champion."""

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.inference.prompt import Prompt
from painter_kit.serving.champion import Standing, standing_of, takes_over
from painter_kit.types import Coding, Pair

SPEC = open_dataset("world").spec("depth")
PICTURE = np.zeros((4, 4, 3), np.uint8)


def standing(value: float | None, direction: str = "min", data: str = "world") -> Standing:
    facts = {"data": data, "metric": "rmse", "model_digest": "m", "direction": direction}
    return Standing({**facts, "confirm": "" if value is None else repr(value)})


@pytest.mark.parametrize(
    ("new", "old", "wins", "why"),
    [
        (standing(0.5), None, True, "the first one"),
        (standing(0.5), standing(0.6), True, "rmse on confirm 0.5 against 0.6"),
        (standing(0.6), standing(0.5), False, "rmse on confirm 0.6 against 0.5"),
        (standing(0.5), standing(0.5), False, "rmse on confirm 0.5 against 0.5"),
        (standing(0.6, "max"), standing(0.5, "max"), True, "rmse on confirm 0.6 against 0.5"),
        (standing(None), standing(0.5), False, "rmse on confirm unknown against 0.5"),
        (standing(0.5), standing(None), False, "rmse on confirm 0.5 against unknown"),
        (standing(0.5), standing(0.6, data="mine"), False,
         "the champion has other data or weights; --champion overrides"),
    ],
)  # fmt: skip
def test_the_figure_on_confirm_decides(new: Standing, old: Standing | None, wins: bool, why: str):
    assert takes_over(new, old, None) == (wins, why)


@pytest.mark.parametrize("asked", [True, False])
def test_who_is_asked_decides(asked: bool):
    assert takes_over(standing(0.6), standing(0.5), asked)[0] is asked
    assert takes_over(standing(0.6), None, asked)[0] is asked


def test_figures_made_with_another_model_do_not_count():
    scores = {"confirm": {"value": 0.5, "ci_low": 0.4, "ci_high": 0.6}}
    pair = Pair(PICTURE, PICTURE, Coding())
    prompt = Prompt(pair, "depth", kind="searched", model_digest="m", scores=scores)
    assert standing_of(prompt, SPEC, "m").confirm == 0.5
    assert standing_of(prompt, SPEC, "other").confirm is None
    assert standing_of(Prompt(pair, "depth"), SPEC, "").confirm is None
