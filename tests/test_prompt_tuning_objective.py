"""The objective: the loss of the hidden query half, with a gradient for both prompt pictures."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from painter_kit.inference.canvas import half_mask, stitch
from painter_kit.types import Coding, Pair
from prompt_tuning.objective import draw_queries, make_queries, prompt_loss
from prompt_tuning.parameters import LearnedPair
from tests.tuning_toys import INVERT, SPEC, example, painter

CPU = torch.device("cpu")
EXAMPLES = [example(i) for i in range(4)]


def pair(value: int = 200) -> Pair:
    return Pair(*np.full((2, 16, 16, 3), value, np.uint8), Coding())


def queries(count: int = 2):
    return make_queries(INVERT, SPEC, EXAMPLES[:count], CPU)


def test_is_the_models_own_loss():
    """The whole query is hidden and bright prompts pass the black rule: no other difference."""
    model, batch = painter(), queries()
    learned = LearnedPair(pair(), SPEC, CPU)
    ours = prompt_loss(model, learned, batch)
    images, targets = learned()
    n = len(batch.images)
    canvas = stitch(images.expand(n, -1, -1, -1), batch.images)
    painted = stitch(targets.expand(n, -1, -1, -1), batch.targets)
    mask = torch.from_numpy(half_mask(8, 4))[None]
    theirs = model(canvas, painted, mask).loss
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("value", [0, 128])
def test_both_pictures_get_a_gradient_even_black_ones(value: int):
    model = painter().requires_grad_(False)
    learned = LearnedPair(pair(value), SPEC, CPU)
    prompt_loss(model, learned, queries()).backward()
    for parameter in learned.parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().max() > 0
    assert all(p.grad is None for p in model.parameters())


def test_pixels_without_weight_do_not_count():
    model, learned, batch = painter(), LearnedPair(pair(), SPEC, CPU), queries()
    valid = batch.valid.clone()
    valid[:, :, :8] = 0
    blind = replace(batch, valid=valid)
    spoiled = batch.targets.clone()
    spoiled[:, :, :8] = 9.0
    one = prompt_loss(model, learned, blind)
    two = prompt_loss(model, learned, replace(blind, targets=spoiled))
    torch.testing.assert_close(one, two)
    assert not torch.equal(one, prompt_loss(model, learned, batch))


def drawn(step: int, count: int = 3, seed: int = 0) -> torch.Tensor:
    return draw_queries(INVERT, SPEC, EXAMPLES, [0, 1, 2, 3], count, seed, step, CPU).images


def test_draws_depend_on_seed_and_step_alone():
    assert torch.equal(drawn(1), drawn(1))
    assert not all(torch.equal(drawn(1), drawn(s)) for s in (2, 3, 4))
    assert not all(torch.equal(drawn(1), drawn(1, seed=s)) for s in (1, 2, 3))


def test_nothing_is_drawn_twice_while_there_is_enough():
    assert len(torch.unique(drawn(5, 4), dim=0)) == 4
    assert drawn(5, 9).shape[0] == 9
