"""What a check of NYU Depth v2 says of whole, partial and broken folders."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.pictures import write_depth, write_png
from painter_kit.data.prepare.base import Finding, PrepareOptions, run_items
from painter_kit.data.prepare.nyuv2 import STEPS
from painter_kit.data.prepare.nyuv2_check import check

NYU = "nyu_depth_v2"
TEST = f"{NYU}/official_splits/test"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    write_layout(get_layout("nyuv2"), root, LayoutOptions(2))
    run_items(STEPS[0].items(root, PrepareOptions()))
    return root


@pytest.fixture
def root(tmp_path: Path, world: Path) -> Path:
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    return tmp_path


def by_part(root: Path, deep: bool) -> dict[str, Finding]:
    return {finding.part: finding for finding in check(root, deep)}


@pytest.mark.parametrize("deep", [False, True])
def test_counts_are_compared_with_the_published_ones(world: Path, deep: bool):
    assert check(world, deep) == [
        Finding(f"{NYU}/sync", 2, 24_231),
        Finding(f"{NYU}/splits.mat", 4, 1449),
        Finding(f"{NYU}/nyu_depth_v2_labeled.mat", 4, 1449),
        Finding(TEST, 2, 654),
        Finding(f"{NYU}/official_splits/train", 2, 795),
    ]


def test_nothing_there(tmp_path: Path):
    assert [f.missing for f in check(tmp_path, True)] == [(NYU,)]
    (tmp_path / NYU).mkdir()
    found = by_part(tmp_path, True)
    assert {f.missing for f in found.values()} == {(part,) for part in found}
    assert found[TEST].note.startswith("painterkit prepare nyuv2 makes it")
    assert "sync.zip" in found[f"{NYU}/sync"].note


def test_the_matlab_files_are_spare_once_the_splits_are_made(root: Path):
    for name in ("splits.mat", "nyu_depth_v2_labeled.mat"):
        (root / NYU / name).unlink()
    found = by_part(root, True)
    for name in ("splits.mat", "nyu_depth_v2_labeled.mat"):
        assert found[f"{NYU}/{name}"].whole
        assert "only painterkit prepare nyuv2 needs it" in found[f"{NYU}/{name}"].note
    shutil.rmtree(root / NYU / "official_splits")
    assert not by_part(root, True)[f"{NYU}/splits.mat"].whole


def test_depth_that_lacks_is_named(root: Path):
    (root / TEST / "kitchen/sync_depth_00002.png").unlink()
    finding = by_part(root, True)[TEST]
    assert finding.missing == (f"{TEST}/kitchen/sync_depth_00002.png",)
    assert (finding.present, finding.broken) == (1, ())
    assert "painterkit prepare nyuv2" in finding.note


@pytest.mark.parametrize(
    "depth",
    [
        np.ones((240, 320)),  # another size
        np.zeros((480, 640)),  # no depth at all
        np.full((480, 640), 20.0),  # not in millimetres
    ],
)
def test_only_a_deep_check_opens_pictures(root: Path, depth: np.ndarray):
    write_depth(root / TEST / "kitchen/sync_depth_00002.png", depth)
    assert by_part(root, False)[TEST].broken == ()
    assert by_part(root, True)[TEST].broken == (f"{TEST}/kitchen/rgb_00002.jpg",)


def test_training_frames_of_another_size_are_sound(root: Path):
    place = root / NYU / "sync/study_room_0005b"
    write_png(place / "rgb_00094.jpg", np.zeros((12, 16, 3), np.uint8))
    write_depth(place / "sync_depth_00094.png", np.ones((12, 16)))
    assert by_part(root, True)[f"{NYU}/sync"].broken == ()
    write_png(place / "sync_depth_00094.png", np.ones((12, 16), np.uint8))
    assert by_part(root, True)[f"{NYU}/sync"].broken == (
        f"{NYU}/sync/study_room_0005b/rgb_00094.jpg",
    )


def test_broken_matlab_files_are_named_with_the_reason(root: Path):
    for name in ("splits.mat", "nyu_depth_v2_labeled.mat"):
        path = root / NYU / name
        path.write_bytes(path.read_bytes()[:200])
        finding = by_part(root, False)[f"{NYU}/{name}"]
        assert finding.broken == (f"{NYU}/{name}",)
        assert f"{name} cannot be read" in finding.note


def test_a_deep_check_reads_every_picture_of_the_labelled_file(root: Path):
    path = root / NYU / "nyu_depth_v2_labeled.mat"
    data = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        offset = file["images"].id.get_chunk_info(3).byte_offset
    data[offset : offset + 100] = bytes(100)
    path.write_bytes(data)
    part = f"{NYU}/nyu_depth_v2_labeled.mat"
    assert by_part(root, False)[part] == Finding(part, 4, 1449)
    assert by_part(root, True)[part].broken == (part,)
