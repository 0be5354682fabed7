"""Finished runs of every kind, made once by the verbs themselves with random weights."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from painter_kit.cli.main import cli
from painter_kit.model.checkpoint import save_painter
from painter_kit.report.runs import RunFolder, open_run
from painter_kit.report.source import Access
from tests.cli_toys import TINY, make_pairs
from tests.test_cli_search_prompt import ON, SMALL
from tests.test_cli_tune_prompt import STEPS

SETS = ["--set", "resamples=100", "--set", "forward_batch=4", "--device", "cpu", "--no-mlflow"]


@dataclass(frozen=True)
class Made:
    """A folder with ``pairs``, weights and a store, and the runs that were made of them."""

    folder: Path

    @property
    def access(self) -> Access:
        return Access(store=self.folder / "store")

    def run(self, name: str) -> RunFolder:
        return open_run(self.folder / name)

    def call(self, verb: str, *args: str) -> Result:
        """A verb on the pairs, with the common store."""
        where = ["--data", f"folder:{self.folder / 'pairs'}", "--store", str(self.folder / "store")]
        where += ["--checkpoint", str(self.folder / "tiny.safetensors"), "--task", "depth"]
        return CliRunner().invoke(cli, [verb, *where, *args])

    def tell(self, verb: str, *args: str) -> Result:
        """A verb that reads runs, with the common store."""
        return CliRunner().invoke(cli, [verb, *args, "--store", str(self.folder / "store")])


def _done(result: Result) -> None:
    assert result.exit_code == 0, result.stderr


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """``search``, ``tuned``, and evaluations ``one`` and ``other`` of two prompts."""
    # A fixture that is imported is set up once per importer.
    return _make(tmp_path_factory.getbasetemp() / "report-runs")


@cache
def _make(folder: Path) -> Made:
    folder.mkdir()
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_painter(TINY.build(), TINY, folder / "tiny.safetensors")
    make_pairs(folder / "pairs", 24)
    here = Made(folder)
    quiet = ["--no-mlflow", "--out"]
    _done(here.call("search-prompt", *SMALL, *ON, *quiet, str(folder / "search")))
    _done(here.call("tune-prompt", *SMALL, *STEPS, *quiet, str(folder / "tuned")))
    prompt = str(folder / "search" / "prompt")
    for name, given in (("one", prompt), ("other", "random:3")):
        _done(here.call("evaluate", *SETS, "--prompt", given, "--out", str(folder / name)))
    return here


def search_result(**changes: Any) -> dict[str, Any]:
    """The result.json of a search, as far as sections read it."""
    gain = {"value": 0.1, "ci_low": 0.02, "ci_high": 0.2, "p_value": 0.01, "confirmed": True}
    return {
        "task": "depth",
        "data": "world",
        "checkpoint": "tiny",
        "model_digest": "d",
        "strategy": "halving",
        "metric": "rmse",
        "direction": "min",
        "splits": {"pool": 4, "select": 4, "confirm": 4, "test": 2},
        "forwards": {"panel": 8, "select": 4, "confirm": 4, "new": 10, "reused": 6},
        "exhaustive_forwards": 16,
        "winner": {"id": "a", "select": 0.5, "confirm": 0.6},
        "panel": {"size": 2, "mean": 0.7, "sd": 0.1, "sd_ci_low": 0.05, "sd_ci_high": 0.4},
        "gain": {**gain, "optimism": 0.03},
        **changes,
    }
