"""Out-of-domain data sets written by the world, and evaluating on them by the command line."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from painter_kit.cli.main import cli
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.model.checkpoint import save_painter
from tests.cli_toys import TINY

COUNT, SIZE = 6, (120, 160)


@lru_cache
def _written(base: Path, name: str) -> Path:
    root = base / f"written-{name}"
    write_layout(get_layout(name), root, LayoutOptions(count=COUNT, size=SIZE))
    return root


def written_root(factory: pytest.TempPathFactory, name: str) -> Path:
    """A root with the world in this layout, six small pictures a part, to be read only."""
    return _written(factory.getbasetemp(), name)


def run(*args: str) -> Any:
    """The result of a command of painterkit."""
    return CliRunner().invoke(cli, list(args))


def evaluated(folder: Path, monkeypatch: pytest.MonkeyPatch, *args: str) -> dict[str, Any]:
    """What ``evaluate`` prints as JSON of a small model with random weights, run in ``folder``."""
    monkeypatch.chdir(folder)
    for name in ("PAINTERKIT_HOME", "PAINTERKIT_DATA"):
        monkeypatch.delenv(name, raising=False)
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_painter(TINY.build(), TINY, folder / "tiny.safetensors")
    fixed = ["--checkpoint", "tiny.safetensors", "--device", "cpu", "--resamples", "20"]
    result = run("evaluate", *fixed, "--json", "--no-mlflow", *args)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])
