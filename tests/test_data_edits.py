"""Crops and flips of examples: what the colours of a target tell stays true."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.transforms import RandomResizedCrop

from painter_kit.data.base import open_dataset
from painter_kit.data.edits import (
    ASPECT,
    SCALE,
    Box,
    crop_example,
    crop_pair,
    draw_box,
    mirror_example,
    mirror_pair,
    mirrored,
    mirrored_points,
)
from painter_kit.data.specs import keypoint_spec
from painter_kit.errors import InputError
from painter_kit.evaluation.order import generator
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Example, Pair
from tests.toys import SPEC, TOY

WORLD = open_dataset("world")
BOX = Box(7, 12, 50, 40)
SCENES = ("depth", "semantic", "coco-semantic", "instance", "foreground", "denoise")


def example(task: str, index: int = 3) -> Example:
    return WORLD.examples(task, "train")[index]


def painted(task: str, one: Example) -> Pair:
    return make_pair(get_task(task), WORLD.spec(task), one)


@pytest.mark.parametrize("task", SCENES)
def test_pictures_and_planes_are_cut_and_mirrored(task: str):
    before = example(task)
    cut, mirror = crop_example(before, BOX), mirror_example(before, WORLD.spec(task))
    np.testing.assert_array_equal(cut.image, before.image[12:52, 7:57])
    np.testing.assert_array_equal(mirror.image, before.image[:, ::-1])
    for name, array in before.truth.items():
        if name == "masks":
            shown = array[:, 12:52, 7:57]
            np.testing.assert_array_equal(cut.truth[name], shown[shown.any((1, 2))])
            np.testing.assert_array_equal(mirror.truth[name], array[:, :, ::-1])
        else:
            np.testing.assert_array_equal(cut.truth[name], array[12:52, 7:57])
            np.testing.assert_array_equal(mirror.truth[name], array[:, ::-1])
    assert (cut.id, cut.group, cut.coding) == (before.id, before.group, before.coding)


@pytest.mark.parametrize("task", ["depth", "semantic", "foreground", "derain"])
def test_targets_that_tell_no_place_may_be_edited_as_pixels(task: str):
    """Then both ways agree, to the pixel."""
    before = example(task)
    pair = painted(task, before)
    for whole, edited in (
        (painted(task, crop_example(before, BOX)), crop_pair(get_task(task), pair, BOX)),
        (
            painted(task, mirror_example(before, WORLD.spec(task))),
            mirror_pair(get_task(task), pair),
        ),
    ):
        assert edited is not None
        assert whole.digest == edited.digest


def decoded(pair: Pair, spec) -> np.ndarray:
    return get_task("instance").decode(pair.target / 255, spec, pair.target.shape[:2]).masks


@pytest.mark.parametrize("edit", ["flip", "crop"])
def test_places_of_instances_are_painted_anew(edit: str):
    """What is decoded from the edited pair is the edited truth; edited pixels would differ."""
    spec, found, truths = WORLD.spec("instance"), 0, 0
    for index in range(6):
        before = example("instance", index)
        flip = edit == "flip"
        after = mirror_example(before, spec) if flip else crop_example(before, BOX)
        pair, old = painted("instance", after), painted("instance", before).target
        assert not np.array_equal(pair.target, mirrored(old) if flip else BOX.cut(old))
        masks = decoded(pair, spec)
        truths += len(after.truth["masks"])
        found += sum(any(np.array_equal(m, true) for m in masks) for true in after.truth["masks"])
    assert truths > 10
    assert found >= 0.8 * truths  # the others share the colour of a place with a neighbour


def test_painted_places_are_never_edited():
    task, pair = get_task("instance"), painted("instance", example("instance"))
    assert crop_pair(task, pair, BOX) is None
    assert mirror_pair(task, pair) is None


def test_instances_that_are_cut_away_leave_with_what_is_known_of_them():
    masks = np.zeros((3, 20, 20), bool)
    masks[0, :5, :5] = masks[1, 8:12, 8:12] = masks[2, 10:20, 10:20] = True
    truth = {
        "masks": masks,
        "crowd": np.array([False, False, True]),
        "areas": np.array([25.0, 16.0, 80.0]),
        "categories": np.array([4, 5, 6]),
    }
    cut = crop_example(Example("x", "x", np.zeros((20, 20, 3), np.uint8), truth), Box(8, 8, 7, 7))
    assert cut.truth["categories"].tolist() == [5, 6]
    assert cut.truth["crowd"].tolist() == [False, True]
    assert cut.truth["areas"].tolist() == [16.0, 80 * 25 / 100]


NAMES = ("nose", "left_eye", "right_eye", "left_wrist", "right_wrist")


def person() -> Example:
    points = np.array([[20, 9, 2], [26, 7, 2], [14, 8, 2], [40, 30, 1], [3, 33, 2]], np.float32)
    truth = {
        "keypoints": points,
        "box": np.array([2, 5, 40, 30], np.float32),
        "area": np.array(900.0),
        "zoom": np.array(2.0),
        "size": np.array([64, 48]),
    }
    image = generator(0, "person").integers(0, 256, (64, 48, 3), dtype=np.uint8)
    return Example("p", "p", image, truth, views=(image, image))


def test_left_and_right_change_names_in_a_mirror():
    spec, task = keypoint_spec("toys", NAMES), get_task("keypoint")
    assert spec.protocol.flip_pairs == ((1, 2), (3, 4))
    after = mirror_example(person(), spec)
    assert after.truth["keypoints"].tolist() == [
        [27, 9, 2],
        [33, 8, 2],
        [21, 7, 2],
        [44, 33, 2],
        [7, 30, 1],
    ]
    assert after.truth["box"].tolist() == [6, 5, 40, 30]
    assert after.views == ()
    # The picture's left eye has the colour of left eyes, which edited pixels would not give.
    target = task.encode(after.truth, spec, (64, 48))
    left, right = spec.coding.palette[1], spec.coding.palette[2]
    assert tuple(target[8, 33, 1:]) == left[1:]
    assert tuple(target[7, 21, 1:]) == right[1:]
    pair = make_pair(task, spec, person())
    assert mirror_pair(task, pair) is None
    assert crop_pair(task, pair, Box(0, 0, 20, 20)) is not None


def test_the_worlds_figures_keep_their_names():
    """Their sides are told by tone, which a mirror keeps."""
    before = example("keypoint")
    after = mirror_example(before, WORLD.spec("keypoint"))
    expected = before.truth["keypoints"].copy()
    expected[:, 0] = 63 - expected[:, 0]
    np.testing.assert_array_equal(after.truth["keypoints"], expected)
    np.testing.assert_array_equal(
        mirrored_points(after.truth["keypoints"], 64, ()), before.truth["keypoints"]
    )


def test_cropped_keypoints_stay_on_what_they_point_at():
    before, spec = person(), keypoint_spec("toys", NAMES)
    box = Box(10, 4, 24, 16)  # zoomed by 2 and by 4
    after = crop_example(before, box)
    assert after.image.shape == before.image.shape
    points = after.truth["keypoints"]
    assert points[:, 2].tolist() == [2, 2, 2, 0, 0]
    np.testing.assert_allclose(points[0, :2], [(20 - 10 + 0.5) * 2 - 0.5, (9 - 4 + 0.5) * 4 - 0.5])
    np.testing.assert_allclose(after.truth["box"], [0, 4, 48, 60])
    assert float(after.truth["area"]) == 900 * 8
    assert after.truth["size"].tolist() == [64, 48]
    assert get_task("keypoint").encode(after.truth, spec, (64, 48)).any()
    # A bright spot and the point on it move alike.
    spot = replace(before, image=np.zeros_like(before.image))
    spot.image[9, 20] = 255
    shown = crop_example(spot, box).image.sum(2)
    y, x = np.unravel_index(shown.argmax(), shown.shape)
    assert abs(x - points[0, 0]) <= 1
    assert abs(y - points[0, 1]) <= 2


def test_drawn_boxes_are_those_of_training():
    rng = generator(0, "boxes")
    boxes = [draw_box((90, 120), rng) for _ in range(2000)]
    assert all(0 <= b.x <= 120 - b.width and 0 <= b.y <= 90 - b.height for b in boxes)
    areas = np.array([b.width * b.height for b in boxes]) / (90 * 120)
    aspects = np.array([b.width / b.height for b in boxes])
    assert (areas > SCALE[0] - 0.02).all()
    assert ((aspects > ASPECT[0] - 0.03) & (aspects < ASPECT[1] + 0.03)).all()
    torch.manual_seed(0)
    theirs = [
        RandomResizedCrop.get_params(torch.zeros(3, 90, 120), list(SCALE), list(ASPECT))
        for _ in range(2000)
    ]
    oracle = np.array([h * w for _, _, h, w in theirs]) / (90 * 120)
    assert areas.mean() == pytest.approx(oracle.mean(), abs=0.015)
    assert areas.std() == pytest.approx(oracle.std(), abs=0.01)
    again = generator(0, "boxes")
    assert boxes[:5] == [draw_box((90, 120), again) for _ in range(5)]


@pytest.mark.parametrize(("size", "box"), [((10, 400), (13, 10)), ((400, 10), (10, 13))])
def test_a_strip_gets_its_largest_centred_crop(size: tuple[int, int], box: tuple[int, int]):
    found = draw_box(size, generator(1, "strip"))
    assert (found.width, found.height) == box
    assert (found.x, found.y) == ((size[1] - box[0]) // 2, (size[0] - box[1]) // 2)


def test_an_unknown_truth_is_an_error_and_single_values_stay():
    image = np.zeros((8, 9, 3), np.uint8)
    level = Example("a", "a", image, {"level": np.array(3)})
    assert crop_example(level, Box(1, 1, 4, 4)).truth == level.truth
    assert mirror_pair(TOY, make_pair(TOY, SPEC, level)) is not None
    odd = Example("odd", "odd", image, {"spline": np.zeros((5, 2))})
    with pytest.raises(InputError, match=r"example odd: .* spline \(5, 2\) is to a picture of 9"):
        crop_example(odd, Box(1, 1, 4, 4))
    several = Example("s", "s", image, {"crops": np.zeros((2, 4))})
    with pytest.raises(InputError, match="one person a picture"):
        mirror_example(several, SPEC)
