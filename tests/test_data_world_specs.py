import json
from typing import Any

import numpy as np
import pytest

from painter_kit.data.world.dataset import WorldDataset
from painter_kit.data.world.scene import CLASSES
from painter_kit.data.world.specs import SEEN_CLASSES, world_spec
from painter_kit.data.world.truth import WORLD_TASKS
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Example

DATA = ("world", "world-shifted", "world-unseen")
# What painting and reading back the truth reaches at least (most for depth, in metres).
PERFECT = {
    "depth": 0.03,
    "semantic": 1.0,
    "coco-semantic": 1.0,
    "foreground": 1.0,
    "instance": 0.97,
    "panoptic": 1.0,
    "keypoint": 0.97,
    "denoise": 100.0,
    "derain": 100.0,
    "enhance": 100.0,
}


def painted_truth(dataset: WorldDataset, task: str, index: int, example: Example) -> Any:
    """What a perfect model paints: of panoptic each part, which is a task of its own."""
    base = dataset.spec(task)
    if base.parts:
        parts = {name: part.task for name, part in base.parts}
        return {
            name: painted_truth(dataset, t, index, dataset.examples(t, "test")[index])
            for name, t in parts.items()
        }
    return make_pair(get_task(task), base, example).target.astype(np.float32) / 255


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("task", WORLD_TASKS)
def test_painted_truth_reads_back_as_the_truth(task, data):
    dataset = WorldDataset(data)
    base, functions = dataset.spec(task), get_task(task)
    records = []
    for index in range(8):
        example = dataset.examples(task, "test")[index]
        spec = base.with_coding(example.coding or base.coding)
        painted = painted_truth(dataset, task, index, example)
        predicted = functions.decode(painted, spec, example.image.shape[:2])
        records.append(functions.measure(predicted, example.truth, spec))
    reached = functions.summarise(records, base)[base.metric]
    if base.direction == "min":
        assert reached <= PERFECT[task]
    else:
        assert reached >= PERFECT[task]


def test_specs_differ_where_the_variants_differ():
    digests = {world_spec(task, data).digest for task in WORLD_TASKS for data in DATA}
    assert len(digests) == len(WORLD_TASKS) * len(DATA)
    assert world_spec("semantic").classes == SEEN_CLASSES == CLASSES[:8]
    assert world_spec("semantic", "world-unseen").classes == CLASSES
    for data in DATA:
        spec = world_spec("semantic", data)
        assert len(spec.coding.palette) == len(spec.classes)
    names = world_spec("keypoint", "world-unseen").protocol.names
    assert "left_hind_foot" in names
    assert len(names) == len(world_spec("keypoint").coding.palette)


def test_pixel_constants_scale_with_the_canvas():
    small, large = world_spec("instance").protocol, world_spec("instance", canvas=128).protocol
    assert large.near_empty == pytest.approx(4 * small.near_empty, abs=4)
    assert world_spec("keypoint", canvas=128).protocol.heat_sigma == 4
    assert world_spec("panoptic", canvas=128).protocol.stuff_area == 436  # 8192 of 480 x 640
    json.dumps(world_spec("keypoint").coding.to_json())


@pytest.mark.parametrize("data", DATA)
def test_panoptic_is_made_of_the_tasks_of_its_parts(data):
    spec = world_spec("panoptic", data)
    assert spec.part("semantic") == world_spec("coco-semantic", data)
    assert spec.part("instance") == world_spec("instance", data)
    assert spec.classes[:2] == ("wall", "floor")
    assert spec.protocol.things == tuple(range(2, len(spec.classes)))
