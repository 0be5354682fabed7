"""Several processes started by the verb: they end together, in words, and nothing is lost."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.cli.launch import launch
from painter_kit.errors import InputError
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.state import load_state

ROOT = Path(__file__).resolve().parents[1]
NETWORK = "{img_size: [32, 16], patch_size: 4, embed_dim: 16, depth: 2, num_heads: 2, "
NETWORK += "decoder_embed_dim: 4, taps: [0, 1], merge_after: 0, pretrain_img_size: 16}"


@pytest.mark.parametrize("device", ["cpu", None])
def test_more_processes_than_the_machine_has_are_refused(device: str | None):
    settings = replace(TrainSettings(), processes=4096)
    with pytest.raises(InputError, match=r"counts 4096 processes but this machine has \d+"):
        launch(settings, Path("nowhere"), device)


def start(out: Path, home: Path, *more: str) -> subprocess.Popen:
    """Two processes of a tiny network on a folder of pairs, for longer than any test."""
    sets = [
        f"network={NETWORK}",
        *("iterations=1000000", "processes=2", "batch=2", "log_every=1", "save_every=5"),
        *("validation_examples=0", "mask.smallest=0.05"),
    ]
    command = [sys.executable, "-m", "painter_kit", "train", "--no-mlflow", "--device", "cpu"]
    command += ["--data", f"folder:{home}", "--task", "denoise", "--out", str(out)]
    command += [f"--set={item}" for item in sets]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PAINTERKIT_HOME": str(home / "store")}
    return subprocess.Popen([*command, *more], env=env, stderr=subprocess.PIPE, text=True)


def pairs(folder: Path) -> Path:
    import numpy as np
    from PIL import Image

    for part in ("images", "targets"):
        (folder / part).mkdir(parents=True)
        for number in range(24):
            picture = np.random.default_rng(number).integers(0, 256, (20, 20, 3), dtype=np.uint8)
            Image.fromarray(picture).save(folder / part / f"{number}.png")
    return folder


def wait_for(path: Path, process: subprocess.Popen) -> None:
    for _ in range(1500):
        if path.is_file():
            return
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.2)
    raise AssertionError(f"{path} did not appear")


def workers_of(process: subprocess.Popen) -> list[int]:
    """Process ids of the group's workers, found below the process that started them."""
    found, frontier = [], [process.pid]
    while frontier:
        parent = frontier.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            children = [int(pid) for pid in task.read_text().split()]
            frontier += children
            found += children
    environments = {pid: Path(f"/proc/{pid}/environ").read_bytes() for pid in found}
    return sorted(pid for pid, text in environments.items() if b"LOCAL_RANK=" in text)


@pytest.mark.slow
def test_a_killed_process_ends_the_job_and_sigterm_saves_it(tmp_path: Path):
    folder, out = pairs(tmp_path / "pairs"), tmp_path / "run"
    job = start(out, folder)
    wait_for(out / "state.pt", job)
    workers = workers_of(job)
    assert len(workers) == 2
    os.kill(workers[-1], signal.SIGKILL)
    _, errors = job.communicate(timeout=300)
    assert job.returncode == 1
    assert "Traceback" not in errors
    assert "Error: a training process failed or was killed" in errors
    assert "is whole: add --resume to continue from it" in errors
    first = load_state(out)["iteration"]
    assert first >= 5
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)

    job = start(out, folder, "--resume")
    assert job.stderr
    seen = ""
    while not re.search(r"iteration \d+/1000000: loss", seen):
        line = job.stderr.readline()
        assert line, seen
        seen += line
    assert f"resumed at iteration {first}" in seen
    job.send_signal(signal.SIGTERM)
    _, errors = job.communicate(timeout=300)
    assert job.returncode == 130
    assert "Traceback" not in errors
    stopped = re.search(r"stopped by SIGTERM at iteration (\d+); saved in", seen + errors)
    assert stopped
    assert load_state(out)["iteration"] == int(stopped.group(1)) > first
