"""Search, tune and predict on real photographs with real depth, end to end; paint real rain and
noise.

The photographs are samples of NYUv2, Rain100H and SIDD in the folder ``PAINTERKIT_SAMPLES``, in
their official layouts, and one that ships in a dependency. The weights are random: whether prompts
are good is not the question here.
"""

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from painter_kit.cli.main import cli
from painter_kit.data.base import open_dataset
from painter_kit.data.pictures import write_depth, write_png
from painter_kit.data.prepare.base import PrepareOptions
from painter_kit.data.prepare.table import get_preparation
from painter_kit.data.specs import with_canvas
from painter_kit.evaluation.evaluate import evaluate
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, make_pair
from tests import test_cli_search_prompt as searching
from tests.samples import copy_samples
from tests.test_cli_search_prompt import SMALL
from tests.training_toys import TINY

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")
work = searching.work
TILES = 3  # a side: every photograph gives 3 x 3 tiles
COMMON = ["--task", "depth", "--checkpoint", "tiny.safetensors", "--device", "cpu"]


@pytest.fixture
def nyu() -> Path:
    if not SAMPLES:
        pytest.skip("needs PAINTERKIT_SAMPLES, the folder of sample data")
    folder = Path(SAMPLES).resolve() / "nyu_depth_v2"
    if not folder.is_dir():
        pytest.skip(f"PAINTERKIT_SAMPLES has no {folder.name}")
    return folder


def photographs(nyu: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, uint8 (H, W, 3) and float metres (H, W) of every pair, borders cut off."""
    for rgb in sorted(nyu.glob("*/**/rgb_*.jpg")):
        depth_file = rgb.with_name(rgb.name.replace("rgb", "sync_depth")).with_suffix(".png")
        image, depth = np.asarray(Image.open(rgb)), np.asarray(Image.open(depth_file)) / 1000
        if image.shape[0] == 480:
            image, depth = image[7:474, 7:632], depth[7:474, 7:632]
        yield f"{rgb.parent.name}-{rgb.stem}", image, depth
    with h5py.File(nyu / "nyu_depth_v2_labeled.mat") as file:
        image, depth = np.asarray(file["images"])[0], np.asarray(file["depths"])[0]
    yield "labeled-0", image.transpose(2, 1, 0), depth.T


def make_folder(nyu: Path, folder: Path) -> int:
    """Every photograph in tiles; a row of tiles is a group. Returns the number of groups."""
    groups = set()
    for name, image, depth in photographs(nyu):
        height, width = (side // TILES for side in depth.shape)
        for row in range(TILES):
            for column in range(TILES):
                cut = np.s_[row * height :, column * width :]
                tile, truth = (a[cut][:height, :width] for a in (image, depth))
                stem = f"{name}-{row}__{column}"
                for kind in ("images", "targets"):
                    (folder / kind).mkdir(parents=True, exist_ok=True)
                write_png(folder / "images" / f"{stem}.png", np.ascontiguousarray(tile))
                write_depth(folder / "targets" / f"{stem}.png", truth)
                groups.add(f"{name}-{row}")
    return len(groups)


def run(*args: str) -> dict[str, Any]:
    result = CliRunner().invoke(cli, list(args))
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def search_tune_and_predict(data: str, photograph: Path, work: Path) -> None:
    common = ["--data", data, *COMMON, *SMALL, "--no-mlflow", "--json"]
    found = run("search-prompt", *common, "--out", "found")
    assert 0 < found["winner"]["confirm"] < 10  # metres, and the decoder paints up to 10
    assert found["data"] == data
    steps = ["--steps", "2", "--batch", "2", "--evaluate-every", "2"]
    learned = run("tune-prompt", *common, *steps, "--out", "learned")
    assert learned["forwards"]["reused"] >= found["forwards"]["new"] > 0
    assert Prompt.load(work / "learned/learned").kind == "learned"

    predict = ["predict", str(photograph), "--prompt", learned["prompt"], "--json", *COMMON]
    entry = run(*predict, "--data", data, "--out", "painted")["pictures"][0]
    size = Image.open(photograph).size
    with Image.open(entry["decoded"]) as decoded:
        millimetres = np.asarray(decoded)
        assert (decoded.size, decoded.mode) == (size, "I;16")
    assert 0 < millimetres.mean() <= 10_000
    assert Image.open(entry["painted"]).size == size
    assert Image.open(entry["side_by_side"]).height == size[1]


def test_photographs_of_rooms(nyu: Path, work: Path):
    assert make_folder(nyu, work / "rooms") == 4 * TILES
    photograph = next(nyu.glob("official_splits/test/*/rgb_*.jpg"))
    search_tune_and_predict("folder:rooms", photograph, work)


def test_the_photograph_that_ships_in_a_dependency(work: Path):
    from painter_kit.data.builtin import motorcycle

    image, _ = motorcycle()
    write_png(work / "motorcycle.png", image)
    search_tune_and_predict("builtin", work / "motorcycle.png", work)


@pytest.mark.parametrize(
    ("task", "data", "folder", "count"),
    [("derain", "derain", "derain", 3), ("denoise", "sidd", "denoise", 1)],
)
def test_rain_and_noise(task: str, data: str, folder: str, count: int, tmp_path: Path):
    """Prepared, read, painted and measured in the published conventions; both sets have too few
    pairs to be split, so the prompt is a pair of the sample itself."""
    copy_samples(folder, tmp_path)
    for step in get_preparation(data).steps:
        assert len(step.items(tmp_path, PrepareOptions())) == 0
        step.finish(tmp_path, PrepareOptions())
    dataset, functions = open_dataset(data, tmp_path), get_task(task)
    spec = with_canvas(dataset.spec(task), 16)
    test = dataset.examples(task, "test")
    assert len(test) == count
    chosen = dataset.examples(task, "train")[0] if task == "derain" else test[0]
    prompt = Prompt(make_pair(functions, spec, chosen), task)
    predictor = Predictor(TINY.build(), batch_size=2)
    records = evaluate(functions, spec, test, partial(predictor.pictures, prompt), batch_size=2)
    metrics = functions.summarise(records, spec)
    assert 0 < metrics["psnr"] < 30
    assert -1 < metrics["ssim"] < 1
    assert {r.stratum for r in records} == {"Rain100H" if task == "derain" else ""}
