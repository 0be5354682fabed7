"""One step at a time: schedule, clipping, average, rounding, precision."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from painter_kit.types import Coding, Pair
from prompt_tuning.config import TuneConfig
from prompt_tuning.learner import Learner
from prompt_tuning.objective import make_queries, prompt_loss
from prompt_tuning.parameters import LearnedPair
from tests.tuning_toys import INVERT, PLAIN, SPEC, example, painter

CPU = torch.device("cpu")
MODEL = painter().requires_grad_(False)
QUERIES = make_queries(INVERT, SPEC, [example(i) for i in range(3)], CPU)
START = Pair(*np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8), Coding())


def learner(config: TuneConfig = PLAIN) -> Learner:
    return Learner(LearnedPair(START, SPEC, CPU, config), config, config.pace(MODEL))


def rates(config: TuneConfig, steps: int) -> list[float]:
    made, found = learner(config), []
    for step in range(1, steps + 1):
        made.update(MODEL, QUERIES, step)
        found.append(made.optimizer.param_groups[0]["lr"])
    return found


def test_the_rate_warms_up_and_falls_along_a_cosine():
    found = rates(replace(PLAIN, steps=20, warmup=0.2, rate=0.08), 20)
    np.testing.assert_allclose(found[:4], [0.02, 0.04, 0.06, 0.08])
    cosine = 0.04 * (1 + np.cos(np.pi * np.arange(17) / 17))
    np.testing.assert_allclose(found[3:], cosine, atol=1e-9)


def test_the_only_step_learns():
    made = learner(replace(PLAIN, steps=1, rate=0.08))
    before = made.learned.input.values.detach().clone()
    made.update(MODEL, QUERIES, 1)
    assert made.optimizer.param_groups[0]["lr"] == pytest.approx(0.04)
    assert not torch.equal(made.learned.input.values.detach(), before)


def test_the_first_step_is_adams():
    made = learner(replace(PLAIN, warmup=0, clip=1e9))
    before = made.learned.input.values.detach().clone()
    prompt_loss(MODEL, made.learned, QUERIES).backward()
    gradient = made.learned.input.values.grad
    assert gradient is not None
    gradient = gradient.clone()
    made.update(MODEL, QUERIES, 1)
    rate = made.optimizer.param_groups[0]["lr"]
    expected = (before - rate * gradient / (gradient.abs() + 1e-8)).clamp(0, 1)
    torch.testing.assert_close(made.learned.input.values.detach(), expected, atol=1e-6, rtol=0)


def test_pieces_make_the_same_steps():
    whole, pieces = learner(), learner(replace(PLAIN, micro=1))
    for step in (1, 2, 3):
        assert whole.update(MODEL, QUERIES, step) == pytest.approx(
            pieces.update(MODEL, QUERIES, step), rel=1e-4
        )
    torch.testing.assert_close(
        whole.learned.input.values, pieces.learned.input.values, atol=2e-3, rtol=0
    )


def test_the_average_follows_the_steps():
    made = learner(replace(PLAIN, ema=0.5))
    made.update(MODEL, QUERIES, 1)
    first = made.learned.target.values.detach().clone()
    made.update(MODEL, QUERIES, 2)
    second = made.learned.target.values.detach()
    average = dict(made.average.named_parameters())["module.target.values"]
    torch.testing.assert_close(average.detach(), (first + second) / 2)
    expected = (average.detach() * 255).round()[0].permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(made.pair().target, expected)


def test_the_last_steps_see_rounded_pictures():
    made = learner(replace(PLAIN, steps=10, rounding=0.2))
    rounded = []
    for step in range(1, 11):
        made.update(MODEL, QUERIES, step)
        rounded.append(made.learned.rounding)
    assert rounded == [False] * 8 + [True] * 2


def test_total_variation_smooths_the_input_alone():
    rough, smooth = learner(), learner(replace(PLAIN, smoothness=100.0, clip=1e9))
    for step in range(1, 7):
        for made in (rough, smooth):
            made.update(MODEL, QUERIES, step)
    assert smooth.learned.roughness() < 0.9 * rough.learned.roughness()


@pytest.mark.parametrize("learn", ["input", "target"])
def test_what_is_not_learned_stays(learn: str):
    made = learner(replace(PLAIN, learn=learn, smoothness=1e-4))
    for step in (1, 2):
        made.update(MODEL, QUERIES, step)
    pair = made.pair()
    assert (pair.image == START.image).all() == (learn == "target")
    assert (pair.target == START.target).all() == (learn == "input")


def test_bf16_learns_nearly_the_same():
    fp32, bf16 = (learner(replace(PLAIN, learn_precision=p)) for p in ("fp32", "bf16"))
    one, two = (made.update(MODEL, QUERIES, 1) for made in (fp32, bf16))
    assert one != two
    assert one == pytest.approx(two, rel=0.05)
    assert bf16.learned.input.values.dtype == torch.float32


def test_a_loss_that_is_not_finite_changes_nothing():
    made = learner()
    made.update(MODEL, QUERIES, 1)
    before = made.pair()
    bad = replace(QUERIES, targets=torch.full_like(QUERIES.targets, torch.nan))
    assert np.isnan(made.update(MODEL, bad, 2))
    assert made.pair().digest == before.digest


def test_a_state_continues_bit_for_bit():
    config = replace(PLAIN, ema=0.9, smoothness=1e-3)
    straight, first, second = (learner(config) for _ in range(3))
    for step in (1, 2, 3, 4):
        straight.update(MODEL, QUERIES, step)
    for step in (1, 2):
        first.update(MODEL, QUERIES, step)
    second.load_state_dict(first.state_dict())
    for step in (3, 4):
        second.update(MODEL, QUERIES, step)
    for one, two in zip(straight.learned.parameters(), second.learned.parameters(), strict=True):
        assert torch.equal(one, two)
    assert second.pair().digest == straight.pair().digest
