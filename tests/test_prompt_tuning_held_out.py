"""The loss on select is that of training, in whatever pieces it is computed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from painter_kit.types import Coding, Pair
from prompt_tuning import held_out
from prompt_tuning.held_out import select_loss
from prompt_tuning.objective import make_queries, prompt_loss
from prompt_tuning.parameters import LearnedPair
from tests.toys import Listed
from tests.tuning_toys import INVERT, SPEC, example, judge, painter

SELECT = Listed([example(number) for number in range(5)])
PAIR = Pair(*np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8), Coding())
CPU = torch.device("cpu")


def test_is_the_training_loss_of_the_stored_prompt(tmp_path: Path):
    model = painter().requires_grad_(False)
    whole = make_queries(INVERT, SPEC, list(SELECT), CPU)
    expected = prompt_loss(model, LearnedPair(PAIR, SPEC, CPU), whole).item()
    for micro in (1, 2, 5, 8):
        found = select_loss(model, judge(model, tmp_path), PAIR, SPEC, SELECT, micro)
        assert found == pytest.approx(expected, rel=1e-5)


def test_pieces_weigh_as_much_as_their_valid_pixels(tmp_path: Path):
    """One picture counts half: the mean over pixels is not the mean over pictures."""

    def half(truth, spec, size):
        weight = np.ones((*size, 3), np.float32)
        weight[: size[0] // 2 if truth["picture"][0, 0, 0] % 2 else 0] = 0
        return weight

    model = painter().requires_grad_(False)
    judging = judge(model, tmp_path)
    judging.task = replace(INVERT, weight=half)
    whole = make_queries(judging.task, SPEC, list(SELECT), CPU)
    assert len({float(one.sum()) for one in whole.valid}) == 2
    expected = prompt_loss(model, LearnedPair(PAIR, SPEC, CPU), whole).item()
    assert select_loss(model, judging, PAIR, SPEC, SELECT, 1) == pytest.approx(expected, rel=1e-5)


def test_only_the_first_pictures_are_taken(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(held_out, "MOST", 3)
    model = painter().requires_grad_(False)
    judging = judge(model, tmp_path)
    few = Listed(list(SELECT)[:3])
    assert select_loss(model, judging, PAIR, SPEC, SELECT, 2) == select_loss(
        model, judging, PAIR, SPEC, few, 2
    )
