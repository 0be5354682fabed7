"""Animal-Pose in both forms, and evaluating on it by the command line."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.animal_skeletons import ANIMALPOSE_SIGMAS, AP10K_SIGMAS, SHARED
from painter_kit.data.animalpose import open_animalpose
from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.splits import make_splits
from tests.ood_toys import evaluated, written_root

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")


def first_release(source: Path, root: Path) -> Path:
    """The written training part in the form of the first release."""
    folder = root / "animalpose"
    (folder / "images").mkdir(parents=True)
    content = json.loads((source / "animalpose/annotations/animalpose_trainval.json").read_text())
    for entry in content["images"]:
        path = source / "animalpose" / entry["file_name"]
        shutil.copy(path, folder / "images" / path.name)
    annotations = []
    for a in content["annotations"]:
        x, y, width, height = a["bbox"]
        points = np.reshape(a["keypoints"], (20, 3))
        points[:, 2] = points[:, 2] > 0
        annotations.append({"image_id": a["image_id"], "category_id": 2})
        annotations[-1] |= {"bbox": [x, y, x + width, y + height], "keypoints": points.tolist()}
    images = {str(e["id"]): Path(e["file_name"]).name for e in content["images"]}
    names = content["categories"][0]["keypoints"]
    categories = [{"id": 2, "name": "cat", "keypoints": names}]
    made = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "keypoints.json").write_text(json.dumps(made))
    return root


def test_the_parts_are_those_of_the_files(tmp_path_factory: pytest.TempPathFactory):
    root = written_root(tmp_path_factory, "animalpose")
    val, test = (open_animalpose(a, root).examples("keypoint", "test") for a in ("", "test"))
    assert set(val.ids).isdisjoint(test.ids)
    assert open_animalpose("val", root).examples("keypoint", "test").ids == val.ids
    with pytest.raises(InputError, match=r"write animalpose .*animalpose:original"):
        open_animalpose("train")


def test_the_first_release_says_the_same(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path):
    source = written_root(tmp_path_factory, "animalpose")
    data = open_dataset("animalpose:original", first_release(source, tmp_path))
    found = {e.id: e for e in data.examples("keypoint", "all")}
    for example in open_dataset("animalpose", source).examples("keypoint", "train"):
        other = found[example.id]
        np.testing.assert_array_equal(example.image, other.image)
        for name in ("box", "area", "zoom"):
            np.testing.assert_allclose(example.truth[name], other.truth[name], rtol=1e-5)
        seen = example.truth["keypoints"][:, 2] > 0
        np.testing.assert_array_equal(seen, other.truth["keypoints"][:, 2] > 0)
        np.testing.assert_allclose(
            example.truth["keypoints"][seen, :2], other.truth["keypoints"][seen, :2], atol=1e-4
        )
    splits = make_splits(data, "keypoint")
    groups = [set(s.groups) for s in (splits.pool, splits.select, splits.confirm, splits.test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 12


def test_shared_joints_are_joints_of_both():
    assert set(SHARED) <= set(ANIMALPOSE_SIGMAS)
    assert set(SHARED.values()) == set(AP10K_SIGMAS) - {"neck"}
    names = list(ANIMALPOSE_SIGMAS)
    chosen = open_animalpose("").spec("keypoint").protocol.shared
    assert {names[i] for i in chosen} == set(SHARED)
    assert set(names) - set(SHARED) == {"left_ear_base", "right_ear_base", "throat", "withers"}


@pytest.mark.skipif(not SAMPLES, reason="PAINTERKIT_SAMPLES is not set")
def test_sigmas_and_pairs_are_those_of_the_published_configuration():
    meta = json.loads((Path(str(SAMPLES)) / "meta" / "animalpose_keypoints20.json").read_text())
    assert list(ANIMALPOSE_SIGMAS.values()) == meta["sigmas"]
    pairs = open_animalpose("").spec("keypoint").protocol.flip_pairs
    assert [list(pair) for pair in pairs] == meta["flip_pairs"]


def test_evaluating_on_the_written_world(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    root = str(written_root(tmp_path_factory, "animalpose"))
    found = evaluated(
        tmp_path, monkeypatch, "--data", "animalpose", "--task", "keypoint", "--data-root", root
    )
    assert (found["n"], found["primary"]) == (6, "ap")
    shared = {"ap_shared", "ar_shared", "pck_shared", "pck_20_shared", "pck_own"}
    assert shared <= set(found["metrics"])
    for metric in found["metrics"].values():
        assert metric["ci_low"] <= metric["value"] <= metric["ci_high"]
