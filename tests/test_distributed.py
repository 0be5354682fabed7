"""Without torchrun everything is one process; with it many are one training."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist

from painter_kit import distributed
from painter_kit.errors import PainterKitError
from painter_kit.training.state import load_state
from tests.spread_training import BATCH, spread
from tests.torchrun import torchrun

ROOT = Path(__file__).resolve().parents[1]


def test_alone(monkeypatch: pytest.MonkeyPatch):
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert (distributed.rank(), distributed.world_size()) == (0, 1)
    assert not distributed.launched()
    assert distributed.gather({"a": 1}) == [{"a": 1}]
    distributed.barrier()
    with distributed.process_group(torch.device("cpu")):
        assert not torch.distributed.is_initialized()


def test_under_torchrun(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert (distributed.rank(), distributed.world_size()) == (1, 4)
    assert distributed.launched()


def test_every_process_has_the_gpu_of_its_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.delenv("RANK", raising=False)
    assert distributed.own_device("cuda") == "cuda"
    for name, value in (("RANK", "5"), ("WORLD_SIZE", "8"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    assert distributed.own_device("cuda") == distributed.own_device("auto") == "cuda:1"
    assert distributed.own_device("cuda:0") == "cuda:0"
    assert distributed.own_device("cpu") == "cpu"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert distributed.own_device("auto") == "auto"


def test_a_lost_process_is_told_in_words(monkeypatch: pytest.MonkeyPatch):
    joined = []
    store = dist.HashStore()
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(dist, "rendezvous", lambda *a, **k: iter([(store, 0, 2)]))
    monkeypatch.setattr(dist, "init_process_group", lambda *a, **k: joined.append((*a, k["rank"])))
    with (
        pytest.raises(PainterKitError, match=r"process 0 lost another process .*--resume"),
        distributed.process_group(torch.device("cpu")),
    ):
        raise RuntimeError("[gloo/transport/tcp/pair.cc] Connection closed by peer [127.0.0.1]")
    with (
        pytest.raises(RuntimeError, match="shapes cannot be multiplied"),
        distributed.process_group(torch.device("cpu")),
    ):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    assert joined == [("gloo", 0), ("gloo", 0)]


def test_alone_a_flag_is_itself():
    assert distributed.any_process(True, torch.device("cpu"))
    assert not distributed.any_process(False, torch.device("cpu"))


def launch(processes: int, *arguments: str) -> None:
    """Run the toy training as a torchrun group."""
    done = torchrun(processes, "tests/spread_training.py", *arguments)
    assert done.returncode == 0, done.stderr
    assert "strides do not match" not in done.stderr


def losses(folder: Path) -> np.ndarray:
    return np.array(json.loads((folder / "losses.json").read_text()))


@pytest.mark.slow
def test_many_processes_are_one_training(tmp_path: Path):
    """Two processes equal one that accumulates; their state goes on with one and with three."""
    two, one = tmp_path / "two", tmp_path / "one"
    launch(2, str(two), "float64,20", "float32,20", "float64,10")
    for dtype, tolerance in (("float64", 1e-9), ("float32", 1e-4)):
        alone = np.array(spread(one / dtype, dtype, 20, accumulate=2))
        together = losses(two / f"{dtype}-20")
        assert len(set(together)) == 20
        worst = np.abs(together / alone - 1).max()
        print(f"{dtype}: largest relative difference of the loss {worst:.2g}")
        assert worst < tolerance

    half = two / "float64-10"
    saved = load_state(half)
    assert (saved["iteration"], saved["samples"]) == (10, 10 * 2 * BATCH)
    shutil.copytree(half, tmp_path / "three" / "float64-12")
    rest = np.array(spread(half, "float64", 20, resume=True, accumulate=2))
    np.testing.assert_allclose(rest, losses(two / "float64-20")[10:], rtol=1e-9)

    launch(3, str(tmp_path / "three"), "float64,12,resume")
    wide = load_state(tmp_path / "three" / "float64-12")
    assert (wide["iteration"], wide["samples"]) == (12, 10 * 2 * BATCH + 2 * 3 * BATCH)
    assert np.isfinite(losses(tmp_path / "three" / "float64-12")).all()
