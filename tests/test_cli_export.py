"""``painterkit export``: the registry, a folder, and a real server on it."""

import base64
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from painter_kit.cli.main import cli
from painter_kit.data.base import open_dataset
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.tracking import start_tracking
from tests.tracking_toys import unused_port

ROOT = Path(__file__).resolve().parents[1]


def save_prompt(folder: Path, kind: str, confirm: float, index: int = 0) -> Prompt:
    world, task = open_dataset("world"), get_task("depth")
    pair = make_pair(task, world.spec("depth"), world.examples("depth", "test")[index])
    prompt = Prompt(
        pair,
        "depth",
        kind=kind,
        model_digest=shipped_digest(),
        provenance={"data": "world"},
        scores={"confirm": {"value": confirm}},
    )
    prompt.save(folder)
    return prompt


def shipped_digest() -> str:
    from painter_kit.model.checkpoint import load_painter, model_digest

    return model_digest(load_painter("world-tiny"))


def export(*args: str) -> Result:
    return CliRunner().invoke(cli, ["export", *args])


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_versions_aliases_and_the_champion(mlflow_here: Path):
    searched = save_prompt(mlflow_here / "one", "searched", 0.6)
    save_prompt(mlflow_here / "two", "learned", 0.7, 1)
    save_prompt(mlflow_here / "three", "random", 0.5, 2)
    opened = start_tracking()
    with opened.run("prompt", "searched") as run:
        run.params({"prompt_digest": searched.digest})
    first = told(export("one", "--json"))
    assert (first["name"], first["version"]) == ("depth-prompt", "1")
    assert first["aliases"] == ["searched", "champion"]
    assert first["run_id"] == run.run_id
    assert told(export("two", "--json"))["aliases"] == ["learned"]
    assert told(export("three", "--json"))["aliases"] == ["champion"]
    client: Any = opened.client
    versions = {a: client.get_model_version_by_alias("depth-prompt", a).version
                for a in ("searched", "learned", "champion")}  # fmt: skip
    assert versions == {"searched": 1, "learned": 2, "champion": 3}
    kept = client.get_model_version("depth-prompt", "1")
    assert kept.run_id == run.run_id
    assert (kept.tags["metric"], kept.tags["confirm"]) == ("rmse", "0.6")


def test_a_folder_holds_no_pickle_and_the_weights_if_asked(mlflow_here: Path):
    save_prompt(mlflow_here / "one", "searched", 0.6)
    result = export("one", "--to", "folder", "--out", "out", "--weights", "included")
    assert result.exit_code == 0, result.stderr
    assert "mlflow models serve --env-manager local -m out/model" in result.stdout
    names = {p.name for p in (mlflow_here / "out").rglob("*") if p.is_file()}
    assert {"MLmodel", "mlflow_model.py", "model.json", "weights.safetensors"} <= names
    assert not {name for name in names if name.endswith((".pkl", ".pickle", ".pt", ".pth"))}
    assert not (mlflow_here / "mlflow.db").exists()
    assert export("one", "--to", "folder", "--out", "out").exit_code == 2  # not overwritten


@pytest.mark.usefixtures("mlflow_here")
@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nowhere",), "no such folder"),
        (("one", "--checkpoint", "nothing.pth"), "nothing.pth"),
        (("one", "--data", "nonsense"), "unknown data 'nonsense'"),
    ],
)
def test_what_cannot_be_exported_is_said(mlflow_here: Path, args: tuple[str, ...], words: str):
    save_prompt(mlflow_here / "one", "searched", 0.6)
    result = export(*args)
    assert result.exit_code == 2
    assert words in result.stderr


def ask(address: str, rows: list[dict[str, str]]) -> tuple[int, Any]:
    body = json.dumps({"dataframe_records": rows}).encode()
    request = Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, error.read().decode()


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        try:
            with urlopen(f"{address}/ping", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the server never answered")


@pytest.mark.slow
def test_mlflow_serves_the_champion(mlflow_here: Path):
    prompt = save_prompt(mlflow_here / "one", "searched", 0.6)
    assert export("one").exit_code == 0
    port = unused_port()
    serve = ["-m", "mlflow", "models", "serve", "--env-manager", "local", "-p", str(port)]
    server = subprocess.Popen(
        [sys.executable, *serve, "-m", "models:/depth-prompt@champion"],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "MLFLOW_TRACKING_URI": f"sqlite:///{mlflow_here / 'mlflow.db'}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, server)
        picture = base64.b64encode((mlflow_here / "one" / "input.png").read_bytes()).decode()
        status, answer = ask(address, [{"image": picture}, {"image": picture}])
        assert status == 200
        first, second = answer["predictions"]
        assert first == second
        painted, depth = (
            np.asarray(Image.open(io.BytesIO(base64.b64decode(first[name]))))
            for name in ("painted", "decoded")
        )
        assert painted.shape == prompt.pair.image.shape
        # The prompt's own picture: the model has the answer before its eyes.
        assert np.abs(painted.astype(float) - prompt.pair.target).mean() < 20
        assert depth.dtype.itemsize > 1
        assert 0 < depth.min() < depth.max() <= 10_000
        status, text = ask(address, [{"image": "no picture"}])
        assert status == 400
        assert "picture 0" in text
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)
