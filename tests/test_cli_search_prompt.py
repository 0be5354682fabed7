"""``painterkit search-prompt`` from options to files, JSON and runs."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from painter_kit.cli.main import cli
from painter_kit.cli.search_prompt import measured_of, why_stop
from painter_kit.data.world.truth import WORLD_TASKS
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import PartedPrompt, load_prompt
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import save_painter
from painter_kit.types import Coding, Pair
from prompt_search.config import SearchConfig
from prompt_search.search import search_prompt
from tests.cli_toys import TINY, make_pairs
from tests.toys import SPEC, TOY, Published, ToyPainter, toy_data

SIZES = ["--pool", "4", "--select", "4", "--confirm", "4", "--test", "2", "--panel", "2"]
SMALL = [*SIZES, "--set", "resamples=100", "--set", "forward_batch=4", "--device", "cpu"]
# Random weights hardly read their prompt, so that a search would stop after the panel.
ON = ["--set", "stop_interchangeable=false"]
STOP = ["--set", "stop_interchangeable=true"]
KEYS = {
    *("task", "data", "checkpoint", "model_digest", "strategy", "seed", "metric", "direction"),
    *("splits", "forwards", "exhaustive_forwards", "winner", "panel", "gain", "prompt", "run_id"),
    "finalists",
}
FORWARDS = {"panel", "select", "confirm", "new", "reused"}
PANEL = {"size", "mean", "sd", "sd_ci_low", "sd_ci_high"}
GAIN = {"value", "ci_low", "ci_high", "p_value", "confirmed", "optimism"}


@pytest.fixture
def work(mlflow_here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with random weights and twelve pairs."""
    monkeypatch.delenv("PAINTERKIT_HOME", raising=False)
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_painter(TINY.build(), TINY, mlflow_here / "tiny.safetensors")
    make_pairs(mlflow_here / "pairs", 12)
    return mlflow_here


def search(*args: str) -> Result:
    common = ["search-prompt", "--data", "folder:pairs", "--checkpoint", "tiny.safetensors"]
    return CliRunner().invoke(cli, [*common, *SMALL, *ON, *args])


def told(result: Result) -> dict[str, Any]:
    """The one JSON object, which is all of stdout."""
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def test_json_files_and_a_second_run_for_free(work: Path):
    result = search("--out", "out", "--json", "--no-mlflow")
    first = told(result)
    assert set(first) == KEYS | {"outlook", "metrics"}
    assert set(first["splits"]) == {"pool", "select", "confirm", "test"}
    assert set(first["forwards"]) == FORWARDS
    assert set(first["winner"]) == {"id", "select", "confirm"}
    assert (set(first["panel"]), set(first["gain"])) == (PANEL, GAIN)
    assert (first["task"], first["data"], first["run_id"]) == ("depth", "folder:pairs", None)
    assert first["checkpoint"] == "tiny.safetensors"
    splits, forwards = first["splits"], first["forwards"]
    assert first["exhaustive_forwards"] == splits["pool"] * splits["select"]
    asked = forwards["panel"] + forwards["select"] + forwards["confirm"]
    assert forwards["new"] + forwards["reused"] == asked
    assert forwards["new"] > 0
    assert "plan: 4 candidates" in result.stderr
    assert "forwards:" in result.stderr

    assert first["prompt"] == str(Path("out/prompt"))
    prompt = Prompt.load(work / "out/prompt")
    assert (prompt.kind, prompt.task) == ("searched", "depth")
    assert prompt.provenance["candidate"] == first["winner"]["id"]
    written = json.loads((work / "out/result.json").read_text())
    assert written == {**{k: v for k, v in first.items() if k != "run_id"}, "prompt": "prompt"}
    assert not (work / "mlflow.db").exists()

    second = told(search("--out", "again", "--json", "--no-mlflow"))
    assert (second["forwards"]["new"], second["forwards"]["reused"]) == (0, asked)
    same = {"task", "winner", "panel", "gain", "model_digest"}
    assert {k: second[k] for k in same} == {k: first[k] for k in same}
    decisions = [(work / d / "decisions.jsonl").read_text() for d in ("out", "again")]
    assert decisions[0] == decisions[1]
    config = ["--config", "out/config.yaml", "--out", "third", "--json", "--no-mlflow"]
    third = CliRunner().invoke(cli, ["search-prompt", "--device", "cpu", *config])
    assert told(third)["forwards"]["new"] == 0


