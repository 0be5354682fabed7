"""Task switching with restoration as one class, by painters whose answers are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.abilities.switch import (
    OWN_QUERY,
    RESTORATION,
    SAME_QUERY,
    figure_switching,
    merged,
    scene_switching,
)
from painter_kit.data.base import open_dataset
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import draw_queries
from painter_kit.training.switching import Switching

WORLD = open_dataset("world")


class Known:
    """Paints the truth under the prompted task, of scenes or of figures."""

    canvas = 64

    def __init__(self, figures: bool = False) -> None:
        self.figures = figures
        self.seen: dict[str, list[np.ndarray]] = {}

    def pictures(self, prompt: Prompt, images, spec=None) -> np.ndarray:
        self.seen.setdefault(prompt.task, []).append(np.stack(images))
        task = prompt.task
        restored = task in ("denoise", "derain", "enhance")
        source = "keypoint" if self.figures else task
        queries = draw_queries(WORLD, source, "test", len(images))
        coded = prompt.effective(WORLD.spec(task))
        truths = [{"clean": e.image} if restored and self.figures else e.truth for e in queries]
        targets = [get_task(task).encode(t, coded, (64, 64)) for t in truths]
        return np.stack(targets).astype(np.float32) / 255 + 0.001


@pytest.fixture(scope="module")
def known() -> Known:
    return Known()


@pytest.fixture(scope="module")
def scenes(known: Known) -> dict[str, Switching]:
    return scene_switching(known, 2, 3)  # pyright: ignore


def test_the_truth_switches_perfectly_and_restoration_is_one_class(scenes: dict, known: Known):
    assert list(scenes) == [OWN_QUERY, SAME_QUERY]
    for found in scenes.values():
        assert list(found.counts) == ["depth", "semantic", "instance", "foreground", RESTORATION]
        assert found.share == 1
        assert sum(found.counts[RESTORATION].values()) + found.excluded == 6
    assert {"denoise", "derain", "enhance"} <= set(known.seen)


def test_restoration_is_asked_on_corrupted_queries_and_the_rest_on_clean_ones(
    scenes: dict, known: Known
):
    clean = np.stack([e.image for e in draw_queries(WORLD, "depth", "test", 2)])
    for pictures in known.seen["depth"][::2]:
        np.testing.assert_array_equal(pictures, clean)
    for task in ("denoise", "derain", "enhance"):
        assert np.abs(known.seen[task][0].astype(int) - clean).mean() > 5


def test_the_same_corrupted_query_is_asked_under_all_prompts(scenes: dict, known: Known):
    for number, restored in enumerate(("denoise", "derain", "enhance")):
        for task in ("depth", "semantic", "instance", "foreground"):
            asked = known.seen[task][2 * number + 1]
            np.testing.assert_array_equal(asked, known.seen[restored][1])


def test_who_restores_whatever_is_corrupted_is_found_out():
    """It knows the truth of every clean picture, and restores every other one."""
    known = Known()
    clean = np.stack([e.image for e in draw_queries(WORLD, "depth", "test", 2)])

    def pictures(prompt: Prompt, images, spec=None) -> np.ndarray:
        if np.array_equal(np.stack(images), clean):
            return known.pictures(prompt, images)
        return clean.astype(np.float32) / 255

    painter = SimpleNamespace(canvas=64, pictures=pictures)
    found = scene_switching(painter, 2, 2)  # pyright: ignore
    assert found[OWN_QUERY].share == 1
    assert found[SAME_QUERY].share == pytest.approx(1 / 5)


def test_figures_have_keypoints_and_their_clean_pictures():
    for found in figure_switching(Known(figures=True), 3, 2).values():  # pyright: ignore
        assert list(found.counts) == ["keypoint", RESTORATION]
        assert found.share == 1
        assert found.counts["keypoint"] == {"keypoint": 6, RESTORATION: 0}


def test_a_painter_of_the_input_never_paints_keypoints():
    copier = SimpleNamespace(
        canvas=64, pictures=lambda prompt, images, spec=None: np.stack(images) / 255.0
    )
    for found in figure_switching(copier, 3, 2).values():  # pyright: ignore
        assert found.shares["keypoint"] == 0
        assert found.shares[RESTORATION] == 1


def test_sets_are_put_together():
    groups = ("a", "b")
    first = Switching(("depth", "denoise"), np.array([[[0, 0], [-1, -1]]]), groups)
    second = Switching(("depth", "derain"), np.array([[[0, 1], [1, 1]]]), groups)
    found = merged([first, second])
    assert found.counts == {
        "depth": {"depth": 2, RESTORATION: 1},
        RESTORATION: {"depth": 1, RESTORATION: 2},
    }
    assert found.excluded == 1
    assert found.share == pytest.approx(4 / 6)
