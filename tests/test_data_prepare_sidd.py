"""Preparing SIDD from the world's photographs and blocks."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.sidd import LAYOUT
from painter_kit.data.pairs import PairEntry, read_pair_list
from painter_kit.data.pictures import read_image, write_png
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.data.prepare.table import get_preparation
from painter_kit.data.sidd_blocks import NOISY_BLOCKS, open_blocks
from painter_kit.data.sidd_record import read_record
from painter_kit.errors import InputError
from tests.samples import copy_samples

SIDD = get_preparation("sidd")
OPTIONS = PrepareOptions(patches=2)
KIND = "ssid_image2denoise"


def prepare(root: Path, options: PrepareOptions = OPTIONS, workers: int = 1) -> tuple[int, list]:
    """How many items were made, and the lists."""
    made, lists = 0, []
    for step in SIDD.steps:
        made += run_items(step.items(root, options), workers)
        lists += step.finish(root, options)
    return made, lists


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_layout(LAYOUT, root, LayoutOptions(count=2, size=(264, 300)))
    return root


@pytest.fixture
def root(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "input"))  # not to be rewritten in lists


def test_lists_are_those_of_the_released_trainer(root: Path):
    made, lists = prepare(root)
    assert made == 3  # two photographs and all blocks
    names = ["denoise_ssid_train.json", "denoise_ssid_val.json"]
    assert [path.relative_to(root / "denoise").as_posix() for path in lists] == names
    train, val = (read_pair_list(path) for path in lists)
    assert train == [
        PairEntry(f"denoise/train/input/{n}.png", f"denoise/train/groundtruth/{n}.png", KIND)
        for n in ("1_1", "1_2", "2_1", "2_2")
    ]
    assert val[0] == PairEntry("denoise/val/input/1_1.png", "denoise/val/groundtruth/1_1.png", KIND)
    assert len(val) == 4
    assert len(open_dataset("sidd", root).examples("denoise", "train")) == 4


def test_blocks_are_written_as_they_are(root: Path):
    prepare(root)
    for example in open_blocks(root / "denoise"):
        for kind, picture in (("input", example.image), ("groundtruth", example.truth["clean"])):
            path = root / "denoise" / "val" / kind / f"{example.id}.png"
            np.testing.assert_array_equal(read_image(path), picture)


def test_preparing_again_makes_what_is_missing(root: Path):
    _, lists = prepare(root)
    assert prepare(root) == (0, lists)
    files = [root / "denoise" / name for name in ("train/input/2_2.png", "val/input/1_2.png")]
    before = [path.read_bytes() for path in files]
    for path in files:
        path.unlink()
    assert prepare(root)[0] == 2
    assert [path.read_bytes() for path in files] == before


def test_the_number_of_workers_changes_nothing(written: Path, root: Path, tmp_path: Path):
    other = Path(shutil.copytree(written, tmp_path / "other"))
    prepare(root)
    prepare(other, workers=2)
    for path in (root / "denoise" / "train").rglob("*.*"):
        assert path.read_bytes() == (other / path.relative_to(root)).read_bytes()


def test_more_patches_keep_the_first_ones(root: Path):
    prepare(root)
    first = (root / "denoise/train/input/1_2.png").read_bytes()
    assert prepare(root, PrepareOptions(patches=3))[0] == 2
    assert (root / "denoise/train/input/1_2.png").read_bytes() == first
    record = read_record(root / "denoise")
    assert record is not None
    assert (record.patches, record.seed) == (3, 0)
    with pytest.raises(InputError, match="patches cut with --seed 0, not 1"):
        prepare(root, PrepareOptions(seed=1, patches=3))


def test_patches_that_were_cut_elsewhere_are_kept_and_not_mixed(root: Path):
    prepare(root)
    folder = root / "denoise" / "train"
    (folder / "patches.json").unlink()
    for kind in ("input", "groundtruth"):
        for name in ("1_1", "1_2", "2_1", "2_2"):
            picture = read_image(folder / kind / f"{name}.png")[::-1]
            write_png(folder / kind / f"{name}.png", picture)
    before = (folder / "input" / "1_1.png").read_bytes()
    made, lists = prepare(root)
    assert (made, len(lists)) == (0, 2)
    assert (folder / "input" / "1_1.png").read_bytes() == before
    assert not (folder / "patches.json").exists()
    with pytest.raises(InputError, match="not cut with seed 0, and not all of them; remove the"):
        prepare(root, PrepareOptions(patches=3))


def test_an_interrupted_preparation_goes_on_with_its_seed_alone(root: Path):
    items = SIDD.steps[0].items(root, OPTIONS)
    run_items(items[:1])
    with pytest.raises(InputError, match="not cut with seed 1"):
        prepare(root, PrepareOptions(seed=1, patches=2))
    assert prepare(root)[0] == 2
    assert read_record(root / "denoise") is not None


def test_photographs_may_be_gone_after_cutting(root: Path, caplog):
    prepare(root)
    record = read_record(root / "denoise")
    shutil.rmtree(root / "denoise" / "SIDD_Medium_Srgb")
    made, lists = prepare(root)
    assert (made, len(lists)) == (0, 2)
    assert "SIDD_Medium_Srgb holds no photographs, no patches are cut" in caplog.text
    assert read_record(root / "denoise") == record


def test_broken_sources_are_named(root: Path):
    path = root / "denoise" / f"{NOISY_BLOCKS}.mat"
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(InputError, match=rf"{NOISY_BLOCKS}.mat cannot be read"):
        prepare(root)
    photograph = next(root.rglob("0002_GT*.PNG"))
    photograph.write_bytes(photograph.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"1 of 2 could not be prepared.*0002_GT_SRGB_010.PNG"):
        prepare(root, PrepareOptions(patches=3))
    assert (root / "denoise/train/input/1_3.png").is_file()


def test_nothing_to_prepare(tmp_path: Path):
    with pytest.raises(InputError, match=r"denoise does not exist; unpack sidd there"):
        prepare(tmp_path)
    (tmp_path / "denoise").mkdir()
    with pytest.raises(InputError, match=r"SIDD_Medium_Srgb holds no photographs; unpack SIDD"):
        prepare(tmp_path)


def test_a_real_block(tmp_path: Path):
    copy_samples("denoise", tmp_path)
    made, lists = prepare(tmp_path)
    assert (made, [p.name for p in lists]) == (0, ["denoise_ssid_val.json"])
    assert [Path(e.image_path).name for e in read_pair_list(lists[0])] == ["0_0.png"]
