from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.errors import InputError
from painter_kit.tasks.colors import keypoint_palette
from painter_kit.tasks.heat import Keypoints, locate
from painter_kit.tasks.keypoint import (
    KeypointProtocol,
    decode,
    encode,
    heat_maps,
    measure,
    render,
    score,
    summarise,
    views,
    weight,
)
from painter_kit.tasks.people import People
from painter_kit.types import Coding, Example, Spec, sum_records

CODEC = np.load(Path(__file__).parent / "golden" / "pose_codec.npz")
SIZE = (256, 192)
NAMES = tuple(f"point {k}" for k in range(17))


def spec(metric: str = "pck", count: int = 17, **protocol) -> Spec[KeypointProtocol]:
    given = KeypointProtocol(NAMES[:count], (0.05,) * count, **protocol)
    coding = Coding(keypoint_palette(count))
    return Spec("keypoint", "test", 448, metric, "max", "", coding, given, output_resize="nearest")


def truth(points: list[tuple[float, float, int]]) -> dict[str, np.ndarray]:
    return {
        "keypoints": np.array(points, np.float32),
        "box": np.array([0, 0, 100, 60], np.float32),
        "area": np.float32(4000),
    }


def test_recorded_painting():
    # The recorded class maps are 9 pixels wide, which is what a sigma of 4/3 gives.
    points = np.concatenate([CODEC["keypoints_xy"], CODEC["visible"][:, None]], axis=1)
    painted = encode({"keypoints": points.astype(np.float32)}, spec(class_sigma=4 / 3), SIZE)
    np.testing.assert_array_equal(painted, CODEC["painted_two_sigma"])


def test_recorded_heat_maps():
    pairs = [
        (CODEC["painted_two_sigma"], CODEC["heatmaps_u8_painted"][0]),
        (CODEC["noisy_painted"], CODEC["heatmaps_u8_noisy"][0]),
        *zip(CODEC["random_images"], CODEC["heatmaps_u8_random"], strict=True),
    ]
    for picture, expected in pairs:
        np.testing.assert_array_equal(heat_maps(picture, spec()), expected)


def test_painted_points_come_back_within_half_a_pixel():
    rng = np.random.default_rng(0)
    rows, columns = np.divmod(np.arange(17), 4)
    points = np.stack([20 + 45 * columns, 20 + 50 * rows], axis=1) + rng.uniform(-5, 5, (17, 2))
    given = truth([(x, y, 2) for x, y in points])
    found = decode(encode(given, spec(), SIZE) / 255, spec(), SIZE)
    assert np.abs(found.points - points).max() <= 0.5
    assert found.scores.tolist() == [1.0] * 17


def test_where_squares_overlap_the_hotter_keypoint_wins():
    painted = encode(truth([(50, 50, 2), (54, 50, 2)]), spec(count=2), SIZE)
    first, second = (list(colour[1:]) for colour in keypoint_palette(2))
    assert painted[50, 51, 1:].tolist() == first
    assert painted[50, 53, 1:].tolist() == second
    assert painted[50, 52, 1:].tolist() == first  # a tie
    assert painted[50, 50, 0] == painted[50, 54, 0] == 255


def test_hidden_keypoints_are_painted_and_missing_ones_are_not():
    painted = encode(truth([(50, 50, 1), (120, 50, 0)]), spec(count=2), SIZE)
    assert painted[50, 50, 0] == 255
    assert painted[:, 100:].max() == 0


def test_weight_per_element():
    given = truth([(50, 50, 2)])
    weights = weight(given, spec(count=1), SIZE)
    assert weights[50, 50].tolist() == [10, 10, 10]
    assert weights[50, 58].tolist() == [10, 1, 1]  # heat beyond the class square
    assert weights[0, 0].tolist() == [1, 1, 1]
    painted = 305 + 2 * 100
    assert weight(given, spec(count=1, near_empty=painted), SIZE).max() == 10
    assert weight(given, spec(count=1, near_empty=painted + 1), SIZE).max() == 0


def found(points: list[tuple[float, float]], scores: list[float]) -> Keypoints:
    return Keypoints(np.array(points, float), np.array(scores), SIZE)


