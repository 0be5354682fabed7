"""COCO's files through preparation, reading, painting, decoding and measuring.

Once with the written world, once with real pictures of the folder ``PAINTERKIT_SAMPLES``. Painted
truth and disturbed painted truth stand in for a model.
"""

import contextlib
import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from painter_kit.data.coco import CocoData
from painter_kit.data.coco_categories import IDS
from painter_kit.data.pairs import PAIR_TYPES, read_pair_list
from painter_kit.data.pictures import read_image
from painter_kit.data.prepare import coco_instances, coco_semantic
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.tasks.base import get_task
from painter_kit.types import Example, Painted, Record, Spec
from tests.coco_oracle import NAMES
from tests.coco_roots import copied_root, sample_folder, written_root


@pytest.fixture(scope="module", params=["world", "samples"])
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = written_root(tmp_path_factory) if request.param == "world" else sample_folder()
    return copied_root(tmp_path_factory, source)


def painted_truth(spec: Spec[Any], example: Example, side: int | None, change: Callable) -> Painted:
    """The truth as a model paints it, at the picture's size or (side, side)."""
    size = (side, side) if side else example.image.shape[:2]
    truth = dict(example.truth)
    if spec.parts:
        segments, categories, crowd = (truth[n] for n in ("segments", "categories", "crowd"))
        things = np.flatnonzero((categories < 80) & ~crowd)
        labels = np.concatenate([[255], categories])[segments].astype(np.uint8)
        shown = {"labels": labels, "masks": segments == things[:, None, None] + 1}
        parts = Example(example.id, example.group, example.image, shown)
        return {name: painted_truth(part, parts, side, change) for name, part in spec.parts}
    target = get_task(spec.task).encode(truth, spec, size)
    return change(target.astype(np.float32) / np.float32(255))


def same(output: np.ndarray) -> np.ndarray:
    return output


def disturbed(output: np.ndarray) -> np.ndarray:
    """Shifted by two and three pixels, a corner missing, a little noisy."""
    moved = np.roll(output, (2, -3), (0, 1))
    moved[:30, :40] = 0
    noise = np.random.default_rng(len(output)).normal(0, 2 / 255, moved.shape)
    return moved + noise.astype(np.float32)


@lru_cache
def measured(
    data: CocoData, task: str, side: int | None, change: Callable = same
) -> tuple[list[Record], list[tuple[Example, Any]]]:
    """Records of the test pictures, and what was decoded of each."""
    spec, functions = data.spec(task), get_task(task)
    found, records = [], []
    for example in data.examples(task, "test"):
        painted = painted_truth(spec, example, side, change)
        prediction = functions.decode(painted, spec, example.image.shape[:2])
        records.append(functions.measure(prediction, example.truth, spec))
        found.append((example, prediction))
    return records, found


def metrics(data: CocoData, task: str, side: int | None) -> dict[str, float]:
    records, _ = measured(data, task, side)
    return get_task(task).summarise(records, data.spec(task))


def test_prepared_pairs_are_what_encoding_paints(root: Path):
    data, options = CocoData(root), PrepareOptions(copies=0)
    lists: list[Path] = []
    for step in (*coco_semantic.STEPS, *coco_instances.STEPS):
        items = step.items(root, options)
        if step.name == "instances":
            items = items[-1:]  # they take a second each
        run_items(items)
        lists += step.finish(root, options)
    pairs = [entry for path in lists for entry in read_pair_list(path)]
    assert {PAIR_TYPES[entry.type] for entry in pairs} == {"coco-semantic", "instance"}
    examples = {e.id: e for e in data.examples("coco-semantic", "test")}
    for entry in pairs:
        image, target = (read_image(root / p) for p in (entry.image_path, entry.target_path))
        assert image.shape == target.shape
        example = examples.get(Path(entry.image_path).stem)
        if PAIR_TYPES[entry.type] == "coco-semantic" and example:
            spec, size = data.spec("coco-semantic"), example.image.shape[:2]
            encoded = get_task("coco-semantic").encode(example.truth, spec, size)
            np.testing.assert_array_equal(target, encoded)
            np.testing.assert_array_equal(image, example.image)


def test_classes_painted_at_their_own_size_are_read_back(root: Path):
    assert metrics(CocoData(root), "coco-semantic", None)["miou"] == 1
    # Resizing colours bilinearly can make wrong classes at borders.
    assert metrics(CocoData(root), "coco-semantic", 560)["miou"] > 0.9


def test_painted_instances_come_back_mostly(root: Path):
    # Objects that share a place or are painted over are lost.
    found = metrics(CocoData(root), "instance", None)
    assert 0.7 < found["ap"] <= found["ap50"] <= 1
    assert found.get("ap_large", 1) > 0.8


@pytest.mark.parametrize("side", [None, 560])
def test_panoptic_from_painted_parts(root: Path, side: int | None):
    data = CocoData(root)
    found = metrics(data, "panoptic", side)
    assert found["miou"] > 0.8
    assert 0.6 < found["pq"] <= found["sq"] <= 1
    assert found["pq_things"] > 0.6
    # Only the area that stuff must have keeps true stuff from being found.
    records, pictures = measured(data, "panoptic", side)
    for record, (example, _) in zip(records, pictures, strict=True):
        truth = example.truth
        areas = np.bincount(truth["segments"].ravel(), minlength=1 + len(truth["categories"]))[1:]
        stuff = truth["categories"][(truth["categories"] >= 80) & (areas >= 10_000)]
        rows = record.values[1:].reshape(-1, 133)
        assert (rows[0, stuff] == 1).all()


def official_ap(root: Path, found: list[tuple[Example, Any]], by_class: bool) -> dict[str, float]:
    """What pycocotools says of the detections, with the annotation file as it is on disk."""
    results = []
    found = [(e, p) for e, p in found if "masks" in e.truth]  # that the file knows
    for example, prediction in found:
        labels = getattr(prediction, "labels", np.zeros(len(prediction.masks), int))
        for mask, score, label in zip(prediction.masks, prediction.scores, labels, strict=True):
            shape = coco_mask.encode(np.asfortranarray(mask, np.uint8))
            results.append(
                {"image_id": int(example.id), "category_id": IDS[label]}
                | {"segmentation": shape, "score": float(score)}
            )
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(root / "coco" / "annotations" / "instances_val2017.json"))
        evaluation = COCOeval(truth, truth.loadRes(results), "segm")
        evaluation.params.useCats = int(by_class)
        evaluation.params.imgIds = [int(example.id) for example, _ in found]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, evaluation.stats[:6].tolist(), strict=True))


@pytest.mark.parametrize(
    ("task", "prefix"), [("instance", ""), ("panoptic", ""), ("panoptic", "class_")]
)
def test_instance_ap_equals_pycocotools_on_the_official_annotations(
    root: Path, task: str, prefix: str
):
    data = CocoData(root)
    records, found = measured(data, task, 560, disturbed)
    own = get_task(task).summarise(records, data.spec(task))
    expected = official_ap(root, found, prefix == "class_")
    assert 0 < expected["ap"] < 1
    for name, value in expected.items():
        assert own.get(f"{prefix}{name}", -1) == pytest.approx(value, abs=1e-12), name
