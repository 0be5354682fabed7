"""The train verb: plan, errors, a whole tiny run with its MLflow run, and its continuation."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from painter_kit.cli.main import cli
from painter_kit.config import load_config
from painter_kit.data.world import dataset, episodes
from painter_kit.data.world.truth import WORLD_TASKS
from painter_kit.model.checkpoint import load_painter, model_digest
from painter_kit.tracking import start_tracking
from painter_kit.training.recipe import TrainSettings

SMALL = {
    "processes": 1,
    "batch": 2,
    "accumulate": 2,
    "iterations": 2,
    "log_every": 1,
    "save_every": 1,
    "validation_examples": 1,
    "validation_prompts": 1,
}


@pytest.fixture(autouse=True)
def few_scenes(monkeypatch: pytest.MonkeyPatch):
    """Rendering all training scenes takes a minute; a few show as much here."""
    monkeypatch.setattr(episodes.WorldEpisodes.__init__, "__defaults__", defaults())


def defaults() -> tuple:
    known = episodes.WorldEpisodes.__init__.__defaults__ or ()
    small = {dataset.TRAIN_SCENES: 12, dataset.TRAIN_FIGURES: 6}
    return tuple(small.get(v, v) if isinstance(v, int) else v for v in known)


def train(*arguments: str, **changes: object) -> Result:
    sets = [f"--set={k}={v}" for k, v in {**SMALL, **changes}.items()]
    return CliRunner().invoke(
        cli, ["train", "--recipe", "world-tiny", "--device", "cpu", *sets, *arguments]
    )


def test_settings_can_be_printed():
    result = train("--print-config")
    assert result.exit_code == 0
    assert "name: muon" in result.stdout
    assert "iterations: 2\n" in result.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch": 0}, "batch must be at least 1 but got 0"),
        ({"optim.lr": -1.0}, "optim.lr must be above 0"),
        ({"model": "nowhere"}, "unknown model 'nowhere'"),
        ({"colour": "red"}, "colour"),
        ({"network.merge_after": 99}, "merge_after must lie in 0..7"),
        # Of several processes it is this one that says so: none is started.
        ({"network.loss": "l3", "processes": 2}, "network: loss must be one of"),
        ({"mix": "{cooking: 1.0}", "processes": 2}, "none of the trained tasks"),
    ],
)
def test_bad_settings_are_named_and_nothing_stays(tmp_path: Path, change: dict, message: str):
    result = train("--no-mlflow", "--out", str(tmp_path / "run"), **change)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("device", ["cuda:x", "gpu"])
def test_a_device_that_does_not_exist_is_named(tmp_path: Path, device: str):
    result = train("--no-mlflow", "--out", str(tmp_path / "run"), "--device", device, processes=2)
    assert result.exit_code == 2
    assert f"--device must be auto, cpu, cuda or cuda:N, not '{device}'" in result.stderr
    assert not (tmp_path / "run").exists()


def test_resuming_nothing_is_named(tmp_path: Path):
    result = train("--resume", "--out", str(tmp_path / "run"))
    assert result.exit_code == 2
    assert "--resume" in result.stderr


def test_options_change_the_recipe():
    result = train(
        *("--print-config", "--task", "depth", "--data", "folder:mine", "--checkpoint", "x.pth"),
        *("--freeze", "blocks.*", "--freeze", "norm.*", "--data-root", "d"),
    )
    assert result.exit_code == 0, result.output
    for words in ("mix:\n  depth: 1.0\n", "data: folder:mine", "init: x.pth", "data_root: d"):
        assert words in result.stdout
    assert "freeze:\n- blocks.*\n- norm.*\n" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "painter-vit-large"], "need --data-root DIR"),
        (["--recipe", "finetune-one-gpu", "--data", "world"], "painter_vit_large.pth"),
        (["--recipe", "world-tiny", "--consume", "5"], "--consume belongs to --dry-run"),
        (["--recipe", "world-tiny", "--data", "nowhere"], "unknown data 'nowhere'"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, arguments: list[str], message: str):
    tail = ["--no-mlflow", "--out", str(tmp_path / "run"), "--set=processes=1", "--device=cpu"]
    result = CliRunner().invoke(cli, ["train", *arguments, *tail])
    assert result.exit_code == 2, result.output
    assert message in result.stderr


def test_a_dry_run_says_what_it_takes_and_stays_dry(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PAINTERKIT_HOME", str(tmp_path / "home"))
    result = train("--dry-run", "--consume", "500", "--json", "--out", str(tmp_path / "run"))
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout.splitlines()[-1])
    assert value["consumed"] == 500
    assert value["workers"] >= 1
    assert value["footprint"]["parameters"] == 2_159_331
    assert "500.0 samples/s need" in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_recipe_may_go_on_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PAINTERKIT_HOME", str(tmp_path / "home"))
    more = {"validation_examples": 0, "auto_resume": "true", "iterations": 1}
    out = ("--no-mlflow", "--out", str(tmp_path / "run"))
    for iterations in (1, 2):
        result = train(*out, **{**more, "iterations": iterations})
        assert result.exit_code == 0, result.output
    assert "resumed at iteration 1" in result.stderr
    assert "8 samples in 2 iterations" in result.stdout


def test_another_training_is_not_a_continuation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PAINTERKIT_HOME", str(tmp_path / "home"))
    run, less = tmp_path / "run", {"validation_examples": 0, "iterations": 1}
    out = ("--no-mlflow", "--out", str(run))
    assert train(*out, **less).exit_code == 0
    kept = {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()}
    other = {**less, "seed": 7, "optim.weight_decay": 0.5, "iterations": 2}
    for arguments in (("--resume",), ("--set=auto_resume=true",)):
        refused = train(*out, *arguments, **other)
        assert refused.exit_code == 2
        assert "was begun with seed=0, not 7; optim.weight_decay=0.02, not 0.5" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()} == kept
    lower = train(*out, "--resume", **{**less, "iterations": 2, "optim.lr": 0.001})
    assert lower.exit_code == 0, lower.output
    assert load_config(TrainSettings, run / "config.yaml").optim.lr == 0.001


@pytest.mark.slow
def test_a_whole_run_and_its_continuation(mlflow_here: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PAINTERKIT_HOME", str(mlflow_here / "home"))
    result = train("--out", "run", "--json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout.splitlines()[-1])
    out = mlflow_here / "run"
    assert {"state.pt", "model.safetensors", "config.yaml", "card.md", "card.json"} <= {
        p.name for p in out.iterdir()
    }
    assert value["model_digest"] == model_digest(load_painter(out))
    assert (value["iterations"], value["samples"]) == (2, 8)
    assert len(value["validation"]["tasks"]) == len(WORLD_TASKS)
    assert load_config(TrainSettings, out / "config.yaml").batch == 2
    assert "iteration 1/2: loss " in result.stderr
    check_tracked(value["run_id"], steps=[1, 2])

    again = train("--out", "run", "--json", "--resume", iterations=3)
    assert again.exit_code == 0, again.output
    more = json.loads(again.stdout.splitlines()[-1])
    assert more["run_id"] == value["run_id"]
    assert more["samples"] == 12
    assert more["seconds"] > value["seconds"]
    check_tracked(value["run_id"], steps=[1, 2, 3])


@pytest.mark.slow
def test_a_run_that_was_not_tracked_is_logged_later(
    mlflow_here: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PAINTERKIT_HOME", str(mlflow_here / "home"))
    assert train("--out", "run", "--no-mlflow").exit_code == 0
    command = ["report", "--log", "run", "--json"]
    (planned,) = json.loads(CliRunner().invoke(cli, [*command, "--plan"]).stdout)["runs"]
    assert planned["run_ids"] == []
    assert not (mlflow_here / "mlflow.db").exists()
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output
    (logged,) = json.loads(result.stdout)["runs"]
    assert (logged["folder"], logged["verb"]) == ("run", "train")
    check_tracked(logged["run_ids"][0], steps=[1, 2])
    (again,) = json.loads(CliRunner().invoke(cli, command).stdout)["runs"]
    assert again == logged


def test_a_training_that_has_not_ended_is_not_logged(mlflow_here: Path):
    run = mlflow_here / "run"
    run.mkdir()
    (run / "painterkit.json").write_text('{"verb": "train"}')
    result = CliRunner().invoke(cli, ["report", "--log", "run"])
    assert result.exit_code == 2
    assert "run run: holds no model.safetensors; finish it with --resume" in result.stderr


def check_tracked(run_id: str, steps: list[int]) -> None:
    client = start_tracking().client
    assert client is not None
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags["painterkit.kind"] == "train"
    assert run.data.params["model"] == "world-tiny"
    for name in ("loss/all", "train/lr", "train/samples_per_s"):
        assert [m.step for m in client.get_metric_history(run_id, name)] == steps
    assert "validation/depth/rmse" in run.data.metrics
    files = {f.path for f in client.list_artifacts(run_id)}
    assert {"config.yaml", "card.md", "card.json", "model.safetensors", "images"} <= files
    pictures = {f.path for f in client.list_artifacts(run_id, "images")}
    assert any("samples_depth" in path for path in pictures)


def test_off_mlflow_there_is_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAINTERKIT_HOME", str(tmp_path / "home"))
    result = train("--out", "run", "--no-mlflow", iterations=1, validation_examples=0)
    assert result.exit_code == 0, result.output
    assert "4 samples in 1 iterations" in result.stdout
    assert not (tmp_path / "mlflow.db").exists()
    assert json.loads((tmp_path / "run" / "card.json").read_text())["validation"] is None
    full = train("--out", "run", "--no-mlflow")
    assert full.exit_code == 2
    assert "is not empty" in full.stderr
