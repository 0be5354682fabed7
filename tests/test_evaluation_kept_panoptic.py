import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from painter_kit.data.coco_categories import NAMES
from painter_kit.data.coco_files import SEGMENT, read_segments
from painter_kit.data.pictures import read_image
from painter_kit.data.specs import class_spec
from painter_kit.evaluation.kept.panoptic import PanopticFiles, id_colours
from painter_kit.types import Example

SPEC = class_spec("coco", "coco-semantic", NAMES)
SIZE = (10, 12)


class Found(NamedTuple):
    """What a panoptic prediction has."""

    segments: np.ndarray
    categories: np.ndarray
    masks: np.ndarray
    scores: np.ndarray
    labels: np.ndarray


def found(seed: int) -> Found:
    """Three segments, the second of which is covered by the others, and two instances."""
    rng = np.random.default_rng(seed)
    segments = rng.choice([0, 1, 3], SIZE).astype(np.int32)
    masks = np.stack([segments == 1, segments == 3])
    scores, labels = np.float32([0.9, 0.6]), np.array([0, 79])
    return Found(segments, np.array([0, 5, 132]), masks, scores, labels)


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, dict[str, Found]]:
    files, made = PanopticFiles(tmp_path), {"000000000009": found(0), "000000000002": found(1)}
    for name, prediction in made.items():
        example = Example(name, name, np.zeros((*SIZE, 3), np.uint8), {})
        assert not files.has(name)
        files.keep(example, {}, prediction, SPEC)
        assert files.has(name)
    names = ["panoptic", "panoptic.json", "instances.json"]
    assert files.finish(list(made)) == [tmp_path / name for name in names]
    return tmp_path, made


def test_an_independent_reader_finds_the_segments(kept: tuple[Path, dict[str, Found]]):
    folder, made = kept
    annotations = json.loads((folder / "panoptic.json").read_text())["annotations"]
    assert [a["image_id"] for a in annotations] == [2, 9]
    for annotation in annotations:
        prediction = made[f"{annotation['image_id']:012d}"]
        colours = read_image(folder / "panoptic" / annotation["file_name"]).astype(int)
        ids = colours[..., 0] + 256 * colours[..., 1] + 256**2 * colours[..., 2]
        np.testing.assert_array_equal(ids, prediction.segments)
        listed = {s["id"]: (s["category_id"], s["area"]) for s in annotation["segments_info"]}
        assert listed == {
            1: (1, int((ids == 1).sum())),
            3: (200, int((ids == 3).sum())),
        }


def test_our_own_reader_of_the_official_files_agrees(kept: tuple[Path, dict[str, Found]]):
    folder, made = kept
    segments = np.array([(1, 0, False, True), (3, 132, False, False)], SEGMENT)
    read = read_segments(folder / "panoptic/000000000009.png", segments)
    np.testing.assert_array_equal(read > 0, made["000000000009"].segments > 0)


def test_instances_have_classes(kept: tuple[Path, dict[str, Found]]):
    entries = json.loads((kept[0] / "instances.json").read_text())
    assert [(e["image_id"], e["category_id"]) for e in entries] == [
        (2, 1),
        (2, 90),
        (9, 1),
        (9, 90),
    ]
    assert [round(e["score"], 6) for e in entries[:2]] == [0.9, 0.6]


def test_large_ids_take_all_three_channels():
    colours = id_colours(np.array([[0, 255, 256, 65536 * 3 + 256 * 2 + 1]]))
    assert colours.tolist() == [[[0, 0, 0], [255, 0, 0], [0, 1, 0], [1, 2, 3]]]


def test_a_picture_whose_segments_are_not_written_is_not_done(
    kept: tuple[Path, dict[str, Found]],
):
    folder, _ = kept
    (folder / "segments/parts/000000000002.json").unlink()
    files = PanopticFiles(folder)
    assert not files.has("000000000002")
    assert files.has("000000000009")
