import numpy as np
import pytest

from painter_kit.data.world.figures import PERSON, QUADRUPED, SKELETONS, render_figure

COUNT = 40
FIGURES = {
    skeleton: [render_figure(0, "test", index, skeleton=skeleton) for index in range(COUNT)]
    for skeleton in SKELETONS
}
ALL = [figure for figures in FIGURES.values() for figure in figures]


def luminance(figure, name, names):
    x, y, _ = figure.keypoints[names.index(name)]
    return figure.image[round(float(y)), round(float(x))].mean()


def test_a_key_gives_one_figure_and_other_keys_others():
    again = render_figure(0, "test", 5)
    for name, value in vars(FIGURES["person"][5]).items():
        np.testing.assert_array_equal(value, getattr(again, name))
    assert np.any(render_figure(0, "train", 5).image != again.image)


def test_all_keypoints_are_visible_and_inside_picture_and_box():
    for figure in ALL:
        points = figure.keypoints[:, :2]
        assert figure.keypoints.shape == (7, 3)
        assert (figure.keypoints[:, 2] == 2).all()
        assert points.min() >= 0
        assert points.max() <= 63
        low, extent = figure.box[:2], figure.box[2:]
        assert (points >= low - 1).all()
        assert (points <= low + extent).all()
        assert 0.03 < figure.area / 64**2 < 0.5


def test_figures_are_large():
    for figure in FIGURES["person"]:
        assert figure.box[2:].max() >= 30


@pytest.mark.parametrize(
    ("skeleton", "names", "pairs"),
    [
        ("person", PERSON, [("left_foot", "right_foot"), ("left_hand", "right_hand")]),
        (
            "quadruped",
            QUADRUPED,
            [
                ("left_front_foot", "right_front_foot"),
                ("left_hind_foot", "right_hind_foot"),
            ],
        ),
    ],
)
def test_left_is_light_and_right_is_dark(skeleton, names, pairs):
    right = total = 0
    for figure in FIGURES[skeleton]:
        for light, dark in pairs:
            right += luminance(figure, light, names) > luminance(figure, dark, names) + 30
            total += 1
    assert right / total > 0.9  # a limb may hide the end of another


def test_place_alone_does_not_tell_left_from_right():
    left = PERSON.index("left_foot")
    sides = [f.keypoints[left, 0] < f.keypoints[left + 1, 0] for f in FIGURES["person"]]
    assert 0.25 < np.mean(sides) < 0.75


def test_a_larger_picture_shows_the_same_figure():
    small, large = FIGURES["person"][0], render_figure(0, "test", 0, (192, 192))
    np.testing.assert_allclose(
        (small.keypoints[:, :2] + 0.5) * 3 - 0.5, large.keypoints[:, :2], atol=0.01
    )
