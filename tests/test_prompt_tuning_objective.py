"""The objective: the loss of the hidden query half, with a gradient for both prompt pictures."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from painter_kit.data.base import open_dataset
from painter_kit.data.specs import with_canvas
from painter_kit.data.world.truth import PAINTED_TASKS
from painter_kit.inference.canvas import half_mask, resize_picture, stitch
from painter_kit.tasks.base import Task, get_task, make_pair
from painter_kit.types import Coding, Example, Pair, Spec
from prompt_tuning.objective import draw_queries, make_queries, paint_target, prompt_loss
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


WORLD = open_dataset("world")


def world_example(task: str) -> tuple[Task, Spec, Example]:
    """A 64 px picture of the world for a model of 32 px, in a coding of its own if it has one."""
    spec, example = with_canvas(WORLD.spec(task), 32), WORLD.examples(task, "train")[5]
    return get_task(task), spec.with_coding(example.coding or spec.coding), example


@pytest.mark.parametrize("task", PAINTED_TASKS)
def test_targets_are_the_painted_picture_made_smaller(task: str):
    made = world_example(task)
    target = paint_target(*made).astype(float)
    whole = make_pair(*made).target
    assert target.shape == (32, 32, 3)
    smaller = resize_picture(whole, 32, "bilinear").astype(float)
    # Not the same filters, but the same picture: far nearer than to the mirrored one.
    apart, mirrored = (np.abs(target - other).mean() for other in (smaller, smaller[:, ::-1]))
    assert apart < 0.5 * mirrored
    if task in ("denoise", "derain", "enhance"):
        np.testing.assert_array_equal(target, resize_picture(whole, 32, "nearest"))
    if task == "depth":
        np.testing.assert_array_equal(target, resize_picture(whole, 32, "bicubic"))


def test_weights_of_keypoints_lie_on_what_is_painted():
    task, spec, example = world_example("keypoint")
    batch = make_queries(task, spec, [example], CPU)
    painted = torch.tensor(paint_target(task, spec, example)).permute(2, 0, 1)[None] > 0
    assert painted.any()
    assert torch.equal(batch.valid == spec.protocol.foreground_weight, painted)


def test_queries_are_painted_in_the_prompts_coding_not_in_their_own():
    task, spec, example = world_example("foreground")
    prompt = Coding(((200, 10, 10), (10, 10, 200)))
    assert example.coding not in (None, prompt)
    target = paint_target(task, spec.with_coding(prompt), example)
    assert set(map(tuple, target.reshape(-1, 3).tolist())) == set(prompt.palette)


def test_a_batch_without_weight_teaches_nothing():
    """Targets that are nearly empty have no weight: no loss, no gradient, and no division by 0."""
    model, learned, batch = painter(), LearnedPair(pair(), SPEC, CPU), queries()
    loss = prompt_loss(model, learned, replace(batch, valid=torch.zeros_like(batch.valid)))
    loss.backward()
    assert loss.item() == 0
    assert all(p.grad is not None and not p.grad.any() for p in learned.parameters())
