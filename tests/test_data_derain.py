"""The deraining sets as the world writes them, and real pairs of Rain100H."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.published import TABLE_S1
from painter_kit.data.base import HasReleased, open_dataset
from painter_kit.data.derain import TEST_PAIRS, TRAIN_PAIRS, grouped, present_sets, train_pairs
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.derain import LAYOUT
from painter_kit.data.pictures import read_image
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import evaluate, measure_painted
from painter_kit.inference.canvas import resize_picture
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Image, Spec
from tests.samples import copy_samples

SETS = ["Rain100H", "Rain100L", "Test100", "Test1200", "Test2800"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_layout(LAYOUT, root, LayoutOptions(count=3, size=(48, 72)))
    return root


@pytest.fixture
def root(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "copy"))


def idle(images: list[Image], spec: Spec) -> np.ndarray:
    """A model that paints what it sees."""
    seen = [resize_picture(i, spec.canvas, spec.image_resize) for i in images]
    return np.stack(seen).astype(np.float32) / 255


def test_counts_are_those_of_the_paper():
    derain = [s for s in TABLE_S1 if s.task == "derain"]
    assert sum(s.train for s in derain) == TRAIN_PAIRS
    assert {s.renamed: s.test for s in derain if s.test} == TEST_PAIRS


def test_official_splits(root: Path):
    data = open_dataset("derain", root)
    train, test = (data.examples("derain", subset) for subset in ("train", "test"))
    assert train.ids == train.groups == ["1", "2", "100"]
    assert test.ids == [f"{name}/{number}" for name in SETS for number in (1, 2, 3)]
    example = test[5]
    assert (example.id, str(example.truth["stratum"])) == ("Rain100L/3", "Rain100L")
    folder = root / "derain" / "test" / "Rain100L"
    np.testing.assert_array_equal(example.image, read_image(folder / "input" / "3.png"))
    np.testing.assert_array_equal(example.truth["clean"], read_image(folder / "target" / "3.png"))


def test_the_published_protocol():
    spec = open_dataset("derain").spec("derain")
    assert (spec.canvas, spec.output_resize, spec.query_filter) == (448, "bicubic", "image")
    assert (spec.protocol.convention, spec.protocol.rounding) == ("derain", "truncate")


def test_metrics_are_the_unweighted_mean_of_the_sets(root: Path):
    for number in (2, 3):  # sets of unequal sizes
        for kind in ("input", "target"):
            (root / "derain/test/Rain100H" / kind / f"{number}.png").unlink()
    data, task = open_dataset("derain", root), get_task("derain")
    spec, examples = data.spec("derain"), data.examples("derain", "test")
    records = evaluate(task, spec, examples, idle, batch_size=4)
    metrics = task.summarise(records, spec)
    means = [np.mean([r.values[1] for r in records if r.stratum == name]) for name in SETS]
    assert metrics["psnr"] == pytest.approx(np.mean(means))
    assert [metrics[f"psnr_{name.lower()}"] for name in SETS] == pytest.approx(means)
    assert metrics["psnr"] != pytest.approx(np.mean([r.values[1] for r in records]), abs=1e-3)


def test_painted_truth_is_perfect(root: Path):
    data, task = open_dataset("derain", root), get_task("derain")
    spec = data.spec("derain")
    for example in data.examples("derain", "test"):
        painted = make_pair(task, spec, example).target / 255 + 0.2 / 255  # cut, not rounded
        metrics = task.summarise([measure_painted(task, spec, painted, example)], spec)
        assert (metrics["psnr"], metrics["psnr_rgb"]) == (100, 100)
        assert (metrics["ssim"], metrics["ssim_rgb"]) == pytest.approx((1, 1))


def test_missing_sets_are_said_and_the_others_measured(root: Path, caplog):
    shutil.rmtree(root / "derain" / "test" / "Test100")
    data = open_dataset("derain", root)
    with caplog.at_level(logging.WARNING):
        test = data.examples("derain", "test")
    assert len(test) == 12
    assert "Test100 of test/ do not exist, means are over Rain100H, Rain100L" in caplog.text
    assert present_sets(root / "derain") == [name for name in SETS if name != "Test100"]
    shutil.rmtree(root / "derain" / "test")
    with pytest.raises(InputError, match=r"test holds none of Rain100H, .*; unpack the deraining"):
        data.examples("derain", "test")


def test_a_clean_picture_without_its_rainy_one(root: Path):
    (root / "derain/test/Test1200/input/2.png").unlink()
    with pytest.raises(InputError, match=r"Test1200/target/2.png has no degraded picture in"):
        open_dataset("derain", root).examples("derain", "test")


def test_pairs_of_one_clean_picture_are_a_group(root: Path):
    folder = root / "derain"
    for kind, source in (("input", "100"), ("target", "2")):  # another rain over picture 2
        files = folder / "train" / kind
        shutil.copy(files / f"{source}.jpg", files / "7.jpg")
    changed = bytearray((folder / "train/target/2.jpg").read_bytes())
    changed[len(changed) // 2] ^= 1  # as long, but another picture
    (folder / "train/target/8.jpg").write_bytes(changed)
    shutil.copy(folder / "train/input/2.jpg", folder / "train/input/8.jpg")
    groups = {pair.id: pair.group for pair in grouped(train_pairs(folder))}
    assert groups == {"1": "1", "2": "2", "7": "2", "8": "8", "100": "100"}
    # The same scene in two test sets.
    shutil.copy(folder / "test/Rain100H/target/1.png", folder / "test/Rain100L/target/3.png")
    test = open_dataset("derain", root).examples("derain", "test")
    assert test.groups[test.ids.index("Rain100L/3")] == "Rain100H/1"


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_the_released_prompt(root: Path, suffix: str):
    for kind in ("input", "target"):
        path = root / "derain" / "train" / kind / "100.jpg"
        path.rename(path.with_suffix(suffix))
    data = open_dataset("derain", root)
    assert isinstance(data, HasReleased)
    example = data.examples("derain", "train")[2]
    np.testing.assert_array_equal(data.released("derain").image, example.image)


def test_real_pairs(tmp_path: Path):
    copy_samples("derain", tmp_path)
    data, task = open_dataset("derain", tmp_path), get_task("derain")
    spec, test = data.spec("derain"), data.examples("derain", "test")
    assert test.ids == ["Rain100H/64", "Rain100H/78", "Rain100H/89"]
    train = data.examples("derain", "train")
    assert train.ids == ["didmdn_heavy_5"]
    assert train[0].image.shape == train[0].truth["clean"].shape
    # Heavy rain: what doing nothing scores on these three pictures.
    records = [measure_painted(task, spec, e.image / 255, e) for e in test]
    metrics = task.summarise(records, spec)
    assert 10 < metrics["psnr_rgb"] < metrics["psnr"] < 18
    assert 0.2 < metrics["ssim"] < 0.5
    assert set(metrics) == {"psnr", "ssim", "psnr_rgb", "ssim_rgb"}
    with pytest.raises(InputError, match=r"train/input/100.png does not exist; unpack the derain"):
        data.released("derain")
