"""From the world on disk through preparation and reading to the published metrics.

The encoded truth is fed back as if a model had painted it, so that each task's ceiling comes out.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import dataset_names, open_dataset
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.pairs import read_pair_list
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.evaluation.evaluate import evaluate
from painter_kit.tasks.base import get_task
from painter_kit.types import Examples, Image, Size, Spec

COUNT = 3
FEW = PrepareOptions(copies=1, patches=2)
# Layout, picture size, task, and by metric the least and most that the encoded truth may score:
# not perfect, for colours have 8 bits and pictures pass through S x S.
CEILINGS: list[tuple[str, Size | None, str, dict[str, tuple[float, float]]]] = [
    ("nyuv2", None, "depth", {"rmse": (0.01, 0.6), "d1": (0.95, 1.0)}),
    ("ade20k", (128, 160), "semantic", {"miou": (0.9, 1.0)}),
    ("coco", (150, 200), "coco-semantic", {"miou": (0.9, 1.0)}),
    ("coco", (150, 200), "instance", {"ap50": (0.9, 1.0), "ap": (0.6, 0.99)}),
    ("sidd", (256, 288), "denoise", {"psnr": (45, 70)}),
    ("derain", (96, 144), "derain", {"psnr": (38, 60)}),
    ("lol", (100, 150), "enhance", {"psnr": (36, 60)}),
    ("lvis", (150, 200), "instance", {"ap50": (0.8, 1.0), "ar": (0.6, 0.99)}),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Size | None], Path]:
    """Writes and prepares a layout once; the data root."""
    roots: dict[str, Path] = {}

    def write(name: str, size: Size | None) -> Path:
        if name not in dataset_names():
            pytest.skip(f"--data {name} has no reader here")
        if name not in roots:
            roots[name] = tmp_path_factory.mktemp(name)
            write_layout(get_layout(name), roots[name], LayoutOptions(COUNT, size=size))
            _prepare(name, roots[name])
        return roots[name]

    return write


def _prepare(name: str, root: Path) -> None:
    for step in import_module(f"painter_kit.data.prepare.{name}").STEPS:
        items = step.items(root, FEW)
        run_items(items)
        for pair_list in step.finish(root, FEW):
            for entry in read_pair_list(pair_list):
                assert (root / entry.image_path).is_file()
                assert (root / entry.target_path).is_file()


def painted_truth(examples: Examples) -> Callable[[Sequence[Image], Spec], np.ndarray]:
    """A predict callable that knows the truth of every picture."""
    known = {example.image.tobytes(): example.truth for example in examples}

    def predict(images: Sequence[Image], spec: Spec) -> np.ndarray:
        task, size = get_task(spec.task), (spec.canvas, spec.canvas)
        targets = [task.encode(known[image.tobytes()], spec, size) for image in images]
        return np.stack(targets) / np.float32(255)

    return predict


@pytest.mark.parametrize(("name", "size", "task", "bounds"), CEILINGS, ids=lambda v: str(v))
def test_encoded_truth_reaches_the_ceiling(written, name, size, task, bounds):
    dataset = open_dataset(name, written(name, size))
    spec, examples = dataset.spec(task), dataset.examples(task, "test")
    assert len(examples) >= COUNT
    records = evaluate(get_task(task), spec, examples, painted_truth(examples), batch_size=4)
    metrics = get_task(task).summarise(records, spec)
    for metric, (least, most) in bounds.items():
        assert least <= metrics[metric] <= most, (metric, metrics)


@pytest.mark.parametrize(("name", "size", "task"), [row[:3] for row in CEILINGS])
def test_training_examples_are_read_with_their_truth(written, name, size, task):
    dataset = open_dataset(name, written(name, size))
    examples = dataset.examples(task, "train")
    assert len(examples) == len(set(examples.ids)) >= COUNT
    for example in examples:
        (truth, *_) = example.truth.values()
        assert truth.size


@pytest.mark.parametrize("name", dict.fromkeys(row[0] for row in CEILINGS))
def test_a_deep_check_finds_nothing_broken(written, name):
    size = next(row[1] for row in CEILINGS if row[0] == name)
    root = written(name, size)
    findings = import_module(f"painter_kit.data.prepare.{name}").check(root, True)
    assert findings
    assert [f for f in findings if f.broken or f.missing] == []
