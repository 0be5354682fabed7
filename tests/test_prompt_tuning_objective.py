"""The objective: the loss of the hidden query half, with a gradient for both prompt pictures."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from painter_kit.data.base import open_dataset
from painter_kit.data.specs import with_canvas
from painter_kit.data.world.truth import PAINTED_TASKS
from painter_kit.inference.canvas import half_mask, resize_picture, stitch
from painter_kit.model import attention
from painter_kit.model.attention import attend_augmented, attend_explicit
from painter_kit.model.losses import masked_loss, pixel_mask
from painter_kit.tasks.base import Task, get_task, make_pair
from painter_kit.types import Coding, Example, Pair, Spec
from prompt_tuning.objective import draw_queries, make_queries, paint_target, prompt_loss
from prompt_tuning.parameters import LearnedPair
from tests.seggpt_toys import random_seggpt
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


def test_the_type_is_that_under_which_the_prompt_will_paint():
    model, learned, batch = random_seggpt(), LearnedPair(pair(), SPEC, CPU), queries()
    losses = {}
    for kind in ("semantic", "instance"):
        losses[kind] = prompt_loss(model, learned, batch, kind)
        n, (images, targets) = len(batch.images), learned()
        canvas = stitch(images.expand(n, -1, -1, -1), batch.images)
        painted = stitch(targets.expand(n, -1, -1, -1), batch.targets)
        mask = torch.from_numpy(half_mask(8, 4))[None]
        theirs = model(canvas, painted, mask, segment_type=kind).loss
        torch.testing.assert_close(losses[kind], theirs)
    assert abs(losses["semantic"] - losses["instance"]) > 1e-3


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


def test_the_valid_maps_are_the_tasks_own():
    for task_name in ("depth", "semantic", "keypoint"):
        task, spec, example = world_example(task_name)
        batch = make_queries(task, spec, [example], CPU)
        weight = task.weight(example.truth, spec, (32, 32))
        np.testing.assert_array_equal(batch.valid[0].permute(1, 2, 0).numpy(), weight)


def test_everything_of_the_query_is_hidden_and_nothing_of_the_prompt():
    """The query's own target never reaches the network; both prompt pictures do."""
    model, batch = painter(), queries()
    seen = []
    encode = model.encode

    def spy(images, targets, mask, *rest):
        seen.append(mask)
        return encode(images, targets, mask, *rest)

    model.encode = spy
    prompt_loss(model, LearnedPair(pair(), SPEC, CPU), batch)
    np.testing.assert_array_equal(seen[0][0].numpy(), half_mask(8, 4))


def test_pieces_add_up_to_the_whole_batch():
    """Loss and gradient of a batch do not depend on how many queries are held at a time."""
    model, batch = painter().requires_grad_(False), queries(4)
    valid = batch.valid.clone()
    valid[0] = 0
    valid[1, :, :5] = 3
    batch = replace(batch, valid=valid)
    whole, pieces = LearnedPair(pair(), SPEC, CPU), LearnedPair(pair(), SPEC, CPU)
    loss = prompt_loss(model, whole, batch)
    loss.backward()
    total = 0.0
    for piece, share in batch.pieces(3):
        part = share * prompt_loss(model, pieces, piece)
        part.backward()
        total += part.item()
    assert total == pytest.approx(loss.item(), rel=1e-6)
    for one, two in zip(whole.parameters(), pieces.parameters(), strict=True):
        torch.testing.assert_close(one.grad, two.grad)


def test_the_lean_path_has_the_gradients_of_plain_autograd():
    """Fused attention with augmented keys, checkpointed blocks and half decoding against the
    formula with everything kept and the whole canvas decoded, in float64."""
    model = painter().double().requires_grad_(False)
    batch = queries(2)
    batch = replace(
        batch, **{n: getattr(batch, n).double() for n in ("images", "targets", "valid")}
    )
    lean, plain = (LearnedPair(pair(90), SPEC, CPU).double() for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attention, "choose_attention", lambda tokens, grad: attend_augmented)
        model.checkpoint_blocks = True
        prompt_loss(model, lean, batch).backward()
        patch.setattr(attention, "choose_attention", lambda tokens, grad: attend_explicit)
        model.checkpoint_blocks = False
        _plain_loss(model, plain, batch).backward()
    for one, two in zip(lean.parameters(), plain.parameters(), strict=True):
        assert one.grad is not None
        assert two.grad is not None
        assert (one.grad - two.grad).norm() <= 1e-12 * two.grad.norm()
        assert two.grad.norm() > 0


def _plain_loss(model, learned: LearnedPair, batch) -> torch.Tensor:
    images, targets = (half.expand(len(batch.images), -1, -1, -1) for half in learned())
    mask = torch.from_numpy(half_mask(8, 4))[None].double()
    painted = model.predict(stitch(images, batch.images), stitch(targets, batch.targets), mask)
    valid = stitch(torch.zeros_like(batch.valid), batch.valid)
    whole = stitch(targets, batch.targets)
    return masked_loss(model.loss, painted, whole, pixel_mask(mask, model.patch_size), valid)


def test_a_batch_without_weight_teaches_nothing():
    """Targets that are nearly empty have no weight: no loss, no gradient, and no division by 0."""
    model, learned, batch = painter(), LearnedPair(pair(), SPEC, CPU), queries()
    loss = prompt_loss(model, learned, replace(batch, valid=torch.zeros_like(batch.valid)))
    loss.backward()
    assert loss.item() == 0
    assert all(p.grad is not None and not p.grad.any() for p in learned.parameters())
