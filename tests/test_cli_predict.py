"""``painterkit predict`` from files to files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from painter_kit.cli.main import cli
from painter_kit.cli.predict import find_pictures, prompt_spec
from painter_kit.data.base import open_dataset
from painter_kit.data.pictures import read_depth, read_image
from painter_kit.data.specs import depth_spec, with_canvas
from painter_kit.errors import InputError
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import load_painter, save_painter
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.tasks.colors import keypoint_palette
from painter_kit.types import Coding, Pair
from tests.cli_toys import TINY

RNG = np.random.default_rng(0)


def picture(height: int, width: int) -> np.ndarray:
    return RNG.integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with weights, a prompt and three pictures."""
    monkeypatch.chdir(tmp_path)
    save_painter(TINY.build(), TINY, tmp_path / "tiny.safetensors")
    Prompt(Pair(picture(20, 20), picture(20, 20), Coding()), "depth").save(tmp_path / "prompt")
    (tmp_path / "photos").mkdir()
    for name, size in {"a": (24, 40), "b": (33, 17), "c": (16, 16)}.items():
        Image.fromarray(picture(*size)).save(tmp_path / "photos" / f"{name}.png")
    return tmp_path


def predict(*args: str) -> Result:
    common = ["predict", "--prompt", "prompt", "--checkpoint", "tiny.safetensors"]
    return CliRunner().invoke(cli, [*common, "--device", "cpu", *args])


def test_a_folder_of_pictures(work: Path):
    result = predict("photos", "--task", "depth", "--out", "out", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout.splitlines()[-1])
    assert result.stdout.count("\n") == 1
    assert [Path(p["image"]).name for p in told["pictures"]] == ["a.png", "b.png", "c.png"]
    for entry in told["pictures"]:
        size = Image.open(entry["image"]).size
        assert Image.open(entry["painted"]).size == size
        assert Image.open(entry["decoded"]).size == size
        assert Image.open(entry["side_by_side"]).height == size[1]
    assert len(list((work / "out").iterdir())) == 10  # three files each, and painterkit.json


def test_the_decoded_depth_is_what_the_model_paints(work: Path):
    assert predict("photos/a.png", "--out", "out").exit_code == 0
    predictor = Predictor(load_painter(work / "tiny.safetensors"), 1)
    spec, task = with_canvas(depth_spec("x"), predictor.canvas), get_task("depth")
    image = read_image(work / "photos" / "a.png")
    painted = predictor.pictures(Prompt.load(work / "prompt"), [image], spec)[0]
    expected = task.decode(painted, spec, (24, 40))
    np.testing.assert_allclose(read_depth(work / "out" / "a_decoded.png"), expected, atol=2e-3)


def test_an_ensemble_paints_like_a_prompt(work: Path):
    other = Prompt(Pair(picture(20, 20), picture(20, 20), Coding()), "depth")
    members = (Prompt.load(work / "prompt"), other)
    EnsemblePrompt(members, provenance={"data": "world"}).save(work / "both")
    args = ["--prompt", "both", "--data", "nyuv2", "--out", "out"]  # the second --prompt counts
    result = predict("photos/a.png", *args)
    assert result.exit_code == 0, result.stderr
    predictor = Predictor(load_painter(work / "tiny.safetensors"), 1)
    image = read_image(work / "photos" / "a.png")
    spec = with_canvas(depth_spec("x"), predictor.canvas)
    painted = np.mean([predictor.pictures(m, [image], spec)[0] for m in members], axis=0)
    expected = get_task("depth").decode(painted, spec, (24, 40))
    np.testing.assert_allclose(read_depth(work / "out" / "a_decoded.png"), expected, atol=2e-3)


def test_files_and_folders_mixed_into_the_default_folder(work: Path):
    (work / "d.jpg").write_bytes((work / "photos" / "c.png").read_bytes())
    result = predict("d.jpg", "photos")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "4 pictures painted into runs/predict-1\n"
    assert (work / "runs/predict-1/d_painted.png").is_file()


