"""Tasks that training never had, as datasets."""

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.world.new_tasks import NEW_TASKS
from painter_kit.data.world.specs import SEEN_CLASSES
from painter_kit.errors import InputError


@pytest.mark.parametrize("name", NEW_TASKS)
def test_truth_is_what_the_name_says(name: str):
    dataset = open_dataset(f"world-{name}")
    (task,) = dataset.tasks
    example = dataset.examples(task, "test")[3]
    scene = open_dataset("world").examples("semantic", "test")[3]
    np.testing.assert_array_equal(example.image, scene.image)
    if name == "invert":
        np.testing.assert_array_equal(example.truth["clean"], 255 - scene.image)
    elif name == "grey":
        assert np.ptp(example.truth["clean"], axis=2).max() == 0
    else:
        ring = scene.truth["labels"] == SEEN_CLASSES.index("ring")
        np.testing.assert_array_equal(example.truth["mask"], ring)
    assert dataset.spec(task).data == f"world-{name}"
    assert example.digest != scene.digest


def test_other_tasks_and_arguments_are_refused():
    dataset = open_dataset("world-ring")
    with pytest.raises(InputError, match="has no task denoise"):
        dataset.examples("denoise", "test")
    with pytest.raises(InputError, match="after a colon"):
        open_dataset("world-ring:x")
