"""Canvas and masks against the released code's pictures and statistics."""

import math

import numpy as np
import PIL.Image
import pytest
import torch

from painter_kit.inference.canvas import (
    block_mask,
    half_mask,
    query_half,
    resize_opencv,
    resize_picture,
    stitch,
    tiled,
    to_tensor,
    to_unit,
)
from tests.golden_models import GOLDEN, golden_arrays, golden_json


def picture(name: str) -> np.ndarray:
    return np.asarray(PIL.Image.open(GOLDEN / f"{name}.png").convert("RGB"))


@pytest.mark.parametrize(
    ("upper", "lower", "golden"),
    [
        ("infer_prompt_image", "infer_query", "canvas_image"),
        ("infer_prompt_target", "infer_prompt_target", "canvas_target"),
    ],
)
def test_canvases_of_the_released_code(upper: str, lower: str, golden: str):
    halves = [resize_picture(picture(n), 32, "bicubic")[None] for n in (upper, lower)]
    canvas = stitch(*(to_tensor(half, "cpu") for half in halves))[0].permute(1, 2, 0).numpy()
    expected = golden_arrays("infer.io.npz")[golden]
    np.testing.assert_array_equal(canvas, expected)


def test_pixels_are_normalised_in_float64_and_rounded_once():
    levels = np.arange(256, dtype=np.uint8)[None, :, None, None].repeat(3, axis=-1)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = ((levels / 255.0 - mean) / std).astype(np.float32)
    tensor = to_tensor(levels, "cpu")
    assert tensor.dtype == torch.float32
    np.testing.assert_array_equal(tensor.permute(0, 2, 3, 1).numpy(), expected)
    unit = to_unit(tensor).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(unit, levels / 255, atol=1e-7)


def test_pictures_stand_row_by_row_in_the_smallest_square():
    flat = [np.full((8, 8, 3), level, np.uint8) for level in (10, 20, 30, 40, 50)]

    def cells(count: int, side: int = 8) -> list[list[int]]:
        grid = tiled(flat[:count], side, "nearest")
        across = math.ceil(count**0.5)
        step = side // across
        assert grid.shape == (side, side, 3)
        return [[int(v) for v in row] for row in grid[::step, ::step, 0][:across, :across]]

    assert cells(1) == [[10]]
    assert cells(2) == [[10, 20], [10, 20]]
    assert cells(3) == [[10, 20], [30, 10]]
    assert cells(4) == [[10, 20], [30, 40]]
    assert cells(5, side=9) == [[10, 20, 30], [40, 50, 10], [20, 30, 40]]


def test_a_grid_of_one_is_the_picture_and_of_many_the_pictures_made_smaller():
    one, two = (
        resize_picture(picture(n), 32, "bicubic") for n in ("infer_query", "infer_prompt_image")
    )
    np.testing.assert_array_equal(tiled([one], 32, "bicubic"), one)
    grid = tiled([one, two, two, one], 32, "bicubic")
    smaller = resize_picture(one, 16, "bicubic").astype(int)
    inside = (slice(2, 13), slice(2, 13))  # at the seams the filter sees both
    assert np.abs(grid[:16, :16].astype(int) - smaller)[inside].max() <= 1
    assert np.abs(grid[16:, 16:].astype(int) - smaller)[3:, 3:].max() <= 1


def bilinear(picture: np.ndarray, side: int) -> np.ndarray:
    """Pixel centres mapped to pixel centres, edges repeated, two neighbours an axis."""
    out = picture.astype(np.float64)
    for axis in (0, 1):
        size = out.shape[axis]
        places = (np.arange(side) + 0.5) * size / side - 0.5
        low = np.floor(places).astype(int)
        share = (places - low).reshape([-1 if a == axis else 1 for a in range(3)])
        near, far = (np.take(out, np.clip(low + i, 0, size - 1), axis) for i in (0, 1))
        out = near * (1 - share) + far * share
    return out


