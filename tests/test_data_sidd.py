"""SIDD as the world writes it and as it is prepared, and a real block."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import HasReleased, open_dataset
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.sidd import LAYOUT
from painter_kit.data.pictures import read_image
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.data.prepare.sidd import STEPS
from painter_kit.data.sidd_blocks import CLEAN_BLOCKS, NOISY_BLOCKS
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import measure_painted
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.tasks.restoration import METRICS
from tests.samples import copy_samples

OPTIONS = PrepareOptions(patches=3)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photographs in three patches each, 2 x 2 blocks as MATLAB files and as PNG."""
    root = tmp_path_factory.mktemp("root")
    write_layout(LAYOUT, root, LayoutOptions(count=2, size=(256, 272)))
    for step in STEPS:
        run_items(step.items(root, OPTIONS))
        step.finish(root, OPTIONS)
    return root


@pytest.fixture
def prepared(written: Path, tmp_path: Path) -> Path:
    """The same without what the released trainer does not read."""
    ignore = shutil.ignore_patterns("*.mat", "SIDD_Medium_Srgb", "patches.json")
    return Path(shutil.copytree(written, tmp_path / "copy", ignore=ignore))


def test_official_splits(written: Path):
    data = open_dataset("sidd", written)
    train, test = (data.examples("denoise", subset) for subset in ("train", "test"))
    assert train.ids == ["1_1", "1_2", "1_3", "2_1", "2_2", "2_3"]
    first, second = "0001_001_S6_00100_00060_3200_L", "0002_002_S6_00100_00060_3200_L"
    assert train.groups == [first] * 3 + [second] * 3
    assert test.ids == ["1_1", "1_2", "2_1", "2_2"]
    assert test.groups == ["1", "1", "2", "2"]


def test_the_published_protocol():
    spec = open_dataset("sidd").spec("denoise")
    assert (spec.query_filter, spec.image_resize, spec.target_resize) == (
        "opencv",
        *["bicubic"] * 2,
    )
    assert (spec.canvas, spec.output_resize, spec.protocol.convention) == (448, "bicubic", "sidd")


def test_blocks_are_the_same_from_both_kinds_of_files(written: Path, prepared: Path):
    blocks, pictures = (
        open_dataset("sidd", root).examples("denoise", "test") for root in (written, prepared)
    )
    assert (blocks.ids, blocks.groups) == (pictures.ids, pictures.groups)
    assert [e.digest for e in blocks] == [e.digest for e in pictures]


def test_patches_are_noisy_and_clean(prepared: Path):
    example = open_dataset("sidd", prepared).examples("denoise", "train")[5]
    folder = prepared / "denoise" / "train"
    np.testing.assert_array_equal(example.image, read_image(folder / "input" / "2_3.png"))
    clean = example.truth["clean"]
    np.testing.assert_array_equal(clean, read_image(folder / "groundtruth" / "2_3.png"))
    assert 5 < (example.image.astype(float) - clean).std() < 65


def test_painted_truth_is_perfect_and_the_query_is_not(written: Path):
    data, task = open_dataset("sidd", written), get_task("denoise")
    spec, example = data.spec("denoise"), data.examples("denoise", "test")[0]
    pair = make_pair(task, spec, example)
    perfect, idle = (
        task.summarise([measure_painted(task, spec, picture / 255, example)], spec)
        for picture in (pair.target, pair.image)
    )
    assert tuple(perfect) == METRICS["sidd"]
    assert perfect["psnr"] == 100
    assert (perfect["ssim"], perfect["ssim_rgb"]) == pytest.approx((1, 1))
    assert 10 < idle["psnr"] < 35
    assert idle["ssim"] > idle["ssim_rgb"] + 0.02  # the volume is kinder than the planes


def test_the_released_prompt(prepared: Path):
    for kind in ("input", "groundtruth"):
        folder = prepared / "denoise" / "train" / kind
        shutil.copy(folder / "2_1.png", folder / "9_9.png")
    data = open_dataset("sidd", prepared)
    assert isinstance(data, HasReleased)
    example = data.examples("denoise", "train")[6]
    assert example.id == "9_9"
    made = make_pair(get_task("denoise"), data.spec("denoise"), example)
    assert data.released("denoise").digest == made.digest
    (prepared / "denoise/train/input/9_9.png").unlink()
    words = r"9_9.png does not exist; painterkit prepare sidd .* cannot be made again"
    with pytest.raises(InputError, match=words):
        data.released("denoise")


def test_missing_files_are_named(written: Path, prepared: Path, tmp_path: Path):
    shutil.rmtree(prepared / "denoise" / "val")
    data = open_dataset("sidd", prepared)
    with pytest.raises(InputError, match=rf"val holds neither {NOISY_BLOCKS}.mat with .* nor inp"):
        data.examples("denoise", "test")
    shutil.copy(written / "denoise" / f"{NOISY_BLOCKS}.mat", prepared / "denoise")
    with pytest.raises(InputError, match=rf"{CLEAN_BLOCKS}.mat does not exist"):
        data.examples("denoise", "test")
    shutil.rmtree(prepared / "denoise" / "train")
    with pytest.raises(
        InputError, match=r"train/input does not exist; painterkit prepare sidd cuts"
    ):
        data.examples("denoise", "train")


def test_a_real_block(tmp_path: Path):
    copy_samples("denoise", tmp_path)
    data, task = open_dataset("sidd", tmp_path), get_task("denoise")
    spec, test = data.spec("denoise"), data.examples("denoise", "test")
    assert (test.ids, test.groups) == (["0_0"], ["0"])
    assert test[0].image.shape == test[0].truth["clean"].shape == (256, 256, 3)
    idle = measure_painted(task, spec, test[0].image / 255, test[0])
    metrics = task.summarise([idle], spec)
    assert 15 < metrics["psnr"] < 40
    assert 0 < metrics["ssim_rgb"] < metrics["ssim"] < 1
