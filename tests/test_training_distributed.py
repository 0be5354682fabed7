"""Without torchrun everything is one process."""

import pytest
import torch

from painter_kit.training import distributed


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
