"""LVIS from files to recall, on the world and on real photographs."""

import contextlib
import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from painter_kit.data.base import open_dataset
from painter_kit.data.lvis import LvisData, LvisExamples, open_lvis
from painter_kit.data.lvis_files import annotation_file, read_lvis
from painter_kit.errors import InputError
from painter_kit.evaluation.kept.results import mask_entries
from painter_kit.tasks.base import get_task
from painter_kit.tasks.kinds import KINDS
from tests.ood_toys import evaluated, written_root

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")
TASK = get_task("instance")


@pytest.fixture
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_root(tmp_path_factory, "lvis")


def pictures(data: LvisData, subset: str = "test") -> LvisExamples:
    found = data.examples("instance", subset)
    assert isinstance(found, LvisExamples)
    return found


def test_only_pictures_that_painter_was_not_trained_on_are_tested(root: Path):
    every = pictures(open_lvis("full", root))
    clean = pictures(open_lvis("", root))
    assert len(every) == 6
    assert {p.listed.folder for p in every.pictures} == {"train2017", "val2017"}
    assert {p.listed.folder for p in clean.pictures} == {"val2017"}
    assert set(clean.ids) < set(every.ids)
    assert set(every.ids).isdisjoint(pictures(open_lvis("", root), "train").ids)


def test_truth_is_every_object_the_largest_first(root: Path):
    for picture, example in zip(
        pictures(open_lvis("", root)).pictures,
        open_lvis("", root).examples("instance", "test"),
        strict=True,
    ):
        truth = example.truth
        assert truth["masks"].shape == (len(picture.outlines), *example.image.shape[:2])
        assert (np.diff(truth["areas"]) <= 0).all()
        assert not truth["crowd"].any()
        drawn = truth["masks"].sum(axis=(1, 2))
        np.testing.assert_allclose(drawn, truth["areas"], rtol=0.25, atol=12)
        assert sorted(truth["kinds"]) == sorted(picture.kinds)


def check_against_coco(data: LvisData, path: Path) -> dict[str, float]:
    """Metrics of disturbed painted truth, which are those of pycocotools without categories."""
    spec, records, results = data.spec("instance"), [], []
    spec = replace(spec, protocol=replace(spec.protocol, candidates=150))  # fewer to compare
    examples = data.examples("instance", "test")
    for example in examples:
        size = example.image.shape[:2]
        painted = TASK.encode(example.truth, spec, size).astype(np.float32) / np.float32(255)
        noise = np.random.default_rng(len(painted)).normal(0, 2 / 255, painted.shape)
        painted = np.roll(painted, (1, -2), (0, 1)) + noise.astype(np.float32)  # no equal scores
        prediction = TASK.decode(painted, spec, size)
        records.append(TASK.measure(prediction, example.truth, spec))
        ones = [1] * len(prediction.scores)
        results += mask_entries(int(example.id), prediction.masks, prediction.scores, ones)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(path))
        for annotation in truth.dataset["annotations"]:
            annotation["iscrowd"] = 0  # LVIS has no crowds and does not say so
        evaluation = COCOeval(truth, truth.loadRes(results), "segm")
        evaluation.params.useCats = 0
        evaluation.params.imgIds = [int(name) for name in examples.ids]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    found, stats = TASK.summarise(records, spec), evaluation.stats
    assert found["ap"] == pytest.approx(stats[0], abs=1e-12)
    assert found["ap50"] == pytest.approx(stats[1], abs=1e-12)
    assert found["ar"] == pytest.approx(stats[8], abs=1e-12)  # at 100 detections
    return found


def test_metrics_are_cocos_with_the_annotation_file_as_it_is(root: Path):
    found = check_against_coco(open_lvis("", root), annotation_file(root, "val", "v1"))
    assert {f"ar_{kind}" for kind in KINDS} <= set(found)
    assert 0.2 < found["ar"] < 1


@pytest.mark.skipif(not SAMPLES, reason="PAINTERKIT_SAMPLES is not set")
def test_real_annotations_and_photographs():
    folder = Path(str(SAMPLES)).resolve()
    data = open_lvis("v0.5", folder)
    assert list(pictures(data).ids) == ["000000014888", "000000196141"]
    found = check_against_coco(data, annotation_file(folder, "val", "v0.5"))
    assert found["ar_novel"] > 0


def test_recall_leads_and_its_limits_are_a_setting():
    spec = open_lvis("").spec("instance")
    assert (spec.metric, spec.direction, spec.canvas) == ("ar", "max", 560)
    assert spec.protocol.keep == 100
    assert spec.digest != open_dataset("coco").spec("instance").digest


def test_what_is_missing_or_wrong_is_named(root: Path, tmp_path: Path):
    with pytest.raises(InputError, match="unknown option 'v2'; write lvis, lvis:full"):
        open_lvis("v2")
    with pytest.raises(InputError, match="--data lvis needs --data-root DIR"):
        open_lvis("").examples("instance", "test")
    with pytest.raises(InputError, match="has the subsets train, test"):
        open_lvis("", root).examples("instance", "val")
    with pytest.raises(InputError, match="has no task depth"):
        open_lvis("").spec("depth")
    with pytest.raises(InputError, match=r"lvis_v1_val\.json does not exist; unpack"):
        open_lvis("", tmp_path).examples("instance", "test")
    (tmp_path / "lvis").mkdir()
    (tmp_path / "lvis" / "annotations").symlink_to(root / "lvis" / "annotations")
    with pytest.raises(InputError, match=r"val2017/.*jpg and \d more do not exist; .*unpack COCO"):
        open_lvis("", tmp_path).examples("instance", "test")


def test_evaluating_on_the_written_world(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found = evaluated(
        tmp_path, monkeypatch, "--data", "lvis:full", "--task", "instance", "--data-root", str(root)
    )
    assert (found["n"], found["primary"]) == (6, "ar")
    assert {"ap", "ar", "ar_things", "ar_novel"} <= set(found["metrics"])


def test_categories_of_pictures_are_those_of_their_objects(root: Path):
    data = open_lvis("", root)
    found = data.categories("instance", "test")
    assert [*found] == list(pictures(data).ids)
    names = {c.image_id: c.known for c in read_lvis(annotation_file(root, "val", "v1")).categories}
    for example in pictures(data):
        assert {*found[example.id]} == {names[int(n)] for n in example.truth["categories"]}