def harm_truncate(work: Path) -> None:
    whole = (work / "photos/b.png").read_bytes()
    (work / "photos/b.png").write_bytes(whole[: len(whole) // 2])


def harm_duplicate(work: Path) -> None:
    Image.fromarray(picture(8, 8)).save(work / "photos/a.jpg")


def harm_clear(work: Path) -> None:
    for path in (work / "photos").iterdir():
        path.unlink()


def harm_prompt(work: Path) -> None:
    (work / "prompt/target.png").unlink()


def harm_nothing(work: Path) -> None:
    pass


CASES: list[tuple[Callable[[Path], None], tuple[str, ...], str]] = [
    (harm_truncate, ("photos",), "picture photos/b.png cannot be read"),
    (harm_duplicate, ("photos",), "2 pictures are named a"),
    (harm_clear, ("photos",), "folder photos holds no pictures"),
    (harm_nothing, ("photos", "nothere.png"), "picture nothere.png does not exist"),
    (harm_prompt, ("photos",), "target.png does not exist"),
    (harm_nothing, ("photos", "--prompt", "nothere"), "prompt nothere: no such folder"),
    (harm_nothing, ("photos", "--task", "semantic"), "--prompt prompt is for depth"),
    (harm_nothing, ("photos", "--task", "dept"), "Did you mean 'depth'?"),
    (harm_nothing, ("photos", "--data", "wrld"), "unknown data 'wrld'"),
    (harm_nothing, ("photos", "--checkpoint", "no.pth"), "checkpoint 'no.pth'"),
    (harm_nothing, ("photos", "--checkpoint", "photos/a.png"), "photos/a.png: "),
    (harm_nothing, ("photos", "--device", "cuda:77"), "--device cuda:77 cannot be used"),
    (harm_nothing, ("photos", "--out", "photos"), "--out photos is not empty"),
]


@pytest.mark.parametrize(("harm", "args", "words"), CASES, ids=[c[2][:30] for c in CASES])
def test_bad_input_is_one_line_and_leaves_nothing(
    work: Path, harm: Callable[[Path], None], args: tuple[str, ...], words: str
):
    harm(work)
    before = sorted(work.rglob("*"))
    result = predict(*args)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert result.stdout == ""
    assert sorted(work.rglob("*")) == before


def test_the_same_folder_is_replaced_only_when_asked(work: Path):
    assert predict("photos", "--out", "out").exit_code == 0
    assert predict("photos/a.png", "--out", "out").exit_code == 2
    assert predict("photos/a.png", "--out", "out", "--overwrite").exit_code == 0
    assert not (work / "out/b_painted.png").exists()


def prompt_for(task: str, data: str = "", **coding: tuple) -> Prompt:
    pair = Pair(picture(8, 8), picture(8, 8), Coding(**coding))
    return Prompt(pair, task, provenance={"data": data} if data else {})


def test_constants_come_from_the_option_then_the_prompt_then_the_paper():
    red = ((255, 0, 0), (0, 0, 255))
    prompt = prompt_for("instance", "world", ramp=red)
    assert prompt_spec(prompt, None, None).data == "world"
    assert prompt_spec(prompt, "world-shifted", None).data == "world-shifted"
    assert prompt_spec(prompt, None, None).coding.ramp == red
    released = prompt_spec(prompt_for("instance", "folder:gone", ramp=red), None, None)
    assert (released.data, released.protocol.cells, released.coding.ramp) == ("given", 20, red)


def test_classes_without_data_are_those_of_the_palette():
    prompt = prompt_for("semantic", palette=((255, 0, 0), (0, 255, 0)))
    assert prompt_spec(prompt, None, None).classes == ("0", "1")


def test_a_task_without_released_constants_asks_for_data():
    with pytest.raises(InputError, match="give --data for task flow"):
        prompt_spec(prompt_for("flow"), None, None)


def test_keypoints_without_data_are_numbered():
    prompt = prompt_for("keypoint", "folder:gone", palette=keypoint_palette(3))
    assert prompt_spec(prompt, None, None).protocol.names == ("0", "1", "2")
    coco = prompt_spec(prompt_for("keypoint", "coco", palette=keypoint_palette(17)), None, None)
    assert coco.protocol.names[:2] == ("nose", "left_eye")


def test_hidden_files_and_others_are_no_pictures(work: Path):
    (work / "photos/.hidden.png").touch()
    (work / "photos/notes.txt").touch()
    assert [p.name for p in find_pictures([Path("photos")])] == ["a.png", "b.png", "c.png"]


def world_prompt(task: str) -> Prompt:
    world = open_dataset("world")
    example = world.examples(task, "train")[0]
    pair = make_pair(get_task(task), world.spec(task), example)
    return Prompt(pair, task, provenance={"data": "world"})


def test_a_prompt_with_parts_paints_each_and_decodes_them_jointly(work: Path):
    parts = {"semantic": world_prompt("coco-semantic"), "instance": world_prompt("instance")}
    provenance = {"data": "world"}
    PartedPrompt(parts, "panoptic", provenance=provenance).save(work / "joint")
    result = predict("photos", "--prompt", "joint", "--out", "out", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["task"] == "panoptic"
    for entry in told["pictures"]:
        size = Image.open(entry["image"]).size
        for what in ("painted_semantic", "painted_instance", "decoded"):
            assert Image.open(entry[what]).size == size
        segments = json.loads(Path(entry["segments"]).read_text())["segments_info"]
        assert all({"id", "category_id", "name", "isthing", "area"} == set(s) for s in segments)
    PartedPrompt(dict(list(parts.items())[:1]), "panoptic", provenance=provenance).save(
        work / "half"
    )
    lacking = predict("photos", "--prompt", "half")
    assert lacking.exit_code == 2
    assert "needs the parts semantic (for coco-semantic), instance" in lacking.stderr


def test_keypoints_of_pictures_of_one_person(work: Path):
    world_prompt("keypoint").save(work / "joints")
    result = predict("photos", "--prompt", "joints", "--out", "out", "--json")
    assert result.exit_code == 0, result.stderr
    for entry in json.loads(result.stdout)["pictures"]:
        width, height = Image.open(entry["image"]).size
        points = json.loads(Path(entry["decoded"]).read_text())
        assert len(points) == 7
        assert all(-1 <= p["x"] < width and -1 <= p["y"] < height for p in points)
        assert Image.open(entry["painted"]).size == (width, height)
