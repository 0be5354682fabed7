"""Every dataset that the samples cover, from ``prepare`` to ``evaluate`` on the command line.

The samples are far too few for numbers that mean anything, and the weights are random: what is
held is that the official files go through. Prompts are pairs of the samples themselves.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from painter_kit.cli.main import cli
from painter_kit.data.base import Dataset, open_dataset
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import save_painter
from painter_kit.tasks.base import Task, get_task, make_pair, task_parts
from painter_kit.types import Spec
from tests.samples import copy_samples
from tests.training_toys import TINY

# Data, folders of the samples, task, metrics to look for, pictures of the test set.
COVERED = [
    ("nyuv2", ("nyu_depth_v2",), "depth", {"rmse", "abs_rel", "d1"}, 3),
    ("ade20k", ("ade20k",), "semantic", {"miou", "macc", "pacc", "fwiou"}, 2),
    ("coco", ("coco",), "coco-semantic", {"miou"}, 2),
    ("coco", ("coco",), "instance", {"ap", "ap50", "ap_small", "ar"}, 7),
    ("coco", ("coco",), "panoptic", {"pq", "sq", "rq", "pq_things", "pq_stuff", "class_ap"}, 2),
    ("coco", ("coco", "coco_pose"), "keypoint", {"ap", "ap50", "ap75", "ap_medium", "ar"}, 5),
    ("sidd", ("denoise",), "denoise", {"psnr", "ssim", "ssim_rgb"}, 1),
    ("derain", ("derain",), "derain", {"psnr", "ssim", "psnr_rgb"}, 3),
]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save_painter(TINY.build(), TINY, tmp_path / "tiny.safetensors")
    return tmp_path


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args))


def some_prompt(dataset: Dataset, task: Task, spec: Spec[Any]) -> AnyPrompt:
    """A pair of the samples; the training part has none of most datasets."""
    if task.parts:
        parts = {
            name: some_prompt(dataset, part, own) for name, part, own in task_parts(task, spec)
        }
        return PartedPrompt(parts, task.name)  # pyright: ignore[reportArgumentType]
    subset = "train" if task.name in ("keypoint", "derain") else "test"
    example = dataset.examples(task.name, subset)[0]
    return Prompt(make_pair(task, spec, example), task.name)


@pytest.mark.parametrize(("data", "folders", "task", "metrics", "count"), COVERED)
def test_from_official_files_to_a_result(
    data: str, folders: tuple[str, ...], task: str, metrics: set[str], count: int, work: Path
):
    root = work / "data"
    for folder in folders:
        copy_samples(folder, root)
    prepared = run("prepare", data, "--root", str(root), "--copies", "1", "--workers", "1")
    assert prepared.exit_code == 0, prepared.stderr
    assert "pair list: " in prepared.output
    checked = run("datasets", "check", data, "--root", str(root), "--deep")
    assert checked.exit_code == 1  # a sample is never whole
    dataset = open_dataset(data, root)
    some_prompt(dataset, get_task(task), dataset.spec(task)).save(work / "prompt")
    common = ["--task", task, "--data", data, "--data-root", str(root), "--prompt", "prompt"]
    common += ["--checkpoint", "tiny.safetensors", "--device", "cpu", "--no-mlflow", "--json"]
    result = run("evaluate", *common, "--resamples", "100", "--out", "out", "--keep-predictions")
    assert result.exit_code == 0, result.stderr
    value = json.loads(result.stdout.splitlines()[-1])
    assert (value["task"], value["data"], value["n"]) == (task, data, count)
    assert metrics <= set(value["metrics"])
    assert all(math.isfinite(value["metrics"][name]["value"]) for name in metrics)
    assert value["comparable"] is False
    assert any((work / "out/predictions" / task).iterdir())


def test_low_light_samples_lack_the_truth(work: Path):
    copy_samples("light_enhance", work / "data")
    result = run("prepare", "lol", "--root", "data")
    assert result.exit_code == 2
    assert "light_enhance/eval15/high does not exist" in result.stderr.splitlines()[-1]
