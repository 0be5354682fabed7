"""Readers of what the program wrote itself: stores, runs, kept predictions, rendered worlds."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.bad_input.of_data import SIZE
from benchmarks.bad_input.table import Reader
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.world.cache import Batch, rendered
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.kept.base import claim
from painter_kit.evaluation.kept.results import ResultFiles
from painter_kit.evaluation.kept.sidd import BlockArray
from painter_kit.evaluation.store import Store
from painter_kit.report.build import build_report
from painter_kit.report.html import html_page
from painter_kit.report.runs import as_written, open_run, read_lines, read_scores, read_table
from painter_kit.report.series import series
from painter_kit.report.source import Access
from painter_kit.training.journal import Journal, replay
from painter_kit.types import Record, silent

_KEYS = [bytes([n]) * 16 for n in range(3)]
_BATCH = Batch("scene", 0, "test", 2, (16, 16))
_ABOUT = {"prompt": "p", "model": "m"}
_SEARCH = ("--task", "depth", "--data", "world", "--pool", "6", "--select", "6", "--confirm", "4")
_SEARCH += (
    "--panel",
    "3",
    "--set",
    "resamples=100",
    "--no-mlflow",
    "--threads",
    "1",
    "--seed",
    "0",
)


def _store(folder: Path) -> None:
    with Store(folder) as store:
        dense = Record(np.arange(1.0, 5.0), "stratum", b"payload")
        store.put_many({_KEYS[0]: dense, _KEYS[1]: Record(np.eye(1, 64)[0])})
        store.put_painted({_KEYS[2]: np.full((4, 4, 3), 9, np.uint8)})


def _read_store(folder: Path) -> None:
    with Store(folder, painted_bytes=4096) as store:
        assert len(store) >= 0
        store.get_many(_KEYS)
        store.get_painted(_KEYS)
        store.put_many({b"n" * 16: Record(np.ones(3))})
        store.put_painted({b"n" * 16: np.ones((2, 2, 3), np.uint8)})


@cache
def _searched() -> dict[str, bytes]:
    """The files with figures of a finished search, made by the program itself."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "run"
        command = [sys.executable, "-m", "painter_kit", "search-prompt", *_SEARCH]
        command += ["--store", f"{place}/store", "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise PainterKitError(f"the search to damage failed: {done.stderr.strip()[-300:]}")
        kinds = (".json", ".jsonl", ".yaml", ".csv", ".parquet")
        return {p.name: p.read_bytes() for p in out.iterdir() if p.suffix in kinds}


def _run(folder: Path) -> None:
    (folder / "run").mkdir()
    for name, content in _searched().items():
        (folder / "run" / name).write_bytes(content)


def _read_run(folder: Path) -> None:
    path = folder / "run"
    run = open_run(path)
    with as_written(run):
        assert run.run_ids is not None
        list(series(run))
    read_lines(path / "decisions.jsonl")
    read_scores(path / "scores.parquet")
    for table in path.glob("*.csv"):
        read_table(table)


def _read_report(folder: Path) -> None:
    report = build_report([open_run(folder / "run")], Access(store=folder / "no-store"))
    assert html_page(report.document)


def _kept(folder: Path) -> None:
    claim(folder, _ABOUT)
    ResultFiles(folder, "list.json", lambda *_: []).write("a/1", [{"image_id": 1, "score": 0.5}])
    blocks = BlockArray(folder, ["1_1", "1_2"])
    blocks.finish([])
    np.save(folder / "denoised.npy", np.zeros((1, 2, 4, 4, 3), np.float32))


def _read_kept(folder: Path) -> None:
    claim(folder, _ABOUT)
    ResultFiles(folder, "list.json", lambda *_: []).finish(["a/1"])
    blocks = BlockArray(folder, ["1_1", "1_2"])
    assert blocks.has("1_1") in (True, False)


def _journal(folder: Path) -> None:
    journal = Journal(folder, silent)
    journal.params({"lr": 0.1})
    for step in (1, 2):
        journal.metrics({"loss": 1 / step}, step)
        journal.image("samples_depth", np.full((8, 8, 3), step, np.uint8), step)
    journal.data("world", "abc", "train", {"scenes": 3})
    journal.artifact(folder / "card.md")


def _read_journal(folder: Path) -> None:
    replay(folder, silent)
    Journal(folder, silent).cut(1)


def _world_note(folder: Path) -> None:
    write_layout(get_layout("folder"), folder, LayoutOptions(1, size=SIZE, task="depth"))


def _cache(folder: Path) -> None:
    rendered(_BATCH, folder)


def _read_cache(folder: Path) -> None:
    arrays = rendered(_BATCH, folder)
    assert all(len(array) == _BATCH.count for array in arrays.values())
    assert json.dumps({name: float(array.sum()) for name, array in arrays.items()})


READERS = (
    Reader("store", _store, _read_store, ("records.sqlite",), share=1.5),
    Reader("run", _run, _read_run),
    Reader("report", _run, _read_report, ("run/*.json*", "run/*.yaml", "run/*.csv"), share=0.1),
    Reader("kept-predictions", _kept, _read_kept),
    Reader("journal", _journal, _read_journal),
    Reader("world-note", _world_note, _world_note, ("world-folder.json",), share=0.5),
    Reader("world-cache", _cache, _read_cache, share=0.5),
)