def test_one_search_run_and_flat_prompt_runs(work: Path):
    from mlflow import MlflowClient

    result = told(search("--out", "out", "--json", "--strategy", "random", "--k", "3"))
    client = MlflowClient(f"sqlite:///{work / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("painterkit")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    kinds = [run.data.tags["painterkit.kind"] for run in runs]
    assert sorted(kinds) == ["prompt", "prompt", "search"]
    assert len({run.data.tags["group"] for run in runs}) == 1
    assert {run.info.status for run in runs} == {"FINISHED"}
    by_kind = {run.data.params.get("prompt_kind", "search"): run for run in runs}
    assert set(by_kind) == {"search", "searched", "random"}
    assert result["run_id"] == by_kind["search"].info.run_id
    assert by_kind["search"].data.params["strategy"] == "random"
    found, panel = by_kind["searched"].data, by_kind["random"].data
    assert math.isclose(found.metrics["depth/rmse"], result["winner"]["confirm"])
    assert math.isclose(found.metrics["gain/value"], result["gain"]["value"])
    assert math.isclose(panel.metrics["depth/rmse"], result["panel"]["mean"])
    assert math.isclose(panel.metrics["depth/rmse_sd"], result["panel"]["sd"])
    assert found.params.keys() == panel.params.keys()
    assert found.params["split"] == "confirm"
    assert found.params["n"] == str(result["splits"]["confirm"])
    artefacts = work / "mlartifacts"
    files = artefacts / by_kind["searched"].info.run_id / "artifacts"
    table = json.loads((files / "per_image.json").read_text())
    assert len(table["data"]) == result["splits"]["confirm"]
    pictures = {p.name.split("+")[0] for p in (files / "images").glob("*.png")}
    assert {"prompt_input", "query_00_painted"} <= pictures
    kept = artefacts / by_kind["search"].info.run_id / "artifacts"
    assert (kept / "prompt/prompt.json").is_file()
    assert (kept / "scores.parquet").is_file()


def test_the_summary_is_the_output_for_people(work: Path):
    result = search("--no-mlflow", "-q")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("searched prompt for depth on folder:pairs: p")
    assert result.stdout.endswith("  prompt: runs/search-prompt-1/prompt\n")
    assert result.stderr == ""


def test_a_certified_search_says_how_sure_it_is(work: Path):
    flags = ["--strategy", "halving+certify", "--confidence", "0.9", "--epsilon", "0.5"]
    value = told(search("--no-mlflow", "--json", *flags))
    (certificate,) = value["certificates"]
    assert "with 90% confidence no candidate in the pool" in certificate["sentence"]
    assert "these 3 select images (in mean rmse)" in certificate["sentence"]
    assert search("--confidence", "1.5").exit_code == 2


def other_size(work: Path) -> None:
    """A prompt for the task that was made at another canvas."""
    save_prompt(work, "depth", "made elsewhere")


def other_task(work: Path) -> None:
    save_prompt(work, "enhance", "")


def save_prompt(work: Path, task: str, spec_digest: str) -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    Prompt(Pair(picture, picture, Coding()), task, spec_digest=spec_digest).save(work / "given")


def test_the_released_prompt_gets_a_run_of_its_own(tmp_path: Path):
    data = Published(toy_data().subsets)
    with Store(tmp_path) as store:
        judge = Judge(TOY, SPEC, ToyPainter(), store, "model")
        config = SearchConfig(panel=4, resamples=100)
        result = search_prompt(judge, make_splits(data, "toy"), config, quiet=True)
    assert result.released is not None
    found, panel, released = measured_of(result)
    assert (found.prompt.kind, panel.prompt.kind) == ("searched", "random")
    assert (released.prompt.kind, released.strategy) == ("released", "released")
    assert released.value == result.released.against_panel.ours
    assert released.gain == result.released.against_panel.gain != found.gain


def test_the_plan_for_other_hardware_needs_no_weights(work: Path):
    before = sorted(work.rglob("*"))
    flags = ["--plan", "--throughput", "100", "--checkpoint", "not.there"]
    result = CliRunner().invoke(cli, ["search-prompt", *flags])
    assert result.exit_code == 0, result.stderr
    assert "64 candidates, 64 select and 128 confirm images, panel of 16" in result.stdout
    assert sorted(work.rglob("*")) == before


@pytest.mark.parametrize("task", WORLD_TASKS)
def test_every_task_of_the_world(work: Path, task: str):
    args = ["--data", "world", "--task", task, "--out", "out", "--json", "--no-mlflow"]
    result = told(search(*args))
    parts = {"forwards_by_part"} if task == "panoptic" else set()
    assert set(result) - {"dropped"} == KEYS | {"outlook", "metrics"} | parts
    assert (set(result["forwards"]), set(result["panel"])) == (FORWARDS, PANEL)
    assert set(result["gain"]) == GAIN
    gain, panel, winner = result["gain"], result["panel"], result["winner"]
    numbers = [gain["value"], gain["ci_low"], panel["mean"], winner["select"], winner["confirm"]]
    assert np.isfinite(numbers).all()
    splits, forwards = result["splits"], result["forwards"]
    parts = 2 if task == "panoptic" else 1
    assert splits["pool"] <= parts * 4
    assert result["exhaustive_forwards"] == splits["pool"] * splits["select"]
    if parts == 1:  # so few candidates are raced together more often than there are
        assert forwards["select"] <= result["exhaustive_forwards"]
    asked = forwards["panel"] + forwards["select"] + forwards["confirm"]
    assert forwards["new"] + forwards["reused"] == asked
    prompt = load_prompt(work / "out/prompt")
    assert (prompt.task, prompt.kind) == (task, "searched")
    assert prompt.provenance["candidate"] == winner["id"]
    assert isinstance(prompt, PartedPrompt) == (parts == 2)


def nothing(work: Path) -> None:
    pass


def truncate(work: Path) -> None:
    """Whole headers, so that the pictures seem good until they are read."""
    for path in (work / "pairs/images").iterdir():
        path.write_bytes(path.read_bytes()[:400])


def shrink(work: Path) -> None:
    Image.fromarray(np.ones((40, 47), np.uint16)).save(work / "pairs/targets/p02.png")


def orphan(work: Path) -> None:
    (work / "pairs/targets/p01.png").unlink()


def few(work: Path) -> None:
    make_pairs(work / "few", 5)


def empty(work: Path) -> None:
    (work / "few/images").mkdir(parents=True)
    (work / "few/targets").mkdir()


def copies(work: Path) -> None:
    """One pair under many names."""
    for name in ("images", "targets"):
        first = (work / "pairs" / name / "p00.png").read_bytes()
        for path in (work / "pairs" / name).iterdir():
            path.write_bytes(first)


class Harm:
    """Would leave a file behind if it were unpickled."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, ...]]:
        return Path.touch, (Path("harmed"),)  # pyright: ignore[reportReturnType]


def pickle(work: Path) -> None:
    torch.save({"model": Harm()}, work / "evil.pth")


def misfit(work: Path) -> None:
    state = TINY.build().state_dict()
    state["mask_token"] = torch.zeros(3)
    torch.save({"model": state}, work / "misfit.pth")


def filled(work: Path) -> None:
    (work / "mine").mkdir()
    (work / "mine/notes.txt").touch()


FEW = ("--data", "folder:few")
CASES: list[tuple[Callable[[Path], None], tuple[str, ...], str]] = [
    (nothing, ("--task", "dept"), "Did you mean 'depth'?"),
    (nothing, ("--data", "wrld"), "unknown data 'wrld'"),
    (nothing, ("--data", "builtin", "--task", "semantic"), "has no truth for 'semantic'"),
    (nothing, ("--data", "folder:gone"), "folder gone/images does not exist"),
    (nothing, ("--strategy", "released"), "--data folder:pairs has no released prompt; the data"),
    (nothing, ("--set", "least_gain=much"), "least_gain of a search must be a number in the"),
    (nothing, ("--strategy", "best"), "--strategy must be one of random, exhaustive, halving"),
    (nothing, ("--also", "ensembl"), "--also must name some of ensemble, retrieval, per-class"),
    (nothing, ("--also", "per-class"), "--also per-class: task depth has no classes of pixels"),
    (nothing, ("--set", "ensemble_size=1"), "ensemble_size of a search must be at least 2"),
    (nothing, ("--pool", "1"), "--pool must be at least 2"),
    (nothing, ("--panel", "1"), "panel of a search must be at least 2"),
    (nothing, ("--set", "pol=3"), "did you mean pool?"),
    (nothing, ("--budget", "much"), "--budget must be N forwards, Ns, Nm or Nh of time"),
    (nothing, ("--budget", "17"), "confirm + 6 for the shortest race of halving need"),
    (nothing, ("--budget", "+20"), "--budget +N extends a search; add --resume"),
    (nothing, ("--resume",), "--resume needs --out DIR"),
    (nothing, ("--out", "gone", "--resume"), "--resume: gone holds no search-prompt run"),
    (nothing, ("--crops", "-1"), "crops of a pool must be at least 0 but got -1"),
    (nothing, ("--set", "cap=best"), "cap must be one of diverse, random"),
    (nothing, ("--set", "pool_class=sofa"), "depth on folder:pairs has no class 'sofa'"),
    (nothing, ("--set", "pool_class=sofa", "--plan"), "depth on folder:pairs has no class 'sofa'"),
    (nothing, ("--k", "5"), "--k belongs to --strategy random, not to halving; leave it out or"),
    (nothing, ("--epsilon", "1"), "--epsilon belongs to --strategy halving+certify, not to"),
    (nothing, ("--set", "min_energy=0.9"), "4 left out (target nearly black)"),
    (nothing, ("--include", "gone"), "--include must be a prompt folder, but there is no folder"),
    (other_task, ("--include", "given"), "--include given is a prompt for enhance, not for --task"),
    (other_size, ("--include", "given"), "was made under other conventions of depth than folder"),
    (nothing, ("--set", "forward_batch=0"), "forward_batch must be at least 1"),
    (nothing, ("--set", "painted_mb=-1"), "painted_mb must be at least 0 but got -1"),
    (nothing, ("--set", "rounds=-1"), "rounds of a search must be at least 0"),
    (nothing, ("--refine", "-2"), "refine of a search must be at least 0 but got -2"),
    (nothing, ("--set", "sampler=grid"), "sampler of a refinement must be one of tpe, cmaes"),
    (nothing, ("--checkpoint", "gone.pth"), "checkpoint 'gone.pth': no such file"),
    (nothing, ("--device", "cuda:77"), "--device cuda:77 cannot be used"),
    (filled, ("--out", "mine"), "--out mine is not empty"),
    (few, FEW, "5 examples in 5 groups but its splits need 7"),
    (empty, FEW, "folder few/images holds no pictures"),
    (copies, (), "the pool of 4 has 0, 1 left out (a copy of a query), 3 left out (a copy of"),
    (truncate, (), ".png cannot be read"),
    (shrink, (), "pairs/targets/p02.png is 47 x 40 but pairs/images/p02.png is 48 x 40"),
    (orphan, (), "pairs/images/p01.png has no target in pairs/targets"),
    (pickle, ("--checkpoint", "evil.pth"), "evil.pth"),
    (misfit, ("--checkpoint", "misfit.pth"), "misfit.pth: not a Painter checkpoint"),
]


@pytest.mark.parametrize(("harm", "args", "words"), CASES, ids=[c[2][:36] for c in CASES])
def test_bad_input_is_one_line_and_leaves_nothing(
    work: Path, harm: Callable[[Path], None], args: tuple[str, ...], words: str
):
    harm(work)
    before = sorted(work.rglob("*"))
    result = search(*args)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert result.stdout == ""
    assert sorted(work.rglob("*")) == before


def test_a_search_that_fails_leaves_the_store_but_no_folder(work: Path):
    for path in (work / "pairs/targets").iterdir():  # depth beyond what the metric counts
        Image.fromarray(np.full((40, 48), 60_000, np.uint16)).save(path)
    before = {path.name for path in work.iterdir()}
    result = search("--out", "out", "--no-mlflow")
    assert result.exit_code == 2
    assert "check that the truth is in metres" in result.stderr
    assert {path.name for path in work.iterdir()} == before | {".painterkit"}


def test_reasons_to_stop(tmp_path: Path):
    file, seen = tmp_path / "stop", [""]
    now = time.monotonic()
    assert why_stop(seen.pop, file, None) == ""
    assert why_stop(lambda: "", file, now + 99) == ""
    assert why_stop(lambda: "", file, now - 1) == "budget"
    file.touch()
    assert why_stop(lambda: "", file, now - 1) == "stop file"
    assert why_stop(lambda: "interrupted", file, None) == "interrupted"
