"""The loss on pairs that are not trained on."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from painter_kit.inference.canvas import half_mask, stitch, to_tensor
from painter_kit.training.held_out import HeldOut
from painter_kit.types import Coding, Pair
from tests.training_toys import TINY


@dataclass
class Squares:
    """Pairs of random pictures of the model's size; remembers what was asked for."""

    count: int
    black: bool = False
    asked: list[tuple[int, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return self.count

    def pairs(self, first: int, second: int) -> tuple[Pair, Pair]:
        self.asked.append((first, second))
        return self.pair(first), self.pair(second)

    def pair(self, number: int) -> Pair:
        rng = np.random.default_rng(number)
        image, target = rng.integers(40, 256, (2, 16, 16, 3), dtype=np.uint8)
        return Pair(image, target * (not self.black), Coding())


@pytest.fixture
def model():
    torch.manual_seed(2)
    return TINY.build()


def test_the_loss_is_that_of_the_network_on_half_masks(model):
    pool = Squares(1)
    losses = HeldOut({"denoise": pool}, 16, 4, seed=0, batch=4).losses(model)
    canvases = [
        stitch(half, half)
        for half in (to_tensor(p[None], "cpu") for p in (pool.pair(0).image, pool.pair(0).target))
    ]
    with torch.no_grad():
        expected = model.eval()(*canvases, torch.from_numpy(half_mask(8, 4))[None]).loss.item()
    assert losses == pytest.approx({"denoise": expected, "all": expected}, rel=1e-3)


def test_every_pair_is_a_query_once_and_the_partners_stay_the_same(model):
    pool = Squares(7)
    held_out = HeldOut({"denoise": pool}, 16, 4, seed=0, batch=3)
    first = held_out.losses(model.train())
    asked, pool.asked = pool.asked, []
    assert sorted(query for _, query in asked) == list(range(7))
    assert len({prompt for prompt, _ in asked}) > 1
    assert held_out.losses(model) == first  # dropped paths are off
    assert pool.asked == asked


def test_samples_are_averaged_over_tasks_and_capped(model):
    pools = {"denoise": Squares(5), "derain": Squares(2)}
    held_out = HeldOut(pools, 16, 4, seed=0, batch=2, most=3)
    losses = held_out.losses(model)
    assert len(pools["denoise"].asked) == 3
    assert losses["all"] == pytest.approx((3 * losses["denoise"] + 2 * losses["derain"]) / 5)


def test_targets_that_do_not_count_are_left_out(model):
    pools = {"instance": Squares(2, black=True), "denoise": Squares(1)}
    losses = HeldOut(pools, 16, 4, seed=0, batch=2).losses(model)
    assert losses.keys() == {"denoise", "all"}
