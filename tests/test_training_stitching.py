"""Stitched samples: recorded pairs of the released loader, keyed draws, crops and valid maps."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from painter_kit.data.pairs import PAIR_TYPES
from painter_kit.data.transforms import policy_of, whole_pair
from painter_kit.errors import InputError
from painter_kit.inference.canvas import half_mask, to_tensor
from painter_kit.training.pools import listed_pools
from painter_kit.training.recipe import MaskSettings
from painter_kit.training.stitching import PairBatches, recrop, valid_map
from painter_kit.types import Coding, Pair

FOLDER = Path(__file__).parent / "golden"
GOLDEN = np.load(FOLDER / "dataset_valid.npz")
INFO = json.loads((FOLDER / "dataset_valid.json").read_text())
SIDE = INFO["size"]
NEAR_EMPTY = ["nearempty_coco_image2panoptic_inst", "nearempty_coco_image2pose"]
MASKS = MaskSettings(half_ratio=0.5, smallest=0.05)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded sources as files and lists of the released layout."""
    root = tmp_path_factory.mktemp("data")
    for name in [*INFO["pair_types"], *NEAR_EMPTY]:
        type_ = name.removeprefix("nearempty_")
        for what in ("image_u8", "target_raw"):
            Image.fromarray(GOLDEN[f"{name}.{what}"]).save(root / f"{name}.{what}.png")
        paths = {"image_path": f"{name}.image_u8.png", "target_path": f"{name}.target_raw.png"}
        (root / f"{name}.json").write_text(json.dumps([{**paths, "type": type_}]))
    return root


@pytest.mark.parametrize("name", [*INFO["pair_types"], *NEAR_EMPTY])
def test_recorded_pairs_of_the_released_loader(root: Path, name: str):
    task = PAIR_TYPES[name.removeprefix("nearempty_")]
    pair, _ = listed_pools(root, [f"{name}.json"])[task].pairs(0, 0)
    image, target = whole_pair(pair.image, pair.target, SIDE, policy_of(task))
    for made, expected in ((image, "image"), (target, "target")):
        tensor = to_tensor(made[None], "cpu")[0].numpy()
        np.testing.assert_allclose(tensor, GOLDEN[f"{name}.{expected}"], atol=2e-6)
    half = to_tensor(target[None], "cpu")[0]
    valid = valid_map(torch.cat([half, half], dim=1), policy_of(task), fewest=300)
    np.testing.assert_array_equal(valid[:, :SIDE], GOLDEN[f"{name}.valid"])
    np.testing.assert_array_equal(valid[:, SIDE:], GOLDEN[f"{name}.valid"])


def test_few_is_a_share_of_the_canvas():
    policy = policy_of("instance")
    black = to_tensor(np.zeros((1, 448, 448, 3), np.uint8), "cpu")[0]
    canvas = torch.cat([black, black], dim=1)
    for count, counts in ((299, False), (300, True)):
        painted = canvas.clone()
        painted[0].view(-1)[:count] = 3.0
        assert bool(valid_map(painted, policy).any()) is counts
    small = canvas[:, :128, :64].clone()
    small[0, 0, :7] = 3.0  # 300 x 128 x 64 / (896 x 448) is 6.1
    assert valid_map(small, policy).any()
    small[0, 0, 6] = canvas[0, 0, 0]
    assert not valid_map(small, policy).any()


@dataclass(frozen=True)
class Toy:
    """Pairs of one colour each, the number of the pair in red."""

    count: int

    def __len__(self) -> int:
        return self.count

    def pairs(self, first: int, second: int) -> tuple[Pair, Pair]:
        pictures = [np.full((40, 50, 3), 100 + i, np.uint8) for i in (first, second)]
        return tuple(Pair(p, p, Coding()) for p in pictures)  # pyright: ignore


def toy(mix: dict[str, float], seed: int = 0, masks: MaskSettings = MASKS) -> PairBatches:
    pools = {task: Toy(20 if task == "denoise" else 5) for task in mix}
    return PairBatches(pools, mix, seed, 32, 8, masks)


def test_tasks_come_in_their_shares_and_pairs_evenly():
    source = toy({"denoise": 3.0, "instance": 1.0, "depth": 0.0})
    draws = [source._draw(i) for i in range(2000)]
    share = np.mean([task == "denoise" for task, *_ in draws])
    assert abs(share - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 2000)
    tops = np.bincount([first for task, first, *_ in draws if task == "instance"], minlength=5)
    assert tops.min() > 60
    assert any(first == second for _, first, second, _ in draws)
    assert source.epoch_length == 25


def test_a_sample_is_keyed_by_seed_and_number():
    source = toy({"denoise": 1.0, "instance": 1.0})
    alone, among = source.batch([7]), source.batch([3, 7])
    for name in ("images", "targets", "valid", "mask"):
        assert torch.equal(getattr(alone, name)[0], getattr(among, name)[1])
    other = toy({"denoise": 1.0, "instance": 1.0}, seed=1).batch([7])
    assert not torch.equal(alone.mask, other.mask) or alone.tasks != other.tasks
    assert alone.images.shape == (1, 3, 64, 32)
    assert alone.mask.shape == (1, 8, 4)


def test_half_masks_go_with_uncropped_canvases():
    """Two colours meet at the seam only where there was no second crop."""
    source, half = toy({"denoise": 1.0}), half_mask(8, 4)
    seams = {True: 0, False: 0}
    for number in range(60):
        batch = source.batch([number])
        target, is_half = batch.targets[0, 0], np.array_equal(batch.mask[0], half)
        middle = bool((target[:32] == target[0, 0]).all() and (target[32:] == target[-1, 0]).all())
        assert middle or not is_half
        seams[is_half] += middle
    assert seams[True] > 15


def test_types_with_offline_copies_are_not_cropped_again():
    source = toy({"instance": 1.0}, masks=replace(MASKS, half_ratio=0.0))
    for number in range(20):
        target = source.batch([number]).targets[0, 0]
        assert (target[:32] == target[0, 0]).all()


def test_the_second_crop_keeps_picture_and_target_in_step():
    y = torch.linspace(-1, 1, 64)[None, :, None].expand(3, 64, 32).contiguous()
    rng = np.random.default_rng(0)
    images, targets = recrop(y, y, policy_of("depth"), rng)
    torch.testing.assert_close(images, targets)
    assert images.shape == y.shape
    stepped = recrop(y, y, policy_of("semantic"), np.random.default_rng(0))[1]
    assert len(stepped.unique()) <= 64
    assert float((stepped - images).abs().max()) < 0.05


def test_an_episode_shows_the_whole_pictures():
    episode = toy({"denoise": 1.0}).episode(3)
    assert episode.images.shape == episode.targets.shape == (2, 32, 32, 3)
    np.testing.assert_array_equal(episode.images, episode.targets)
    assert episode.task == "denoise"


def test_a_task_without_pairs_is_named():
    with pytest.raises(InputError, match="no pairs of depth; there are those of denoise"):
        PairBatches({"denoise": Toy(3)}, {"depth": 1.0}, 0, 32, 8, MASKS)
    with pytest.raises(InputError, match="at least one task"):
        PairBatches({"denoise": Toy(3)}, {"depth": 0.0}, 0, 32, 8, MASKS)
