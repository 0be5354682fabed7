"""What is said of SIDD on disk: whole, in part, and broken."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.published import TABLE_S1
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.sidd import LAYOUT
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare.base import Finding, PrepareOptions, run_items
from painter_kit.data.prepare.sidd import STEPS
from painter_kit.data.prepare.sidd_check import PUBLISHED, check
from painter_kit.data.sidd_blocks import BLOCKS, CLEAN_BLOCKS, NOISY_BLOCKS, SCENES
from tests.samples import copy_samples

OPTIONS = PrepareOptions(patches=2)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_layout(LAYOUT, root, LayoutOptions(count=2, size=(256, 260)))
    for step in STEPS:
        run_items(step.items(root, OPTIONS))
        step.finish(root, OPTIONS)
    return root


@pytest.fixture
def root(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "copy"))


def findings(root: Path, deep: bool = True) -> dict[str, Finding]:
    return {finding.part.removeprefix("denoise/"): finding for finding in check(root, deep)}


def test_counts_are_those_of_the_paper():
    (sidd,) = (s for s in TABLE_S1 if s.name == "SIDD")
    assert (sidd.train, sidd.test) == (PUBLISHED, SCENES)
    assert SCENES * BLOCKS == 1280


def test_everything_is_counted(root: Path):
    counted = {part: (f.present, f.expected) for part, f in findings(root).items()}
    assert counted == {
        "SIDD_Medium_Srgb": (2, 320),
        f"{NOISY_BLOCKS}.mat": (4, 1280),
        f"{CLEAN_BLOCKS}.mat": (4, 1280),
        "val/input": (4, None),
        "val/groundtruth": (4, None),
        "train/input": (4, 4),
        "train/groundtruth": (4, 4),
        "train/patches.json": (1, None),
        "denoise_ssid_train.json": (4, None),
        "denoise_ssid_val.json": (4, None),
    }
    assert not any(f.missing or f.broken for f in findings(root).values())
    assert findings(root)["train/patches.json"].note.startswith("cut with seed 0; the released")


def test_missing_files_are_named(root: Path):
    for kind in ("input", "groundtruth"):  # both sides of a pair
        (root / "denoise" / "train" / kind / "2_2.png").unlink()
    next(root.rglob("0001_GT*.PNG")).unlink()
    (root / "denoise" / f"{CLEAN_BLOCKS}.mat").unlink()
    found = findings(root, deep=False)
    assert found["train/input"].missing == ("denoise/train/input/2_2.png",)
    assert found["train/groundtruth"].missing == ("denoise/train/groundtruth/2_2.png",)
    assert len(found["denoise_ssid_train.json"].missing) == 2
    assert found["SIDD_Medium_Srgb"].present == 1
    assert found["SIDD_Medium_Srgb"].missing[0].endswith("/0001_GT_SRGB_010.PNG")
    # Asked for where the released code looks for it.
    assert found[f"val/{CLEAN_BLOCKS}.mat"].missing == (f"denoise/val/{CLEAN_BLOCKS}.mat",)


def test_broken_files_are_found_by_opening_them(root: Path):
    folder = root / "denoise"
    (folder / "train/input/1_1.png").write_bytes(b"no picture")
    write_png(folder / "val/groundtruth/2_1.png", np.zeros((8, 8, 3), np.uint8))
    write_png(next(folder.rglob("0002_GT*.PNG")), np.zeros((256, 256, 3), np.uint8))
    blocks = folder / f"{NOISY_BLOCKS}.mat"
    blocks.write_bytes(blocks.read_bytes()[:100_000])
    found = findings(root)
    assert found["train/input"].broken == ("denoise/train/input/1_1.png",)
    assert found["val/groundtruth"].broken == ("denoise/val/groundtruth/2_1.png",)
    assert found["SIDD_Medium_Srgb"].broken[0].endswith("/0002_GT_SRGB_010.PNG")
    assert found[f"{NOISY_BLOCKS}.mat"].broken == (f"denoise/{NOISY_BLOCKS}.mat",)
    shallow = findings(root, deep=False)
    assert not any(f.broken for part, f in shallow.items() if not part.endswith(".mat"))


def test_another_prompt_than_the_recorded_one(root: Path):
    folder = root / "denoise" / "train"
    for kind in ("input", "groundtruth"):
        shutil.copy(folder / kind / "1_1.png", folder / kind / "9_9.png")
    note = findings(root, deep=False)["train/patches.json"].note
    assert note == "the prompt 9_9 is not the one that was cut: get it back or cut anew"
    (folder / "input" / "9_9.png").write_bytes(b"no picture")
    assert findings(root, deep=False)["train/patches.json"].broken
    (folder / "patches.json").write_text("{")
    found = findings(root)["train/patches.json"]
    assert "cannot be read" in found.note


def test_folders_prepared_elsewhere(root: Path):
    shutil.rmtree(root / "denoise" / "SIDD_Medium_Srgb")
    (root / "denoise/train/patches.json").unlink()
    for name in (NOISY_BLOCKS, CLEAN_BLOCKS):
        (root / "denoise" / f"{name}.mat").unlink()
    found = findings(root)
    assert found["SIDD_Medium_Srgb"].note == "not needed: patches are cut"
    assert (found["train/input"].present, found["train/input"].expected) == (4, None)
    assert (found["val/input"].present, found["val/input"].expected) == (4, 1280)
    assert not any(f.missing for f in found.values())


def test_nothing_there_at_all(tmp_path: Path):
    assert list(findings(tmp_path)) == ["denoise"]
    (tmp_path / "denoise").mkdir()
    found = findings(tmp_path)
    assert found["SIDD_Medium_Srgb"].missing == ("denoise/SIDD_Medium_Srgb",)
    assert found[f"val/{NOISY_BLOCKS}.mat"].missing


def test_a_real_block(tmp_path: Path):
    copy_samples("denoise", tmp_path)
    found = findings(tmp_path)
    assert (found["val/input"].present, found["val/groundtruth"].present) == (1, 1)
    assert not any(f.broken for f in found.values())
