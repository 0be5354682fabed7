from pathlib import Path

import numpy as np
import pytest

from painter_kit.metrics.detection import mask_iou
from painter_kit.tasks import candidates
from painter_kit.tasks.candidates import masks_of, near_places, overlaps
from painter_kit.tasks.colors import LOCATION_CODING
from painter_kit.tasks.instance import InstanceProtocol, place_levels
from painter_kit.types import Spec

GOLDEN = Path(__file__).parent / "golden"
CODEC = np.load(GOLDEN / "instance_codec.npz")
SPEC = Spec("instance", "test", 560, "ap", "max", "", LOCATION_CODING, InstanceProtocol())
LEVELS = place_levels(SPEC)
PALETTE = np.stack(np.meshgrid(*LEVELS, indexing="ij"), axis=-1).reshape(-1, 3).astype(int)


def brute_force(picture: np.ndarray, threshold: float) -> np.ndarray:
    """bool (6400, H, W), the volume that the code under test avoids."""
    gaps = [np.abs(PALETTE[:, c, None, None] - picture[..., c]) for c in range(3)]
    return sum(gaps) / 3 < threshold


def test_the_levels_span_the_recorded_palette():
    colours = np.load(GOLDEN / "colours.npz")
    np.testing.assert_array_equal(PALETTE, colours["instance_palette"])


@pytest.mark.parametrize("threshold", [19, 16.5, 4])
def test_members_equal_the_full_volume(threshold):
    picture = np.random.default_rng(0).integers(0, 256, (9, 7, 3)).astype(np.uint8)
    picture[3:6] = picture[2]
    members = near_places(picture, LEVELS, threshold)
    expected = brute_force(picture, threshold)
    found = np.sort(members.best(6400)[0])
    np.testing.assert_array_equal(found, np.flatnonzero(expected.any(axis=(1, 2))))
    np.testing.assert_array_equal(masks_of(members, found), expected[found])


def test_scores_are_mean_distances_of_the_best():
    picture = np.array([[[255, 255, 255], [255, 255, 246]]], np.uint8)
    members = near_places(picture, LEVELS, 19)
    places, scores = members.best(3)
    # The whole white place: both pixels, 0 and 9 away; the next one 13 and 4 away.
    distances = np.array([9, 17]) / 2 / 3
    assert places[:2].tolist() == [0, 1]
    largest = max(1, np.abs(PALETTE[places[2]] - picture[0]).sum(axis=1).mean() / 3)
    assert scores[:2] == pytest.approx(1 - distances / largest)


@pytest.mark.parametrize("case", ["decode1_thr19", "decode1_thr16", "decode2_thr19"])
def test_recorded_candidates(case):
    image, threshold = case.split("_thr")
    members = near_places(CODEC[f"{image}_image"], LEVELS, float(threshold))
    places, scores = members.best(2000)
    recorded = CODEC[f"{case}_prenms_scores"]
    np.testing.assert_allclose(scores, np.sort(recorded)[::-1], atol=1e-6)
    areas = masks_of(members, places).sum(axis=(1, 2))
    # Candidates of equal score may come in another order, and at the cut-off other ones.
    clear = recorded > recorded.min() + 1e-5
    assert sorted(areas[clear]) == sorted(CODEC[f"{case}_prenms_areas"][clear])


def test_overlaps_equal_those_of_the_masks():
    picture = CODEC["decode1_image"]
    members = near_places(picture, LEVELS, 16)
    places, _ = members.best(60)
    masks = masks_of(members, places)
    expected = mask_iou(masks, masks, np.zeros(len(masks), bool))
    np.testing.assert_allclose(overlaps(members, places), expected, atol=1e-12)


def test_black_is_near_the_last_place_unless_ignored():
    black = np.zeros((4, 5, 3), np.uint8)
    places, scores = near_places(black, LEVELS, 19).best(10)
    assert places.tolist() == [6399]
    assert scores.tolist() == [0.0]
    assert len(near_places(black, LEVELS, 19, ignore_black=True).best(10)[0]) == 0
    assert len(near_places(black, LEVELS, 15).best(10)[0]) == 0
    dark = np.array([[[30, 8, 8], [14, 4, 4]]], np.uint8)
    kept = near_places(dark, LEVELS, 19, ignore_black=True)
    assert masks_of(kept, np.array([6399])).tolist() == [[[True, False]]]


def test_a_full_cube_in_pieces_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    picture = CODEC["decode1_image"]
    places, scores = near_places(picture, LEVELS, 16).best(60)
    monkeypatch.setattr(candidates, "_MOST", 3)
    members = near_places(picture, LEVELS, 16)
    assert max(stop - start for start, stop, _ in members.cubes) == 3
    again = members.best(60)
    np.testing.assert_array_equal(again[0], places)
    np.testing.assert_array_equal(again[1], scores)
