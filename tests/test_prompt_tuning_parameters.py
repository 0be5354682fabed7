"""The learnable prompt stays a valid 8-bit picture."""

import numpy as np
import torch

from painter_kit.inference.canvas import to_tensor
from painter_kit.types import Coding, Pair
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
    with torch.no_grad():
        learned.input += 3
        learned.target -= 3
    learned.project()
    pair = learned.pair()
    assert (pair.image == 255).all()
    assert (pair.target == 0).all()
    assert pair.image.dtype == np.uint8


def test_only_the_two_pictures_are_learned():
    assert [name for name, _ in LearnedPair(START, SPEC, CPU).named_parameters()] == [
        "input",
        "target",
    ]
