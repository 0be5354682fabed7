"""AP-10K's options, and evaluating on it by the command line."""

import json
import os
from pathlib import Path

import pytest

from painter_kit.data.animal_skeletons import AP10K_SIGMAS
from painter_kit.data.ap10k import annotation_file, open_ap10k
from painter_kit.data.ap10k_classes import BACKGROUNDS, SPECIES
from painter_kit.errors import InputError
from tests.ood_toys import evaluated, run, written_root

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")


def test_options_choose_split_part_and_background(tmp_path_factory: pytest.TempPathFactory):
    root = written_root(tmp_path_factory, "ap10k")
    test = open_ap10k("", root).examples("keypoint", "test")
    assert list(test.ids) == [f"{n:012d}" for n in range(3, 19, 3)]
    val = open_ap10k("val", root).examples("keypoint", "test")
    assert set(val.ids).isdisjoint(test.ids)
    # What split 1 tests on, split 2 validates on.
    assert open_ap10k("split2,val", root).examples("keypoint", "test").ids == test.ids
    some = open_ap10k("background=2", root).examples("keypoint", "test")
    assert list(some.ids) == ["000000000006"]
    with pytest.raises(InputError, match="no picture has the background 8"):
        open_ap10k("background=8", root).examples("keypoint", "test")
    for wrong in ("split4", "background=9", "test"):
        with pytest.raises(InputError, match=f"unknown option {wrong!r}; write ap10k or ap10k:"):
            open_ap10k(wrong)


def test_the_archive_may_keep_its_own_name(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
):
    source = written_root(tmp_path_factory, "ap10k") / "ap10k"
    (tmp_path / "ap-10k").symlink_to(source)
    assert len(open_ap10k("", tmp_path).examples("keypoint", "test")) == 6


def test_spec_has_the_published_constants():
    spec = open_ap10k("").spec("keypoint")
    protocol = spec.protocol
    assert (spec.metric, spec.direction, len(spec.classes)) == ("ap", "max", 54)
    assert (protocol.crop, protocol.flip_test, protocol.nms_oks) == ((256, 256), True, 0.9)
    assert (protocol.score_floor, protocol.keep, protocol.pck_share) == (0.2, 20, 0.05)
    assert len(protocol.flip_pairs) == 7
    assert open_ap10k("split2").spec("keypoint").digest != spec.digest


@pytest.mark.skipif(not SAMPLES, reason="PAINTERKIT_SAMPLES is not set")
def test_names_sigmas_and_pairs_are_those_of_the_published_configuration():
    meta = json.loads((Path(str(SAMPLES)) / "meta" / "ap10k_keypoints17.json").read_text())
    assert list(AP10K_SIGMAS) == meta["annotation_names"]
    assert list(AP10K_SIGMAS.values()) == meta["sigmas"]
    assert [c["name"] for c in meta["categories"]] == list(SPECIES)
    pairs = open_ap10k("").spec("keypoint").protocol.flip_pairs
    assert [list(pair) for pair in pairs] == meta["flip_pairs"]


def test_evaluating_on_the_written_world(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    root = str(written_root(tmp_path_factory, "ap10k"))
    found = evaluated(
        tmp_path, monkeypatch, "--data", "ap10k", "--task", "keypoint", "--data-root", root,
        "--keep-predictions", "--out", "out",
    )  # fmt: skip
    assert (found["data"], found["n"], found["primary"]) == ("ap10k", 6, "ap")
    assert {"ap", "ap50", "ar", "pck", "pck_20", "pck_joint"} <= set(found["metrics"])
    assert found["why"] == ["no numbers are published for keypoint on ap10k"]
    kept = json.loads((tmp_path / "out/predictions/keypoint/keypoints.json").read_text())
    assert {len(row["keypoints"]) for row in kept} == {51}
    assert {row["image_id"] for row in kept} == set(range(3, 19, 3))


def test_a_missing_file_ends_with_one_line(tmp_path: Path):
    result = run("evaluate", "--data", "ap10k", "--task", "keypoint", "--data-root", str(tmp_path))
    assert result.exit_code == 2
    assert "ap10k does not exist; unpack AP-10K there" in result.stderr
    assert "Traceback" not in result.stderr
    assert annotation_file("test", 3) == "annotations/ap10k-test-split3.json"
    assert len(BACKGROUNDS) == 8
