"""Several prompts for one picture, and the type token, from the command line."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from painter_kit.cli.main import cli
from painter_kit.cli.supports import Together, join_supports, load_supports, support_forwards
from painter_kit.errors import InputError
from painter_kit.inference.ensemble import HOWS, EnsemblePrompt
from painter_kit.inference.parted import PartedPrompt, load_prompt
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.model.builders import ModelConfig
from painter_kit.model.checkpoint import load_painter, save_painter
from painter_kit.tasks.colors import painted_colours
from painter_kit.types import Coding, Pair
from tests.cli_toys import TINY, make_pairs

SEGGPT = replace(TINY, type_tokens=True)
RNG = np.random.default_rng(1)


def prompt(name: str = "", task: str = "depth", **fields: Any) -> Prompt:
    pictures = RNG.integers(0, 256, (2, 20, 20, 3), np.uint8)
    about = {"candidate": name, "data": "folder:pairs"} if name else {}
    return Prompt(Pair(*pictures, Coding()), task, **{"provenance": about, **fields})


def random_weights(config: ModelConfig, path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = config.build()
        for name, value in model.named_parameters():
            if "type_token" in name:
                torch.nn.init.normal_(value, std=1.0)
    save_painter(model, config, path)


@pytest.fixture
def work(mlflow_here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a small SegGPT and Painter, pairs, and three prompts."""
    monkeypatch.delenv("PAINTERKIT_HOME", raising=False)
    random_weights(SEGGPT, mlflow_here / "seggpt.safetensors")
    random_weights(TINY, mlflow_here / "painter.safetensors")
    make_pairs(mlflow_here / "pairs", 40)
    for name in "abc":
        prompt(name).save(mlflow_here / name)
    return mlflow_here


def run(verb: str, *args: str, checkpoint: str = "seggpt.safetensors") -> Result:
    return CliRunner().invoke(cli, [verb, "--checkpoint", checkpoint, "--device", "cpu", *args])


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def evaluate(*args: str, **more: str) -> dict[str, Any]:
    flags = ("--task", "depth", "--data", "folder:pairs", "--resamples", "50", "--no-mlflow")
    return told(run("evaluate", *flags, "--json", *args, **more))


def test_choices_are_those_of_the_library():
    assert get_args(Together) == HOWS


def test_prompts_are_joined_and_keep_what_is_known_of_them():
    one = prompt("a", kind="searched", spec_digest="s", model_digest="m", confirm_touches=1)
    two = prompt("b", kind="searched", confirm_touches=3)
    joint = join_supports(one, [two, one], "grid")
    assert isinstance(joint, EnsemblePrompt)
    assert [m.digest for m in joint.members] == [one.digest, two.digest, one.digest]
    assert (joint.how, joint.kind, joint.confirm_touches) == ("grid", "searched", 3)
    assert (joint.spec_digest, joint.model_digest) == ("s", "m")
    assert joint.provenance == {"data": "folder:pairs", "candidate": "a + b + a"}
    assert join_supports(one, [replace(two, kind="random")], "output").kind == "given"
    assert join_supports(one, [], "features") is one


def test_what_cannot_be_joined_is_refused():
    one = prompt()
    parted = PartedPrompt({"semantic": one}, "panoptic")
    with pytest.raises(InputError, match="task panoptic has parts"):
        join_supports(parted, [parted], "output")
    with pytest.raises(InputError, match="is an ensemble already"):
        join_supports(one, [EnsemblePrompt((one, one))], "output")
    with pytest.raises(InputError, match="differ in their task"):
        join_supports(one, [prompt(task="denoise")], "output")


def test_costs_are_known_before(tmp_path: Path):
    EnsemblePrompt((prompt(), prompt()), "features").save(tmp_path / "two")
    costs = {how: support_forwards(["random:1", "random:2", "random:1"], how) for how in HOWS}
    assert costs == {"output": 2, "features": 3, "grid": 1}
    assert [support_forwards([str(tmp_path / "two")], how) for how in HOWS] == [2, 2, 2]
    with pytest.raises(InputError, match="--support must be a prompt folder, but there is no"):
        load_supports([str(tmp_path / "none")])


