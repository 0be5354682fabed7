"""Painted crops of animals, and what of AP-10K and Animal-Pose is on disk."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.ap10k_classes import BACKGROUNDS
from painter_kit.data.base import open_dataset
from painter_kit.data.pairs import PAIR_TYPES, read_pair_list
from painter_kit.data.pictures import read_image
from painter_kit.data.prepare.animals import crop_folder
from painter_kit.data.prepare.base import PrepareOptions
from painter_kit.data.prepare.table import get_preparation
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task, make_pair
from tests.ood_toys import COUNT, run, written_root
from tests.preparing import prepare_all
from tests.test_data_animalpose import first_release


@pytest.fixture(params=["ap10k", "animalpose"])
def copied(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    source = written_root(tmp_path_factory, request.param)
    shutil.copytree(source / request.param, tmp_path / request.param)
    return request.param, tmp_path


def test_prepared_crops_are_the_training_examples(copied: tuple[str, Path]):
    name, root = copied
    preparation = get_preparation(name)
    made, lists = prepare_all(preparation.steps, root)
    assert made == 2 * COUNT
    assert prepare_all(preparation.steps, root)[0] == 0
    assert lists == [f"{name}/{name}_256x256_{part}.json" for part in ("train", "val")]
    entries = read_pair_list(root / lists[0])
    assert {PAIR_TYPES[entry.type] for entry in entries} == {"keypoint"}
    assert entries[0].image_path.startswith(f"{name}/data_pair/{crop_folder('train')}/")
    data = open_dataset(name, root)
    examples = {e.id: e for e in data.examples("keypoint", "train")}
    for entry in entries:
        example = examples[Path(entry.image_path).stem.removesuffix("_image")]
        pair = make_pair(get_task("keypoint"), data.spec("keypoint"), example)
        np.testing.assert_array_equal(read_image(root / entry.image_path), pair.image)
        np.testing.assert_array_equal(read_image(root / entry.target_path), pair.target)
    assert len(entries) == len(examples)


def test_check_counts_what_is_there_and_names_what_is_not(copied: tuple[str, Path]):
    name, root = copied
    check = get_preparation(name).check
    findings = {f.part: f for f in check(root, True)}
    assert not [f for f in findings.values() if f.missing or f.broken]
    annotations = [f for part, f in findings.items() if part.endswith(".json")]
    assert len(annotations) == {"ap10k": 9, "animalpose": 4}[name]
    assert all("animals with keypoints" in f.note for f in annotations)
    assert not all(f.whole for f in annotations)  # far fewer pictures than published
    (folder,) = [f for part, f in findings.items() if not part.endswith(".json")]
    assert folder.present == 3 * COUNT
    victim = next((root / folder.part).glob("*.jp*g"))
    victim.unlink()
    broken = next((root / folder.part).glob("*.jp*g"))
    broken.write_bytes(b"no picture")
    (again,) = [f for f in check(root, True) if f.part == folder.part]
    assert again.missing == (f"{folder.part}/{victim.name}",)
    assert again.broken == (f"{folder.part}/{broken.name}",)
    path = root / annotations[0].part
    path.write_text("{")
    assert next(f for f in check(root, False) if f.part == annotations[0].part).broken
    path.unlink()
    assert next(f for f in check(root, False) if f.part == annotations[0].part).missing


def test_backgrounds_of_split_1_are_counted(tmp_path_factory: pytest.TempPathFactory):
    root = written_root(tmp_path_factory, "ap10k")
    notes = {f.part: f.note for f in get_preparation("ap10k").check(root, False)}
    told = ", ".join(f"{name} 1" for name in BACKGROUNDS[:COUNT])
    assert notes["ap10k/annotations/ap10k-train-split1.json"].endswith(f"; {told}")


def test_the_first_release_is_prepared_where_there_is_no_other(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
):
    root = first_release(written_root(tmp_path_factory, "animalpose"), tmp_path)
    preparation = get_preparation("animalpose")
    made, lists = prepare_all(preparation.steps, root)
    assert (made, lists) == (2 * COUNT, ["animalpose/animalpose_256x256_all.json"])
    findings = preparation.check(root, True)
    assert [f.part for f in findings] == ["animalpose/keypoints.json", "animalpose/images"]
    assert not [f for f in findings if f.missing or f.broken]


@pytest.mark.parametrize("name", ["ap10k", "animalpose", "lvis"])
def test_an_empty_root_is_told_what_to_do(name: str, tmp_path: Path):
    for args in (("prepare", name), ("datasets", "check", name)):
        result = run(*args, "--root", str(tmp_path))
        assert result.exit_code in (1, 2)
        assert "Traceback" not in result.stderr
        assert "does not exist" in result.stderr + result.stdout
    with pytest.raises(InputError, match="does not exist"):
        prepare_all(get_preparation(name).steps, tmp_path)


def test_the_command_line_prepares_and_checks(copied: tuple[str, Path]):
    name, root = copied
    result = run("prepare", name, "--root", str(root), "--workers", "1", "--json")
    assert result.exit_code == 0, result.stderr
    (step,) = json.loads(result.stdout.splitlines()[-1])["steps"]
    assert (step["step"], step["made"]) == ("keypoints", 2 * COUNT)
    assert run("datasets", "check", name, "--root", str(root)).exit_code == 1
    assert PrepareOptions().seed == 0
