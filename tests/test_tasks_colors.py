from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import interpolate

from painter_kit.tasks.colors import (
    grid_palette,
    keypoint_palette,
    nearest_colour,
    paint_labels,
    painted_colours,
    quantise,
    ramp_table,
    resize_nearest,
    resize_painted,
)

GOLDEN = Path(__file__).parent / "golden"
COLOURS = np.load(GOLDEN / "colours.npz")
CODEC = np.load(GOLDEN / "semseg_codec.npz")


def test_recorded_palettes():
    np.testing.assert_array_equal(grid_palette(150, 6), COLOURS["ade20k"])
    np.testing.assert_array_equal(grid_palette(133, 7), COLOURS["coco133"])
    np.testing.assert_array_equal(np.array(keypoint_palette(17))[:, 1:], COLOURS["pose_gb"])


def test_palettes_of_perfect_cubes_and_too_many_classes():
    assert len(set(grid_palette(27, 3))) == 27
    with pytest.raises(ValueError, match="between 1 and 27 but got 28"):
        grid_palette(28, 3)
    assert len(set(keypoint_palette(25))) == 25
    with pytest.raises(ValueError, match="between 1 and 25 but got 26"):
        keypoint_palette(26)


@pytest.mark.parametrize(("name", "classes", "base"), [("ade", 150, 6), ("coco", 133, 7)])
@pytest.mark.parametrize("distance", ["abs", "square", "mean"])
def test_recorded_decoding_with_ties(name, classes, base, distance):
    palette = grid_palette(classes, base)
    for kind, image in (("random", "random_image"), ("near", f"near_{name}_image")):
        labels = nearest_colour(CODEC[image], palette, distance)
        np.testing.assert_array_equal(labels, CODEC[f"{name}_{kind}_{distance}"])


@pytest.mark.parametrize(("classes", "base", "darkest"), [(150, 6, 143), (133, 7, 97)])
def test_black_goes_to_the_class_nearest_to_it(classes, base, darkest):
    black = np.zeros((1, 1, 3), np.uint8)
    assert nearest_colour(black, grid_palette(classes, base))[0, 0] == darkest


def test_margins_in_units_of_the_distance():
    colours = ((0, 0, 0), (10, 0, 0))
    picture = np.array([[[v, 0, 0] for v in range(11)]], np.uint8)
    by_sum = nearest_colour(picture, colours, margin=4)[0]
    assert by_sum.tolist() == [0, 0, 0, 0, 255, 255, 255, 1, 1, 1, 1]
    # The mean of |d| and d^2 leads by (10 - 2v + 100 - 20v) / 2.
    by_mean = nearest_colour(picture, colours, "mean", margin=33)[0]
    assert by_mean.tolist() == [0, 0, 0, 255, 255, 255, 255, 255, 1, 1, 1]


def test_labels_without_a_colour_are_black():
    painted = paint_labels(np.array([[0, 1, 2, 255]], np.int16), ((9, 8, 7), (6, 5, 4)))
    assert painted[0].tolist() == [[9, 8, 7], [6, 5, 4], [0, 0, 0], [0, 0, 0]]


def test_ramps_run_from_end_to_end():
    table = ramp_table(((0, 0, 0), (255, 255, 255)))
    np.testing.assert_array_equal(table[:, 0], np.arange(256))
    assert ramp_table(((200, 10, 0), (0, 20, 255)), 3).tolist() == [
        [200, 10, 0],
        [100, 15, 128],
        [0, 20, 255],
    ]


def test_nearest_resizing_takes_the_recorded_pixels():
    index = np.arange(448)
    rows = resize_nearest(index[:, None], (256, 1))[:, 0]
    columns = resize_nearest(index[None], (1, 192))[0]
    assert rows[:4].tolist() == [0, 1, 3, 5]
    assert columns[:4].tolist() == [0, 2, 4, 7]
    assert (rows[-1], columns[-1]) == (446, 445)


@pytest.mark.parametrize("how", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(40, 56), (13, 9)])
def test_painted_outputs_are_resized_without_antialiasing(how, size):
    painted = np.random.default_rng(0).random((24, 24, 3))
    mode = {} if how == "nearest" else {"align_corners": False}
    tensor = torch.from_numpy(painted).permute(2, 0, 1)[None]
    expected = interpolate(tensor, size, mode=how, **mode)[0].permute(1, 2, 0)
    np.testing.assert_array_equal(resize_painted(painted, size, how), expected.numpy())


def test_every_level_survives_the_0_to_1_scale():
    levels = np.arange(256)
    for painted in (levels / 255, (levels / 255).astype(np.float32)):
        assert painted_colours(
            painted[None, :, None].repeat(3, 2), (1, 256), "nearest", "truncate"
        )[0, :, 0].tolist() == list(levels)


@pytest.mark.parametrize(
    ("recorded", "how"), [("semseg_ade", "bilinear"), ("pano_inst", "nearest"), ("pose", "nearest")]
)
def test_recorded_pictures_of_a_painted_output(recorded, how):
    # What a small recorded model paints, and the files that the released scripts make of it.
    painted = np.load(GOLDEN / "infer_painted.npz")["colours"]
    expected = np.asarray(Image.open(GOLDEN / f"infer_out_{recorded}.png"))
    picture = painted_colours(painted, expected.shape[:2], how, "truncate")
    np.testing.assert_array_equal(picture, expected)


def test_quantisation_cuts_or_rounds():
    painted = np.array([-0.2, 0.0, 99.9 / 255, 100.4 / 255, 1.0, 1.3])
    assert quantise(painted, "truncate").tolist() == [0, 0, 99, 100, 255, 255]
    assert quantise(painted, "round").tolist() == [0, 0, 100, 100, 255, 255]


def test_clipping_comes_before_resizing():
    painted = np.zeros((1, 2, 3))
    painted[0, 1] = 5.0
    resized = painted_colours(painted, (1, 4), "bilinear", "round")[0, :, 0]
    assert resized.tolist() == [0, 64, 191, 255]
