"""The learnable prompt stays a valid 8-bit picture."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from painter_kit.errors import InputError
from painter_kit.inference.canvas import to_tensor
from painter_kit.types import Coding, Pair
from prompt_tuning.config import CHOICES, TuneConfig
from prompt_tuning.parameters import LearnedPair
from tests.tuning_toys import SPEC

CPU = torch.device("cpu")
START = Pair(
    *np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8),
    Coding(span=(1.0, 2.0)),
)


def test_the_start_comes_back_unchanged():
    pair = LearnedPair(START, SPEC, CPU).pair()
    np.testing.assert_array_equal(pair.image, START.image)
    np.testing.assert_array_equal(pair.target, START.target)
    assert pair.digest == START.digest


def test_other_sizes_are_squashed():
    large = Pair(*(p.repeat(2, axis=0) for p in (START.image, START.target)), START.coding)
    assert LearnedPair(large, SPEC, CPU).pair().image.shape == (16, 16, 3)


def test_the_network_sees_what_inference_would():
    prompt_input, prompt_target = LearnedPair(START, SPEC, CPU)()
    torch.testing.assert_close(prompt_input, to_tensor(START.image[None], "cpu"))
    torch.testing.assert_close(prompt_target, to_tensor(START.target[None], "cpu"))


def test_projection_keeps_the_range():
    learned = LearnedPair(START, SPEC, CPU)
    push(learned, 3.0, -3.0)
    pair = learned.pair()
    assert (pair.image == 255).all()
    assert (pair.target == 0).all()
    assert pair.image.dtype == np.uint8


def push(learned: LearnedPair, by_input: float | torch.Tensor, by_target: float | torch.Tensor):
    with torch.no_grad():
        learned.input.values += by_input
        learned.target.values += by_target
    learned.project()


@pytest.mark.parametrize(
    ("learn", "names"),
    [
        ("both", ["input.values", "target.values"]),
        ("input", ["input.values"]),
        ("target", ["target.values"]),
    ],
)
def test_only_what_is_asked_for_is_learned(learn: str, names: list[str]):
    learned = LearnedPair(START, SPEC, CPU, TuneConfig(learn=learn))
    assert [n for n, p in learned.named_parameters() if p.requires_grad] == names
    assert len(learned.learned) == len(names)
    sum(half.sum() for half in learned()).backward()
    assert all((p.grad is not None) == p.requires_grad for p in learned.parameters())


PALETTE = replace(SPEC, coding=Coding(((10, 200, 30), (250, 0, 90), (40, 40, 240))))
KINDS = CHOICES["parametrisation"]


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**16), size=st.sampled_from([1e-4, 0.01, 0.3, 20.0]))
@settings(max_examples=15, deadline=None)
def test_every_parametrisation_is_a_valid_picture_at_every_step(kind: str, seed: int, size: float):
    """Whatever the steps, what is stored is 8-bit and obeys the parametrisation exactly."""
    config = TuneConfig(parametrisation=kind, residual_budget=6.4 / 255, border_width=3)
    start = replace(START, coding=PALETTE.coding)
    learned = LearnedPair(start, PALETTE, CPU, config)
    noise = torch.Generator().manual_seed(seed)
    for _ in range(3):
        push(learned, *(size * torch.randn(1, 3, 16, 16, generator=noise) for _ in range(2)))
        pair = learned.pair()
        for picture in (pair.image, pair.target):
            assert picture.shape == (16, 16, 3)
            assert picture.dtype == np.uint8
        check(kind, pair, start)
        learned.rounding = True  # what rounds is what is stored
        for seen, picture in zip(learned(), (pair.image, pair.target), strict=True):
            torch.testing.assert_close(seen, to_tensor(picture[None], "cpu"), atol=1e-5, rtol=0)
        learned.rounding = False


def check(kind: str, pair: Pair, start: Pair) -> None:
    changes = [
        picture.astype(int) - before
        for picture, before in ((pair.image, start.image), (pair.target, start.target))
    ]
    if kind == "residual-linf":
        assert max(np.abs(c).max() for c in changes) <= 6
    if kind == "residual-l2":
        assert max(np.sqrt((c**2).mean()) for c in changes) <= 6.4
    if kind == "border":
        assert all((c[3:-3, 3:-3] == 0).all() for c in changes)
    if kind == "palette":
        colours = {*PALETTE.coding.palette, (0, 0, 0)}
        assert {tuple(c) for c in pair.target.reshape(-1, 3).tolist()} <= colours


@pytest.mark.parametrize("kind", KINDS)
def test_every_parametrisation_has_a_gradient_and_moves(kind: str):
    config = TuneConfig(parametrisation=kind)
    learned = LearnedPair(replace(START, coding=PALETTE.coding), PALETTE, CPU, config)
    before = learned.pair()
    optimizer = torch.optim.Adam(learned.learned, lr=0.05)
    for _ in range(8):
        optimizer.zero_grad()
        sum((half**2).sum() for half in learned()).backward()
        assert all(p.grad is not None and p.grad.abs().max() > 0 for p in learned.learned)
        optimizer.step()
        learned.project()
    after = learned.pair()
    assert (after.image != before.image).any()
    assert (after.target != before.target).any()


def test_the_author_preset_learns_in_the_networks_units_and_is_clipped_when_stored():
    learned = LearnedPair(START, SPEC, CPU, TuneConfig(parametrisation="author"))
    torch.testing.assert_close(learned.input.values, to_tensor(START.image[None], "cpu"))
    push(learned, 50.0, -50.0)
    seen_input, seen_target = learned()
    assert seen_input.min() > 40  # nothing bounds what the network sees ...
    assert seen_target.max() < -40
    assert (learned.pair().image == 255).all()  # ... but a picture ends at white and black
    assert (learned.pair().target == 0).all()
    learned.rounding = True
    torch.testing.assert_close(learned()[0], to_tensor(learned.pair().image[None], "cpu"))


def test_a_palette_shows_the_nearest_colour_at_once():
    start = Pair(START.image, np.full((16, 16, 3), (12, 190, 33), np.uint8), PALETTE.coding)
    learned = LearnedPair(start, PALETTE, CPU, TuneConfig(parametrisation="palette"))
    assert np.unique(learned.pair().target.reshape(-1, 3), axis=0).tolist() == [[10, 200, 30]]
    assert (learned.pair().image == START.image).all()  # the input is free


def test_keypoint_classes_are_locked_in_green_and_blue_and_heat_is_free():
    spec, coding = replace(SPEC, task="keypoint"), Coding(((0, 255, 255), (0, 204, 51)))
    learned = LearnedPair(
        replace(START, coding=coding), spec, CPU, TuneConfig(parametrisation="palette")
    )
    target = learned.pair().target
    assert {*map(tuple, target[..., 1:].reshape(-1, 2).tolist())} <= {(255, 255), (204, 51), (0, 0)}
    np.testing.assert_array_equal(target[..., 0], START.target[..., 0])


def test_tasks_without_a_palette_and_frames_without_interior_are_refused():
    with pytest.raises(InputError, match="parametrisation palette: targets of toy are not"):
        LearnedPair(START, SPEC, CPU, TuneConfig(parametrisation="palette"))
    wide = TuneConfig(parametrisation="border", border_width=8)
    with pytest.raises(InputError, match=r"border_width of tuning must be below 8, .* but got 8"):
        LearnedPair(START, SPEC, CPU, wide)


def test_the_border_is_an_eighth_of_the_side_unless_told():
    learned = LearnedPair(START, SPEC, CPU, TuneConfig(parametrisation="border"))
    push(learned, 1.0, 1.0)
    image = learned.pair().image
    assert (image[:2] == 255).all()
    assert (image[2:-2, 2:-2] == START.image[2:-2, 2:-2]).all()


def test_rounding_passes_the_gradient_as_if_it_were_not_there():
    learned = LearnedPair(START, SPEC, CPU)
    push(learned, 0.3 / 255, 0.0)  # off the levels
    plain = torch.autograd.grad(learned()[0].square().sum(), learned.input.values)[0]
    learned.rounding = True
    seen = learned()[0]
    rounded = torch.autograd.grad(seen.square().sum(), learned.input.values)[0]
    torch.testing.assert_close(rounded, plain, atol=0.2, rtol=0.05)
    learned.rounding = False
    assert not torch.equal(seen, learned()[0])


def test_roughness_is_the_inputs_total_variation():
    pair = Pair(*np.full((2, 16, 16, 3), 77, np.uint8), Coding())
    flat = LearnedPair(pair, SPEC, CPU)
    assert flat.roughness() == 0
    with torch.no_grad():
        flat.input.values[..., 1::2] += 0.25  # stripes: every neighbour across differs
        flat.target.values[..., 1::2] += 0.5  # and the target does not count
    assert flat.roughness().item() == pytest.approx(0.25, abs=1e-6)
