import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from painter_kit.data.specs import instance_spec
from painter_kit.errors import InputError
from painter_kit.evaluation.kept.results import (
    ResultFiles,
    instance_entries,
    keypoint_entries,
    run_lengths,
)
from painter_kit.tasks.base import get_task
from painter_kit.tasks.heat import Keypoints
from painter_kit.tasks.instance import Instances
from painter_kit.tasks.people import People
from painter_kit.types import Example

SPEC = instance_spec("coco")
SIZE = (40, 50)


def example(name: str) -> Example:
    return Example(name, name, np.zeros((*SIZE, 3), np.uint8), {})


def boxes(*corners: tuple[int, int, int, int]) -> np.ndarray:
    masks = np.zeros((len(corners), *SIZE), bool)
    for mask, (top, left, bottom, right) in zip(masks, corners, strict=True):
        mask[top:bottom, left:right] = True
    return masks


TRUTH = {
    "000000000007": boxes((0, 0, 20, 20), (20, 20, 40, 50)),
    "000000000139": boxes((5, 5, 30, 30)),
}
FOUND = {
    "000000000007": Instances(
        boxes((0, 0, 20, 18), (20, 25, 40, 50), (0, 40, 9, 50)), np.float32([0.9, 0.6, 0.3])
    ),
    "000000000139": Instances(boxes((6, 5, 30, 30)), np.float32([0.8])),
}


def official(truth: dict[str, np.ndarray]) -> COCO:
    """The truth as pycocotools takes it, class-agnostic."""
    annotations: list[dict[str, Any]] = []
    for name, masks in truth.items():
        for mask in masks:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": int(name),
                    "category_id": 3,
                    "segmentation": run_lengths(mask),
                    "area": int(mask.sum()),
                    "iscrowd": 0,
                    "bbox": [0, 0, 1, 1],
                }
            )
    made = COCO()
    made.dataset = {
        "images": [{"id": int(n), "height": SIZE[0], "width": SIZE[1]} for n in truth],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}],
    }
    with redirect_stdout(io.StringIO()):
        made.createIndex()
    return made


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    files = ResultFiles(tmp_path, "instances.json", instance_entries)
    for name, found in reversed(FOUND.items()):
        assert not files.has(name)
        files.keep(example(name), None, found, SPEC)  # pyright: ignore[reportArgumentType]
        assert files.has(name)
    (path,) = files.finish(list(FOUND))
    return path


def test_pycocotools_takes_the_list_and_gets_our_ap(kept: Path):
    with redirect_stdout(io.StringIO()):
        results = official(TRUTH).loadRes(str(kept))
        judging = COCOeval(official(TRUTH), results, "segm")
        judging.params.useCats = 0
        judging.evaluate()
        judging.accumulate()
        judging.summarize()
    task = get_task("instance")
    records = [task.measure(FOUND[n], {"masks": TRUTH[n]}, SPEC) for n in TRUTH]
    ours = task.summarise(records, SPEC)
    assert judging.stats[0] == pytest.approx(ours["ap"])
    assert judging.stats[1] == pytest.approx(ours["ap50"])
    assert 0 < ours["ap"] < 1


def test_areas_are_those_of_the_masks_because_there_is_no_box(kept: Path):
    entries = json.loads(kept.read_text())
    assert [e["image_id"] for e in entries] == [7, 7, 7, 139]
    assert all("bbox" not in e for e in entries)
    with redirect_stdout(io.StringIO()):
        results = official(TRUTH).loadRes(str(kept))
    assert results.anns[1]["area"] == 20 * 18
    np.testing.assert_array_equal(
        coco_mask.decode(entries[3]["segmentation"]), FOUND["000000000139"].masks[0]
    )


def test_persons_have_scores_of_their_own():
    points = np.arange(12, dtype=np.float64).reshape(2, 3, 2)
    scores = np.array([[0.5, 0.25, 0], [1, 1, 1]])
    first, second = keypoint_entries(
        391,
        People(points, scores, np.array([0.7, 0.2]), SIZE),
        None,  # pyright: ignore
    )
    assert first["keypoints"] == [0, 1, 0.5, 2, 3, 0.25, 4, 5, 0]
    assert (first["score"], first["image_id"], first["category_id"]) == (0.7, 391, 1)
    assert second["score"] == 0.2


def test_a_picture_of_one_person_has_one_result():
    found = Keypoints(np.array([[1.25, 2.0], [3, 4]]), np.array([0.5, 1.0]), SIZE)
    (entry,) = keypoint_entries("p", found, None)  # pyright: ignore[reportArgumentType]
    assert entry["keypoints"] == [1.25, 2, 0.5, 3, 4, 1]
    assert entry["score"] == 0.75


def test_no_person_is_no_result_but_done(tmp_path: Path):
    files = ResultFiles(tmp_path, "keypoints.json", keypoint_entries)
    nobody = People(np.zeros((0, 3, 2)), np.zeros((0, 3)), np.zeros(0), SIZE)
    files.keep(example("1"), None, nobody, SPEC)  # pyright: ignore[reportArgumentType]
    assert files.has("1")
    assert json.loads(files.finish(["1"])[0].read_text()) == []


def test_what_is_gone_in_the_end_is_named(tmp_path: Path):
    files = ResultFiles(tmp_path, "keypoints.json", keypoint_entries)
    with pytest.raises(InputError, match=r"parts/1\.json cannot be read"):
        files.finish(["1"])
    files.write("1", [])
    (tmp_path / "parts" / "1.json").write_text("7")
    with pytest.raises(InputError, match=r"parts/1\.json cannot be read \(it holds no list"):
        files.finish(["1"])
