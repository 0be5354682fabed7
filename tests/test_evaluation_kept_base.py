from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.data.coco_categories import NAMES
from painter_kit.data.specs import class_spec, released_spec
from painter_kit.errors import InputError
from painter_kit.evaluation.kept.base import (
    category_ids,
    claim,
    file_of,
    flat_name,
    image_id,
    thing_ids,
)

COCO = class_spec("coco", "coco-semantic", NAMES)


def test_names_become_files_below_the_folder(tmp_path: Path):
    assert file_of(tmp_path, "Test100/12", ".png") == tmp_path / "Test100/12.png"
    assert file_of(tmp_path, "a.b", ".json") == tmp_path / "a.b.json"
    assert flat_name("study_room_0005b/rgb_00094") == "study_room_0005b_rgb_00094"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", ""])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str):
    with pytest.raises(InputError, match="cannot name a file"):
        file_of(tmp_path, name, ".png")


def test_coco_numbers_its_pictures():
    assert image_id("000000391460") == 391460
    assert image_id("test/000001") == "test/000001"


def test_benchmarks_have_ids_of_their_own():
    assert category_ids(COCO, 133)[:12] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13]
    assert category_ids(COCO, 133)[-1] == 200
    assert thing_ids(COCO)[-1] == 90
    assert len(thing_ids(COCO)) == 80
    assert category_ids(released_spec("ade20k", "semantic", ("a", "b")), 2) == [1, 2]
    own = replace(COCO, data="folder:x", classes=("a", "b", "c"))
    assert category_ids(own, 3) == thing_ids(own) == [0, 1, 2]


def test_a_folder_holds_predictions_of_one_thing(tmp_path: Path):
    about = {"prompt": "abc", "model": "m"}
    claim(tmp_path / "new", about)
    claim(tmp_path / "new", about)
    with pytest.raises(InputError, match="of another prompt; use another --out"):
        claim(tmp_path / "new", {**about, "prompt": "abd"})
    (tmp_path / "new/kept.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        claim(tmp_path / "new", about)
    (tmp_path / "new/kept.json").unlink()
    (tmp_path / "new/kept.json").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        claim(tmp_path / "new", about)
