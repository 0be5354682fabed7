"""LoL as the world writes it, and a real picture in low light."""

from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import HasReleased, open_dataset
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.lol import LAYOUT
from painter_kit.data.pictures import read_image
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import measure_painted, primary
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.tasks.restoration import METRICS
from tests.samples import copy_samples


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_layout(LAYOUT, root, LayoutOptions(count=3, size=(40, 60)))
    return root


def test_official_splits_in_natural_order(root: Path):
    data = open_dataset("lol", root)
    assert data.tasks == ("enhance",)
    train, test = (data.examples("enhance", subset) for subset in ("train", "test"))
    assert (train.ids, test.ids) == (["2", "3", "100"], ["1", "22", "23"])
    assert train.groups == train.ids
    folder = root / "light_enhance" / "eval15"
    np.testing.assert_array_equal(test[1].image, read_image(folder / "low" / "22.png"))
    np.testing.assert_array_equal(test[1].truth["clean"], read_image(folder / "high" / "22.png"))


def test_the_published_protocol(root: Path):
    spec = open_dataset("lol").spec("enhance")
    assert (spec.canvas, spec.protocol.convention) == (448, "lol")
    assert (spec.image_resize, spec.target_resize, spec.output_resize) == ("bicubic",) * 3
    assert (spec.query_filter, spec.metric, spec.unit) == ("image", "psnr", "dB")


def test_painted_truth_is_perfect_and_the_query_is_not(root: Path):
    data, task = open_dataset("lol", root), get_task("enhance")
    spec = data.spec("enhance")
    for example in data.examples("enhance", "test"):
        pair = make_pair(task, spec, example)
        perfect, idle = (
            measure_painted(task, spec, picture / 255, example)
            for picture in (pair.target, pair.image)
        )
        metrics = task.summarise([perfect], spec)
        assert tuple(metrics) == METRICS["lol"]
        assert metrics["psnr"] == 100
        assert [metrics[name] for name in METRICS["lol"][1:]] == pytest.approx([1, 1, 1])
        assert 5 < primary(task, spec, [idle]) < 30


def test_the_released_prompt(root: Path):
    data = open_dataset("lol", root)
    assert isinstance(data, HasReleased)
    example = data.examples("enhance", "train")[2]
    pair = data.released("enhance")
    np.testing.assert_array_equal(pair.image, example.image)
    np.testing.assert_array_equal(pair.target, example.truth["clean"])


def test_arguments_are_refused(root: Path):
    with pytest.raises(InputError, match="--data lol takes no argument but got 'x'"):
        open_dataset("lol:x", root)


def test_a_real_picture_without_its_bright_one(tmp_path: Path):
    copy_samples("light_enhance", tmp_path)
    data = open_dataset("lol", tmp_path)
    words = r"folder .*eval15/high does not exist; unpack LoL there: .* low/ and high/, the truth"
    with pytest.raises(InputError, match=words):
        data.examples("enhance", "test")
    with pytest.raises(InputError, match=r"our485/low/100.png does not exist; unpack LoL there"):
        data.released("enhance")