def test_metrics_by_hand():
    given = truth([(50, 50, 2), (80, 50, 1), (10, 10, 0)])
    # Area 4000 and sigma 0.05: exp(-d^2 / 80). Reach of PCK: 0.1 of 100 pixels.
    prediction = found([(50, 50), (88, 50), (99, 99)], [1.0, 0.5, 0.5])
    metrics = summarise([measure(prediction, given, spec(count=3))], spec(count=3))
    similarity = (1 + np.exp(-64 / 80)) / 2
    assert metrics == pytest.approx(
        {"pck": 1.0, "oks": similarity, "oks50": 1.0, "oks75": 0.0, "oks_pass": 0.5}
    )
    missing = found([(50, 50), (80, 50), (99, 99)], [1.0, 0.0, 0.5])
    assert summarise([measure(missing, given, spec(count=3))], spec(count=3))["pck"] == 0.5


def test_pck_pools_keypoints_and_oks_averages_persons():
    one = measure(found([(50, 50)], [1.0]), truth([(50, 50, 2)]), spec(count=1))
    three = measure(
        found([(90, 90)] * 3, [1.0] * 3), truth([(50, 50, 2), (5, 5, 2), (9, 5, 2)]), spec(count=3)
    )
    metrics = summarise([one, three], spec(count=3))
    assert metrics["pck"] == 0.25
    assert metrics["oks"] == pytest.approx(0.5)


@pytest.mark.parametrize(("metric", "ranked"), [("pck", "pck"), ("oks", "oks_pass"), ("ap", "ar")])
def test_the_score_stands_for_the_specs_metric(metric, ranked):
    given = spec(metric, count=1)
    records = [
        measure(found([(50 + d, 50)], [1.0]), truth([(50, 50, 2)]), given) for d in (0, 4, 7, 20)
    ]
    scores = score(records, sum_records(records))
    assert scores.mean() == pytest.approx(summarise(records, given)[ranked])
    assert len(set(scores.tolist())) == (2 if metric == "pck" else 4)


def example(given: dict[str, np.ndarray], views: int = 0) -> Example:
    rng = np.random.default_rng(3)
    pictures = rng.integers(0, 256, (1 + views, *SIZE, 3), np.uint8)
    return Example("a", "a", pictures[0], given, views=tuple(pictures[1:]))


def test_the_flip_test_paints_each_picture_and_its_mirror_image():
    alone, one = example(truth([(50, 50, 2)])), example(truth([(50, 50, 2)]), 2)
    crops = example({"crops": np.zeros((2, 4))}, 4)
    assert [v.tobytes() for v in views(alone, spec())] == [alone.image.tobytes()]
    assert list(views(one, spec())) == [one.views[0]]
    assert list(views(crops, spec())) == [crops.views[0], crops.views[2]]
    flipped = spec(flip_test=True)
    np.testing.assert_array_equal(views(alone, flipped)[1], alone.image[:, ::-1])
    assert list(views(one, flipped)) == list(one.views)
    assert list(views(crops, flipped)) == list(crops.views)
    fast = spec(flip_test=True, flip_crop="mirrored-crop")
    np.testing.assert_array_equal(views(crops, fast)[3], crops.views[2][:, ::-1])
    nobody = example({"crops": np.zeros((0, 4))})
    assert len(views(nobody, flipped)) == 0


def test_the_flip_test_averages_by_hand():
    given = spec(count=3, flip_test=True, flip_pairs=((1, 2),))
    pictures = np.zeros((2, *SIZE, 3), np.float32)
    colours = np.array(keypoint_palette(3)) / 255

    def dot(view: int, k: int, x: int, y: int, level: int) -> None:
        pictures[view, y, x] = colours[k]
        pictures[view, y, x, 0] = (level + 0.5) / 255

    # The mirror image of the right point (class 2) is painted as a left one, at W - 1 - x; the
    # result moves right by a pixel.
    dot(0, 0, 50, 60, 200)
    dot(0, 2, 100, 90, 100)
    dot(1, 1, 191 - 99, 90, 255)
    found = decode(pictures, given, SIZE)
    assert found.points[0].tolist() == [50, 60]
    assert found.points[1].tolist() == [-1, -1]
    assert found.points[2].tolist() == [100, 90]
    assert found.scores.tolist() == pytest.approx([100 / 255, 0, (100 + 255) / 510])
    still = decode(pictures, spec(count=3, flip_pairs=((1, 2),), shift_flipped=False), SIZE)
    # Without the shift the two dots stay apart; the hotter one, at 99, leans to its neighbour.
    assert still.points[2].tolist() == [99.25, 90]