@pytest.mark.parametrize(("how", "forwards"), [("output", 3), ("features", 3), ("grid", 1)])
def test_predict_paints_under_several(work: Path, how: str, forwards: int):
    supports = ("--support", "b", "--support", "c", "--together", how)
    args = ("pairs/images/p00.png", "--prompt", "a", *supports, "--out", "out", "--json")
    found = told(run("predict", *args))
    assert found["forwards_per_picture"] == forwards
    assert found["supports"] == ["b", "c"]
    members = [Prompt.load(work / name) for name in "abc"]
    predictor = Predictor(load_painter(work / "seggpt.safetensors"), 1)
    from painter_kit.data.base import open_dataset
    from painter_kit.data.pictures import read_image
    from painter_kit.data.specs import with_canvas

    spec = with_canvas(open_dataset("folder:pairs").spec("depth"), predictor.canvas)
    image = read_image(work / "pairs/images/p00.png")
    joint = EnsemblePrompt(members, how)  # pyright: ignore[reportArgumentType]
    painted = predictor.pictures(joint, [image], spec)[0]
    expected = painted_colours(painted, image.shape[:2], spec.output_resize, "round")
    written = read_image(Path(found["pictures"][0]["painted"]))
    assert np.abs(written.astype(int) - expected).max() <= 1


def test_evaluate_takes_several_of_any_kind(work: Path):
    args = ("--prompt", "random:1", "--support", "random:2", "--support", "a")
    plans = {how: evaluate(*args, "--together", how, "--plan")["forwards"] for how in HOWS}
    assert plans == {"output": 24, "features": 24, "grid": 8}
    values = {}
    for how in HOWS:
        found = evaluate(*args, "--together", how, "--out", how)
        kept = load_prompt(work / found["prompt"])
        assert isinstance(kept, EnsemblePrompt)
        assert (kept.how, kept.kind, len(kept.members)) == (how, "given", 3)
        values[how] = found["metrics"]["rmse"]
    assert len({one["value"] for one in values.values()}) == 3
    # What was written is used like a prompt.
    again = evaluate("--prompt", "grid/prompts/depth", "--out", "again")
    assert again["metrics"]["rmse"] == values["grid"]


def test_the_type_token_is_a_choice_that_results_are_kept_apart_by(work: Path):
    found = {
        kind: evaluate("--prompt", "a", "--segment-type", kind, "--out", kind)
        for kind in ("auto", "semantic", "instance")
    }
    numbers = {kind: one["metrics"]["rmse"]["value"] for kind, one in found.items()}
    assert numbers["auto"] == numbers["instance"] != numbers["semantic"]
    assert len({one["model_digest"] for one in found.values()}) == 1
    again = evaluate("--prompt", "a", "--set", "segment_type=semantic", "--out", "again")
    assert again["metrics"] == found["semantic"]["metrics"]


@pytest.mark.parametrize("verb", ["predict", "evaluate", "search-prompt", "tune-prompt"])
def test_a_painter_has_no_type_to_choose(work: Path, verb: str):
    args = {"predict": ("pairs/images/p00.png", "--prompt", "a"), "evaluate": ("--prompt", "a")}
    more = args.get(verb, ("--set", "panel=2"))
    if verb != "predict":
        more += ("--task", "depth", "--data", "folder:pairs", "--no-mlflow")
    result = run(verb, *more, "--segment-type", "semantic", checkpoint="painter.safetensors")
    assert result.exit_code == 2
    assert "segment type semantic was chosen, but this checkpoint has no type tokens" in (
        result.stderr
    )


def test_prompts_are_searched_for_seggpt_under_a_type(work: Path):
    sizes = ("--pool", "6", "--select", "8", "--confirm", "8", "--panel", "3", "--no-mlflow")
    args = ("--task", "depth", "--data", "folder:pairs", *sizes, "--strategy", "exhaustive")
    args += ("--set", "stop_interchangeable=false")
    one, other, again = (
        told(run("search-prompt", *args, "--segment-type", kind, "--out", out, "--json"))
        for kind, out in (("semantic", "one"), ("instance", "other"), ("semantic", "again"))
    )
    assert one["panel"]["mean"] != other["panel"]["mean"]
    # Nothing that was measured under one type serves the other.
    assert one["forwards"]["new"] > 0 == again["forwards"]["new"]
    assert other["forwards"]["new"] >= 6 * 8
    assert again["panel"] == one["panel"]
