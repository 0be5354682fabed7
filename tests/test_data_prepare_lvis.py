"""Plain copies of LVIS with objects painted by place, and what of LVIS is on disk."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.lvis import open_lvis
from painter_kit.data.pairs import PAIR_TYPES, read_pair_list
from painter_kit.data.pictures import read_image
from painter_kit.data.prepare import lvis
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.data.prepare.coco_instances import SIDE
from painter_kit.errors import MissingError
from painter_kit.tasks.base import get_task
from tests.ood_toys import COUNT, written_root
from tests.preparing import prepare_all


@pytest.fixture
def root(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shutil.copytree(written_root(tmp_path_factory, "lvis") / "lvis", tmp_path / "lvis")
    return tmp_path


def test_copies_are_the_painted_objects(root: Path):
    (step,) = lvis.STEPS
    items = step.items(root, PrepareOptions())
    assert len(items) == 2 * COUNT
    run_items([items[0], items[-1]])  # large pictures take their time
    lists = [path.relative_to(root).as_posix() for path in step.finish(root, PrepareOptions())]
    assert lists == [f"lvis/ca_inst/lvis_{part}_image_inst.json" for part in ("train", "val")]
    entries = read_pair_list(root / lists[0])
    assert {PAIR_TYPES[entry.type] for entry in entries} == {"instance"}
    data = open_lvis("", root)
    example = data.examples("instance", "train")[0]
    entry = next(e for e in entries if Path(e.image_path).name.startswith(example.id))
    target = get_task("instance").encode(example.truth, data.spec("instance"), (SIDE, SIDE))
    np.testing.assert_array_equal(read_image(root / entry.target_path), target)
    assert read_image(root / entry.image_path).shape == (SIDE, SIDE, 3)


def test_check_counts_pictures_and_categories(root: Path):
    findings = lvis.check(root, True)
    parts = [f.part for f in findings]
    assert parts[:2] == ["lvis/annotations/lvis_v1_train.json", "lvis/train2017"]
    assert parts[2:] == ["lvis/annotations/lvis_v1_val.json", "lvis/train2017", "lvis/val2017"]
    assert findings[2].note == "7 categories: 4 things, 1 stuff, 2 novel"
    assert (findings[2].present, findings[2].expected) == (COUNT, 19_809)
    assert not [f for f in findings if f.missing or f.broken]
    victim = sorted((root / "lvis" / "val2017").glob("*.jpg"))[0]
    victim.unlink()
    missing = [name for f in lvis.check(root, False) for name in f.missing]
    assert [Path(name).name for name in missing] == [victim.name]
    shutil.rmtree(root / "lvis" / "val2017")
    (gone,) = [f for f in lvis.check(root, False) if f.missing]
    assert (gone.missing, gone.note) == (("coco/val2017",), lvis._ADVICE)
    (root / "lvis/annotations/lvis_v1_val.json").write_text("[]")
    assert lvis.check(root, False)[2].broken == ("lvis/annotations/lvis_v1_val.json",)


def test_without_annotations_nothing_is_made(tmp_path: Path):
    with pytest.raises(MissingError, match=r"lvis_v1_val\.json does not exist; unpack"):
        prepare_all(lvis.STEPS, tmp_path)
    assert [f.part for f in lvis.check(tmp_path, False) if f.missing] == [
        "lvis/annotations/lvis_v1_train.json",
        "lvis/annotations/lvis_v1_val.json",
    ]
