"""Kept predictions of COCO, measured again by other programs, give the figures that were told."""

import io
import json
from collections import defaultdict
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from painter_kit.cli.main import cli
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout

Told = dict[str, float]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world as COCO, evaluated with what was predicted kept."""
    folder = tmp_path_factory.mktemp("kept")
    write_layout(get_layout("coco"), folder / "data", LayoutOptions(8, size=(150, 200)))
    for task in ("instance", "panoptic", "keypoint"):
        args = ["evaluate", "--task", task, "--data", "coco", "--data-root", folder / "data"]
        args += ["--out", folder / task, "--store", folder / "store", "--keep-predictions"]
        args += ["--device", "cpu", "--no-mlflow", "--resamples", "10", "--prompt", "random:1"]
        result = CliRunner().invoke(cli, [str(arg) for arg in args])
        assert result.exit_code == 0, result.output
    return folder


def told(folder: Path, task: str) -> Told:
    metrics = json.loads((folder / task / "result.json").read_text())["metrics"]
    return {name: metric["value"] for name, metric in metrics.items()}


def coco_ap(folder: Path, truth: str, task: str, kind: Any, classes: bool = True) -> np.ndarray:
    """AP, AP50 and AP75 by pycocotools from the files alone."""
    name = "keypoints.json" if kind == "keypoints" else "instances.json"
    results = folder / task / "predictions" / task / name
    with redirect_stdout(io.StringIO()):
        official = COCO(str(folder / "data/coco/annotations" / f"{truth}_val2017.json"))
        judging = COCOeval(official, official.loadRes(str(results)), kind)
        judging.params.useCats = int(classes)
        judging.evaluate()
        judging.accumulate()
        judging.summarize()
    return np.asarray(judging.stats[:3])


def test_instances_without_and_with_classes(folder: Path):
    alone, whole = told(folder, "instance"), told(folder, "panoptic")
    expected = [alone["ap"], alone["ap50"], alone["ap75"]]
    assert coco_ap(folder, "instances", "instance", "segm", False) == pytest.approx(expected)
    assert alone["ap50"] > 0.02
    assert coco_ap(folder, "instances", "panoptic", "segm", False)[0] == pytest.approx(whole["ap"])
    by_class = [whole["class_ap"], whole["class_ap50"], whole["class_ap75"]]
    assert coco_ap(folder, "instances", "panoptic", "segm") == pytest.approx(by_class)


def test_keypoints(folder: Path):
    metrics = told(folder, "keypoint")
    expected = [metrics["ap"], metrics["ap50"], metrics["ap75"]]
    found = coco_ap(folder, "person_keypoints", "keypoint", "keypoints")
    assert found == pytest.approx(expected)
    results = json.loads((folder / "keypoint/predictions/keypoint/keypoints.json").read_text())
    assert {len(result["keypoints"]) for result in results} == {51}


def ids_of(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        colours = np.asarray(picture.convert("RGB")).astype(np.int64)
    return colours[..., 0] + 256 * colours[..., 1] + 65536 * colours[..., 2]


def by_image(path: Path) -> dict[int, dict[str, Any]]:
    return {a["image_id"]: a for a in json.loads(path.read_text())["annotations"]}


def panoptic_quality(truth: Path, found: Path) -> float:
    """PQ of all classes from two JSON files with a folder of PNGs of the same name beside each,
    segment by segment as the benchmark defines it."""
    hits: dict[int, float] = defaultdict(float)
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for image, true in by_image(truth).items():
        own = by_image(found)[image]
        true_ids = ids_of(truth.with_suffix("") / true["file_name"])
        own_ids = ids_of(found.with_suffix("") / own["file_name"])
        matched: set[tuple[str, int]] = set()
        for t in true["segments_info"]:
            for o in own["segments_info"]:
                if t["category_id"] != o["category_id"] or t["iscrowd"]:
                    continue
                mask, other = true_ids == t["id"], own_ids == o["id"]
                union = np.sum((mask | other) & ((true_ids > 0) | mask))
                iou = np.sum(mask & other) / union
                if iou > 0.5:
                    hits[t["category_id"]] += iou
                    counts[t["category_id"]][0] += 1
                    matched |= {("true", t["id"]), ("own", o["id"])}
        for o in own["segments_info"]:
            other = own_ids == o["id"]
            free = true_ids == 0
            for t in true["segments_info"]:
                if t["iscrowd"] and t["category_id"] == o["category_id"]:
                    free |= true_ids == t["id"]
            if ("own", o["id"]) not in matched and np.sum(other & free) <= other.sum() / 2:
                counts[o["category_id"]][1] += 1
        for t in true["segments_info"]:
            if ("true", t["id"]) not in matched and not t["iscrowd"]:
                counts[t["category_id"]][2] += 1
    each = [hits[c] / (tp + fp / 2 + fn / 2) for c, (tp, fp, fn) in counts.items()]
    return float(np.mean(each))


def test_panoptic_quality_of_the_files_is_the_one_told(folder: Path):
    truth = folder / "data/coco/annotations/panoptic_val2017.json"
    found = folder / "panoptic/predictions/panoptic/panoptic.json"
    quality = panoptic_quality(truth, found)
    assert quality == pytest.approx(told(folder, "panoptic")["pq"])
    assert quality > 0.02
    assert panoptic_quality(truth, truth) == 1
