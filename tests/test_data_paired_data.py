"""A dataset of one task, made of pairs of files."""

from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.data.paired import PairExamples
from painter_kit.data.paired_data import PairedData, benchmark_folder, refuse_argument
from painter_kit.data.specs import restoration_spec
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.tasks.restoration import RestorationProtocol
from tests.test_data_paired import folder as pairs_folder
from tests.test_data_paired import pairs_of

folder = pairs_folder


def dataset(root: Path | None) -> PairedData:
    spec = replace(restoration_spec("toys", "derain"), protocol=RestorationProtocol("derain"))
    train = {"train": lambda folder: PairExamples(tuple(pairs_of(folder)))}
    return PairedData(root, spec, "set", train, ("bad/100", "good/100"), "unpack toys")


def test_a_dataset_of_one_task(folder: Path):
    data = dataset(folder.parent)
    assert (data.name, data.tasks) == ("toys", ("derain",))
    assert set(data.sources.values()) == {"train", "test"}
    assert data.spec("derain").data == "toys"
    assert data.examples("derain", "train").ids == ["2", "10", "100"]
    with pytest.raises(InputError, match="--data toys has no task depth; it has derain"):
        data.examples("depth", "train")
    with pytest.raises(InputError, match="--data toys has the subsets train"):
        data.examples("derain", "test")


def test_the_released_pair_is_that_of_its_example(folder: Path):
    data = dataset(folder.parent)
    example = data.examples("derain", "train")[2]
    made = make_pair(get_task("derain"), data.spec("derain"), example)
    assert data.released("derain").digest == made.digest
    (folder / "good" / "100.png").unlink()
    words = r"released prompt of toys: .*good/100.png does not exist; unpack toys"
    with pytest.raises(InputError, match=words):
        data.released("derain")
    with pytest.raises(InputError, match="has no task enhance"):
        data.released("enhance")


def test_the_root_is_asked_for_when_it_is_needed(tmp_path: Path):
    assert dataset(None).spec("derain").metric == "psnr"
    with pytest.raises(InputError, match=r"--data toys needs --data-root DIR, .* holds set/"):
        dataset(None).examples("derain", "train")
    with pytest.raises(InputError, match=r"folder .*set does not exist; unpack toys there"):
        benchmark_folder(tmp_path, "toys", "set")
    with pytest.raises(InputError, match="--data toys takes no argument but got 'x'"):
        refuse_argument("toys", "x")
