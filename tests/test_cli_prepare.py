"""``painterkit prepare`` on the world in COCO's layout."""

import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from painter_kit.cli.main import cli
from painter_kit.cli.prepare import Part, about_disk, choose_steps, find_parts
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.pairs import read_pair_list
from painter_kit.data.prepare.base import Item, PrepareOptions, Step
from painter_kit.errors import InputError, MissingError

OPTIONS = PrepareOptions()


def prepare(*args: object) -> Result:
    return CliRunner().invoke(cli, ["prepare", *map(str, args)])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    write_layout(get_layout("coco"), root, LayoutOptions(2, size=(48, 64)))
    return root


def test_steps_are_made_once_and_the_lists_are_named(written: Path):
    args = ["coco", "--root", written, "--steps", "semseg,semantic", "--workers", 1]
    plan = prepare(*args, "--plan")
    assert plan.exit_code == 0, plan.output
    assert "coco: 6 items to make" in plan.stdout
    assert "instances" not in plan.stdout
    assert not (written / "coco/pano_sem_seg").exists()

    result = prepare(*args, "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    told = json.loads(result.stdout)
    assert [(s["step"], s["items"], s["done"], s["made"]) for s in told["steps"]] == [
        ("semantic", 4, 0, 4),
        ("semseg", 2, 0, 2),
    ]
    lists = [Path(path) for path in told["steps"][0]["lists"]]
    assert len(lists) == 2
    for entry in read_pair_list(lists[0]):
        assert (written / entry.target_path).is_file()
    assert f"pair list: {lists[0]}" in result.stderr
    assert f"painterkit evaluate --task all --data coco --data-root {written}" in result.stderr

    again = prepare(*args)
    assert "0 items made" in again.stdout
    assert " MB " in prepare(*args, "--plan").stdout


def test_options_reach_the_steps_and_data_root_is_root(
    written: Path, monkeypatch: pytest.MonkeyPatch
):
    args = ["--steps", "instances", "--copies", 1, "--seed", 3, "--workers", 2]
    result = prepare("coco", "--data-root", written, *args)
    assert result.exit_code == 0, result.output
    copies = {p.name for p in (written / "coco/pano_ca_inst").iterdir() if p.is_dir()}
    assert copies == {"train_org", "train_orgflip", "train_aug0", "val_org"}
    monkeypatch.setenv("PAINTERKIT_DATA", str(written))
    assert "0 items made" in prepare("coco", *args).stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("coco",), "give --root DIR"),
        (("coco", "--root", "gone"), "--root gone does not exist"),
        (("kitti", "--root", "."), "unknown dataset 'kitti'"),
        (("coco", "--root", "."), "unpack COCO 2017 there"),
        (("coco", "--root", ".", "--steps", "sem"), "no step sem; steps: semantic"),
        (("coco", "--root", ".", "--steps", ","), "no step named"),
    ],
)
def test_bad_usage_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], words: str
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAINTERKIT_DATA", raising=False)
    result = prepare(*args)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_broken_source_is_named_and_the_others_are_made(tmp_path: Path):
    write_layout(get_layout("coco"), tmp_path, LayoutOptions(3, size=(48, 64)))
    pngs = sorted((tmp_path / "coco/annotations/panoptic_val2017").iterdir())
    pngs[1].write_bytes(b"no picture")
    result = prepare("coco", "--root", tmp_path, "--steps", "semseg", "--workers", 1)
    assert result.exit_code == 2
    assert f"{pngs[1].name} cannot be read" in result.stderr
    assert len(list((tmp_path / "coco/panoptic_semseg_val2017").iterdir())) == 2


def step(name: str, folder: Path, lacking: bool = False) -> Step:
    def items(root: Path, options: PrepareOptions) -> list[Item]:
        if lacking:
            raise MissingError(f"{name} has no sources")
        paths = [folder / f"{name}{i}" for i in range(4)]
        return [Item((path,), partial(path.write_text, "x" * 10)) for path in paths]

    return Step(name, f"makes {name}", items, lambda root, options: [])


def test_steps_keep_their_order():
    steps = [step(name, Path()) for name in "abc"]
    assert [s.name for s in choose_steps(steps, None)] == ["a", "b", "c"]
    assert [s.name for s in choose_steps(steps, "c, a")] == ["a", "c"]


def test_a_step_without_sources_is_left_out_unless_named(tmp_path: Path):
    steps = [step("a", tmp_path), step("b", tmp_path, lacking=True)]
    whole, lacking = find_parts(steps, tmp_path, OPTIONS, named=False)
    assert (len(whole.items), whole.left_out) == (4, "")
    assert lacking.left_out == "b has no sources"
    assert lacking.cells()[""] == "left out: b has no sources"
    with pytest.raises(InputError, match="b has no sources"):
        find_parts(steps, tmp_path, OPTIONS, named=True)
    with pytest.raises(InputError, match="b has no sources"):
        find_parts(steps[1:], tmp_path, OPTIONS, named=False)


def test_a_source_that_is_there_but_broken_is_an_error(tmp_path: Path):
    folder = tmp_path / "nyu_depth_v2"
    (folder / "sync").mkdir(parents=True)
    (folder / "nyu_depth_v2_labeled.mat").write_bytes(b"cut short")
    (folder / "splits.mat").write_bytes(b"cut short")
    result = prepare("nyuv2", "--root", tmp_path)
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr.splitlines()[-1]


def test_disk_is_estimated_from_what_is_there(tmp_path: Path):
    items = step("a", tmp_path).items(tmp_path, OPTIONS)
    assert about_disk(items) is None
    items[2].make()
    assert about_disk(items) == 40
    assert Part(step("a", tmp_path), items, 1, 40).to_json()["bytes"] == 40
