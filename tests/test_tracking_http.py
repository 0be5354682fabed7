"""Everything that is tracked, over HTTP on a real ``mlflow server``."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image

from painter_kit.cli.ui import LEAN, links
from painter_kit.tracking import start_tracking
from painter_kit.tracking.store import prepare_database
from tests.tracking_toys import PICTURE, read, unused_port

pytestmark = pytest.mark.slow


@pytest.fixture
def server(mlflow_here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server whose files are on its side only."""
    folder = mlflow_here / "server"
    prepare_database(folder / "mlflow.db")
    port = unused_port()
    command = ["-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "files"), "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, *command, "--host", "127.0.0.1", "--port", str(port)],
        cwd=folder,
        env={**os.environ, **LEAN},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    try:
        for _ in range(600):
            assert process.poll() is None, "the server ended"
            try:
                with urlopen(f"{address}/health", timeout=5):
                    break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def test_a_run_arrives_whole(
    server: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    opened = start_tracking()
    (tmp_path / "note.txt").write_text("kept")
    with opened.run("prompt", "searched", "demo 1") as run:
        run.params({"task": "depth", "seed": 0})
        run.metrics({"depth/rmse": 0.5, "depth/rmse_ci_low": 0.4})
        for step in range(3):
            run.metrics({"tune/loss": 1.0 / (step + 1)}, step)
        run.image("query_00_painted", PICTURE)
        run.table("per_image.json", [{"id": "a", "p": PICTURE}, {"id": "b", "p": None}])
        run.artifact(tmp_path / "note.txt", "notes")
        run.data("world", "d" * 64, "test", {"examples": 2})
        run.note("### searched")
    assert caplog.records == []
    assert capsys.readouterr().out == ""  # stdout is for results
    kept, client = read(opened, run.run_id), opened.client
    assert client is not None
    assert kept.info.artifact_uri.startswith("mlflow-artifacts:/")
    assert kept.data.metrics == {"depth/rmse": 0.5, "depth/rmse_ci_low": 0.4, "tune/loss": 1 / 3}
    assert [i.dataset.name for i in kept.inputs.dataset_inputs] == ["world"]
    table = client.load_table(opened.experiment_id, "per_image.json", [run.run_id])
    path = client.download_artifacts(run.run_id, table["p"][0]["filepath"], str(tmp_path))
    np.testing.assert_array_equal(np.asarray(Image.open(path)), PICTURE)
    assert Path(client.download_artifacts(run.run_id, "notes/note.txt")).read_text() == "kept"
    places = links(server, server)
    assert next(iter(places)).startswith("1 prompts of demo 1")
    assert str(run.run_id) in list(places.values())[3]