def slow_flip_test(pictures: np.ndarray, given: Spec[KeypointProtocol]) -> Keypoints:
    """The average of whole heat maps: channels swapped, columns mirrored, then moved by one."""
    first, second = (heat_maps((255 * p).astype(np.uint8), given) / 255 for p in pictures)
    order = list(range(len(second)))
    for one, other in given.protocol.flip_pairs:
        order[one], order[other] = other, one
    back = second[order][:, :, ::-1].copy()
    back[:, :, 1:] = back[:, :, :-1].copy()
    # Whole numbers, so that equal averages are equal.
    return locate(np.round((first + back) / 2 * 510))


@pytest.mark.parametrize("seed", range(3))
def test_the_flip_test_equals_averaged_volumes(seed: int):
    rng = np.random.default_rng(seed)
    pairs = ((1, 2), (3, 4), (9, 10))
    given = spec(flip_test=True, flip_pairs=pairs)
    pictures = rng.integers(0, 256, (2, *SIZE, 3)) / 255 + 1e-6
    found, expected = decode(pictures, given, SIZE), slow_flip_test(pictures, given)
    np.testing.assert_array_equal(found.points, expected.points)
    np.testing.assert_allclose(found.scores, expected.scores / 510)


def test_one_picture_may_come_with_or_without_its_axis():
    painted = encode(truth([(50, 50, 2)]), spec(count=1), SIZE) / np.float32(255)
    one, other = decode(painted, spec(count=1), SIZE), decode(painted[None], spec(count=1), SIZE)
    assert one.points.tolist() == other.points.tolist() == [[50, 50]]


def test_a_target_of_its_own_size_is_resized_as_the_spec_says():
    given = {**truth([(50, 50, 2)]), "size": np.array(SIZE)}
    own = encode(given, spec(count=1), SIZE)
    large = encode(given, spec(count=1), (448, 448))
    expected = Image.fromarray(own).resize((448, 448), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(large, np.asarray(expected))
    assert weight(given, spec(count=1), (448, 448)).max() == 10


def test_several_persons_are_painted_in_the_same_colours():
    both = np.array([[(50, 50, 2), (90, 50, 2)], [(50, 120, 2), (0, 0, 0)]], np.float32)
    painted = encode({"keypoints": both}, spec(count=2), SIZE)
    assert painted[50, 50].tolist() == painted[120, 50].tolist() == [255, 255, 255]
    assert painted[50, 90].tolist() == [255, 255, 204]


def test_one_person_is_a_picture_with_one_detection():
    given = spec("ap", count=1)
    good, bad = found([(50, 50)], [1.0]), found([(120, 50)], [0.9])
    records = [measure(p, truth([(50, 50, 2)]), given) for p in (good, bad)]
    metrics = summarise(records, given)
    assert metrics["ap"] == pytest.approx(51 / 101)
    assert metrics["ar"] == 0.5
    assert "ap_medium" in metrics  # an area of 4000
    assert "ap_large" not in metrics


def test_people_are_not_measured_by_pck():
    nobody = People(np.zeros((0, 1, 2)), np.zeros((0, 1)), np.zeros(0), SIZE)
    with pytest.raises(InputError, match="pck is measured on one person a picture; use one of ap"):
        measure(nobody, {}, spec(count=1))


def test_sigmas_scale_with_the_protocol():
    small = encode(truth([(20, 20, 2)]), spec(count=1, class_sigma=1, heat_sigma=2), (40, 40))
    assert np.count_nonzero(small[..., 2]) == 7 * 7
    assert np.count_nonzero(small[:, 20, 0]) == 13
    given = spec(count=1)
    assert given.digest != replace(given, protocol=replace(given.protocol, heat_sigma=2)).digest


def test_found_keypoints_are_shown_as_dots():
    shown = render(found([(50, 50), (0, 0), (90, 90)], [1.0, 0.3, 0.0]), spec(count=3))
    assert shown.shape == (*SIZE, 3)
    assert shown[50, 50].any()
    assert shown[0, 0].any()
    assert not shown[90, 90].any()
