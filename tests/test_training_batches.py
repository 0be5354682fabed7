"""From episodes to tensors: layout, order and masks that depend on seed and index alone."""

from dataclasses import replace

import numpy as np
import torch

from painter_kit.inference.canvas import to_tensor
from painter_kit.training.batches import EpisodeBatches, draw_mask
from painter_kit.training.recipe import MaskSettings
from tests.training_toys import Flat

CPU = torch.device("cpu")
MASKS = MaskSettings(half_ratio=0.25, hidden=0.5, smallest=0.05, largest=0.25)


def test_prompt_is_above_query_in_every_tensor():
    source = Flat()
    batch = EpisodeBatches(source, 0, MASKS, 4).batch([4, 7])
    assert batch.tasks == ("invert", "red")
    assert batch.images.shape == batch.targets.shape == batch.valid.shape == (2, 3, 32, 16)
    assert batch.mask.shape == (2, 8, 4)
    for row, index in enumerate((4, 7)):
        episode = source.episode(index)
        for tensor, pictures in ((batch.images, episode.images), (batch.targets, episode.targets)):
            torch.testing.assert_close(tensor[row, :, :16], to_tensor(pictures[:1], CPU)[0])
            torch.testing.assert_close(tensor[row, :, 16:], to_tensor(pictures[1:], CPU)[0])


def test_the_type_of_a_sample_is_that_of_its_task():
    batch = EpisodeBatches(Flat(), 0, MASKS, 4).batch([0, 1])
    kinds = replace(batch, tasks=("semantic", "instance", "depth")).segment_types
    assert kinds == ["semantic", "instance", "instance"]


def test_weights_keep_their_place():
    class Weighted(Flat):
        def episode(self, index: int):
            episode = super().episode(index)
            weights = np.zeros_like(episode.weights)
            weights[0, 1, 2, 0], weights[1, 3, 5, 2] = 7, 10
            return replace(episode, weights=weights)

    valid = EpisodeBatches(Weighted(), 0, MASKS, 4).batch([0]).valid
    assert valid[0, 0, 1, 2] == 7
    assert valid[0, 2, 16 + 3, 5] == 10
    assert valid.sum() == 17


def test_a_sample_does_not_depend_on_its_neighbours():
    alone = EpisodeBatches(Flat(), 1, MASKS, 4).batch([5])
    among = EpisodeBatches(Flat(), 1, MASKS, 4).batch([2, 3, 5])
    assert torch.equal(alone.images[0], among.images[2])
    assert torch.equal(alone.mask[0], among.mask[2])


def test_masks_have_the_wished_shares():
    masks = np.stack([draw_mask(0, i, MASKS, 16, 8) for i in range(400)])
    assert (masks.sum(axis=(1, 2)) == 64).all()  # half masks hide half, block masks were told to
    half = (masks[:, :8] == 0).all(axis=(1, 2))
    assert abs(half.mean() - MASKS.half_ratio) < 0.08
    assert (masks[half][:, 8:] == 1).all()
    assert len(np.unique(masks[~half], axis=0)) == (~half).sum()


def test_masks_hide_what_the_recipe_says():
    masks = replace(MASKS, half_ratio=0.0, hidden=0.75)
    assert draw_mask(0, 0, masks, 16, 8).sum() == 96


def test_seed_and_index_decide():
    first = draw_mask(0, 1, replace(MASKS, half_ratio=0.0), 16, 8)
    assert (draw_mask(0, 1, replace(MASKS, half_ratio=0.0), 16, 8) == first).all()
    assert (draw_mask(1, 1, replace(MASKS, half_ratio=0.0), 16, 8) != first).any()
    assert (draw_mask(0, 2, replace(MASKS, half_ratio=0.0), 16, 8) != first).any()


def test_a_batch_moves_as_a_whole():
    batch = EpisodeBatches(Flat(), 0, MASKS, 4).batch([0, 1])
    wide = batch.to(CPU, torch.float64)
    assert {t.dtype for t in (wide.images, wide.targets, wide.valid)} == {torch.float64}
    assert wide.mask.dtype == batch.mask.dtype
    assert wide.tasks == batch.tasks
    torch.testing.assert_close(wide.images.float(), batch.images)