@pytest.mark.parametrize(("size", "side"), [((64, 64), 32), ((40, 70), 32), ((20, 20), 48)])
def test_opencvs_filter_against_its_formula(size: tuple[int, int], side: int):
    noisy = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    resized = resize_opencv(noisy, side)
    assert resized.dtype == np.float32
    np.testing.assert_allclose(resized, bilinear(noisy / 255, side), atol=1e-6)
    np.testing.assert_array_equal(resize_opencv(noisy / np.float32(255), side), resized)
    if size[0] > side:  # not antialiased: noise is not averaged away
        assert resized.std() > 1.2 * (resize_picture(noisy, side, "bilinear") / 255).std()


def test_the_canvas_of_a_noisy_block():
    """The prompt by PIL's bicubic filter, the query by OpenCV's bilinear one in float32."""
    golden = golden_arrays("infer.io.npz")
    prompt = to_tensor(resize_picture(picture("infer_prompt_image"), 32, "bicubic")[None], "cpu")
    query = to_tensor(resize_opencv(golden["sidd_noisy_block"], 32)[None], "cpu")
    canvas = stitch(prompt, query)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(canvas, golden["sidd_canvas_image"], rtol=0, atol=1e-6)


def test_to_unit_does_not_clip():
    assert to_unit(torch.full((1, 3, 1, 1), 100.0)).min() > 20


def test_read_only_pictures_are_taken():
    levels = np.zeros((1, 2, 2, 3), np.uint8)
    levels.setflags(write=False)
    assert to_tensor(levels, "cpu").shape == (1, 3, 2, 2)


def test_the_query_half_is_what_was_stitched_below():
    prompt, query = torch.zeros(2, 3, 4, 4), torch.rand(2, 3, 4, 4)
    canvas = stitch(prompt, query)
    assert canvas.shape == (2, 3, 8, 4)
    assert torch.equal(query_half(canvas), query)
    assert not canvas[:, :, :4].any()


def test_resizing_is_pillows_and_idle_at_the_same_size():
    wide = picture("infer_query")
    assert resize_picture(wide, 32, "bicubic").shape == (32, 32, 3)
    square = np.ascontiguousarray(wide[:40, :40])
    assert resize_picture(square, 40, "bilinear") is square
    nearest = resize_picture(square, 80, "nearest")
    np.testing.assert_array_equal(nearest[::2, ::2], square)


def test_half_mask_hides_the_lower_half():
    mask = half_mask(6, 3)
    assert mask.tolist() == [[0] * 3] * 3 + [[1] * 3] * 3


SETTINGS = {
    "56x28_n784_min16_max392": (56, 28, 784, 16, 392),
    "14x14_n118_min16_maxNone": (14, 14, 118, 16, 118),
}
DRAWS = 2000


@pytest.mark.parametrize("name", SETTINGS)
def test_block_masks_have_the_released_statistics(name: str):
    rows, columns, total, smallest, largest = SETTINGS[name]
    golden = golden_json("mask_stats.json")[name]
    rng = np.random.default_rng(0)
    drawn = [block_mask(rng, rows, columns, total, smallest, largest) for _ in range(DRAWS)]
    masks = np.stack(drawn).astype(int)
    assert (masks.sum(axis=(1, 2)) == total).all()
    means = {
        "horizontal_transitions": np.abs(np.diff(masks, axis=2)).sum(axis=(1, 2)),
        "vertical_transitions": np.abs(np.diff(masks, axis=1)).sum(axis=(1, 2)),
        "fraction_of_masked_in_lower_half": masks[:, rows // 2 :].sum(axis=(1, 2)) / total,
    }
    for key, ours in means.items():
        assert abs(deviation(ours, golden[key]["mean"], golden[key]["std"])) < 4, key
    for key, axis in (("row", 2), ("col", 1)):
        mean, std = (np.array(golden[f"{key}_occupancy_{what}"]) for what in ("mean", "std"))
        assert np.abs(deviation(masks.mean(axis=axis), mean, std)).max() < 4.5, key


def deviation(ours: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Difference of the means in standard errors of both sides."""
    error = np.sqrt((ours.var(axis=0) + np.square(std)) / DRAWS)
    return (ours.mean(axis=0) - mean) / error
