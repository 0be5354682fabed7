"""Readers of annotations in COCO's form: COCO itself, LVIS, and keypoints of animals."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.bad_input.of_data import Use, used, written
from benchmarks.bad_input.table import Reader

_JSON_FIRST = ("*.json", "*.json", "*.png", "*.jpg")


def _coco(task: str, *parts: str) -> Reader:
    uses: list[Use] = [("coco", task, "train"), ("coco", task, "test")]
    if task == "keypoint":
        uses.append(("coco:gt-boxes", task, "test"))
    sample = partial(written, layout="coco")
    return Reader(f"coco-{task}", sample, partial(used, uses), parts)


def _original(folder: Path) -> None:
    import json

    written(folder, "animalpose")
    place = folder / "animalpose"
    found = json.loads((place / "annotations" / "animalpose_train.json").read_text())
    images = {str(entry["id"]): entry["file_name"] for entry in found["images"]}
    for entry in found["annotations"]:
        x, y, width, height = entry["bbox"]
        entry["bbox"] = [x, y, x + width, y + height]
        flat = entry["keypoints"]
        entry["keypoints"] = [flat[i : i + 3] for i in range(0, len(flat), 3)]
    (place / "images").mkdir(exist_ok=True)
    for name in images.values():
        source = next(p for p in (place / name, place / "images" / name) if p.is_file())
        target = place / "images" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source != target:
            source.rename(target)
    kept = {"images": images, "annotations": found["annotations"]}
    kept["categories"] = found["categories"]
    (place / "keypoints.json").write_text(json.dumps(kept))


READERS = (
    _coco("coco-semantic", "*panoptic*", "*.jpg"),
    _coco("instance", "*panoptic_train*", "*instances_val*", "*.jpg"),
    _coco("panoptic", "*panoptic*", "*instances_val*", "*.jpg"),
    _coco("keypoint", "*keypoints*", "*detections*", "*.jpg"),
    Reader(
        "lvis",
        partial(written, layout="lvis"),
        partial(used, [("lvis", "instance", "train"), ("lvis:full", "instance", "test")]),
        _JSON_FIRST,
    ),
    Reader(
        "ap10k",
        partial(written, layout="ap10k"),
        partial(used, [("ap10k", "keypoint", "train"), ("ap10k", "keypoint", "test")]),
        _JSON_FIRST,
    ),
    Reader(
        "animalpose",
        partial(written, layout="animalpose"),
        partial(used, [("animalpose", "keypoint", "train"), ("animalpose", "keypoint", "test")]),
        _JSON_FIRST,
    ),
    Reader(
        "animalpose-original",
        _original,
        partial(used, [("animalpose:original", "keypoint", "all")]),
        ("*keypoints.json", "*.jpg"),
    ),
)
