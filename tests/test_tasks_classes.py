import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task
from painter_kit.tasks.classes import class_index, classes_of
from tests.toys import SPEC

WORLD = open_dataset("world")


def test_labels_count_by_their_pixels_and_void_counts_nowhere():
    labels = np.array([[0, 0, 3, 255]], np.uint8)
    assert classes_of(get_task("semantic"), {"labels": labels}) == {0: 0.5, 3: 0.25}
    mask = np.array([[1, 0], [0, 255]], np.uint8)
    assert classes_of(get_task("foreground"), {"mask": mask}) == {0: 0.5, 1: 0.25}


def test_instances_of_one_class_count_together_without_crowds():
    masks = np.zeros((4, 2, 4), bool)
    masks[0, 0, :2] = masks[1, 0, 1:3] = masks[2, 1, :1] = masks[3, 1] = True
    truth = {"masks": masks, "categories": np.array([7, 7, 2, 5])}
    task = get_task("instance")
    assert classes_of(task, truth) == {2: 1 / 8, 5: 4 / 8, 7: 3 / 8}
    crowded = {**truth, "crowd": np.array([0, 0, 0, 1])}
    assert classes_of(task, crowded) == {2: 1 / 8, 7: 3 / 8}


@pytest.mark.parametrize("task", ["depth", "instance", "keypoint", "denoise", "panoptic"])
def test_truths_without_classes(task: str):
    assert classes_of(get_task(task), WORLD.examples(task, "select")[0].truth) == {}


def test_the_worlds_shares_add_up():
    truth = WORLD.examples("semantic", "select")[0].truth
    found = classes_of(get_task("semantic"), truth)
    assert sum(found.values()) == pytest.approx(1)
    assert list(found) == np.unique(truth["labels"]).tolist()


def test_classes_are_found_by_name_or_number():
    spec = WORLD.spec("semantic")
    assert class_index(spec, spec.classes[4]) == 4
    assert class_index(spec, "2") == 2
    assert class_index(WORLD.spec("foreground"), "foreground") == 1
    assert class_index(SPEC, "17") == 17
    with pytest.raises(InputError, match=r"semantic on world has no class 'sofa'; it has wall, "):
        class_index(spec, "sofa")
    with pytest.raises(InputError, match="has no class '99'"):
        class_index(spec, "99")
    with pytest.raises(InputError, match="classes without names, give a number"):
        class_index(SPEC, "sofa")
