"""Under torchrun a verb is one program: one output, one voice, the results of one process."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from painter_kit.evaluation.store import FILE
from tests.few_shot import write_fss
from tests.torchrun import ENVIRONMENT, launcher, torchrun

SIZES = ["--pool", "12", "--select", "8", "--confirm", "8", "--test", "4", "--panel", "4"]
SIZES += ["--threads", "1", "--no-mlflow", "--json"]
SETS = ["--set", "resamples=100", "--set", "forward_batch=4"]
SEARCH = ["search-prompt", "--task", "depth", *SIZES, *SETS]
TUNE = ["tune-prompt", "--task", "depth", *SIZES, *SETS, "--steps", "4", "--batch", "4"]
TUNE += ["--set", "micro=2", "--set", "robustness=false"]
EVALUATE = [
    "evaluate",
    "--task",
    "foreground",
    "--count",
    "10",
    "--keep-predictions",
    "--no-mlflow",
]
EVALUATE += ["--set", "forward_batch=4", "--resamples", "50", "--threads", "1", "--json"]


def painterkit(*arguments: str) -> dict:
    """What one process prints as JSON."""
    command = [sys.executable, "-m", "painter_kit", *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def group(processes: int, *arguments: str) -> dict:
    """What a group prints as JSON: one object, though every process has it."""
    done = torchrun(processes, "-m painter_kit", *arguments)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(lines) == 1
    return json.loads(lines[0])


def within(folder: Path) -> list[str]:
    return ["--out", str(folder / "out"), "--store", str(folder / "store")]


def prompt_files(folder: Path) -> dict[str, bytes]:
    found = sorted((folder / "out" / "prompt").rglob("*"))
    return {path.name: path.read_bytes() for path in found if path.is_file()}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The folder of a search by one process, and what it printed."""
    folder = tmp_path_factory.mktemp("alone")
    return folder, painterkit(*SEARCH, *within(folder))


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 4])
def test_a_search_decides_alike(alone: tuple[Path, dict], tmp_path: Path, processes: int):
    folder, expected = alone
    result = group(processes, *SEARCH, *within(tmp_path))
    decisions = "out/decisions.jsonl"
    assert (tmp_path / decisions).read_bytes() == (folder / decisions).read_bytes()
    assert prompt_files(tmp_path) == prompt_files(folder)
    for other in ("prompt", "run_id"):
        result.pop(other), expected.get(other)
    assert result == {key: expected[key] for key in result}


@pytest.mark.slow
def test_a_killed_worker_is_restarted(alone: tuple[Path, dict], tmp_path: Path):
    """The group starts again by itself and repeats no forward that was written down."""
    command = [*launcher(2, "--max-restarts=2"), "-m", "painter_kit", *SEARCH, *within(tmp_path)]
    child = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    before = _wait_for_records(tmp_path / "store" / FILE)
    os.kill(_workers(child.pid)[-1], signal.SIGKILL)
    out, err = child.communicate(timeout=600)
    assert child.returncode == 0, err
    forwards = json.loads(out.splitlines()[-1])["forwards"]
    assert forwards["reused"] >= before > 0
    assert sum(forwards[name] for name in ("new", "reused")) == 136
    decisions = "out/decisions.jsonl"
    assert (tmp_path / decisions).read_bytes() == (alone[0] / decisions).read_bytes()


def _wait_for_records(store: Path) -> int:
    for _ in range(1200):
        time.sleep(0.1)
        try:
            with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as opened:
                (count,) = opened.execute("SELECT count(*) FROM records").fetchone()
        except sqlite3.Error:
            continue
        if count > 8:
            return count
    pytest.fail("nothing was measured within two minutes")


def _workers(launcher_pid: int) -> list[int]:
    """Processes that the launcher started, by ``/proc``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == launcher_pid:
            found.append(int(path.parent.name))
    return sorted(found)


@pytest.mark.slow
def test_tuning_learns_alike(tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    painterkit(*TUNE, *within(one))
    group(2, *TUNE, *within(two))
    assert prompt_files(two) == prompt_files(one)


@pytest.mark.slow
def test_predictions_are_kept_by_the_first(tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    expected, found = painterkit(*EVALUATE, *within(one)), group(2, *EVALUATE, *within(two))
    assert found["metrics"] == expected["metrics"]
    kept = [sorted((f / "out" / "predictions").rglob("*.png")) for f in (one, two)]
    assert len(kept[0]) == len(kept[1]) >= 10
    for path, other in zip(*kept, strict=True):
        assert path.read_bytes() == other.read_bytes()


@pytest.mark.slow
def test_a_benchmark_finds_alike(tmp_path: Path):
    """With prompts that are searched on the way; the first process alone writes the report."""
    write_fss(tmp_path / "data", per_class=10)
    short = [f"--set={key}=4" for key in ("pool", "select", "confirm")]
    short += ["--set=search.panel=2", "--set=search.resamples=100", "--set=forward_batch=4"]
    ask = ["benchmark", "--suite", "fss1000", "--data-root", str(tmp_path / "data"), *short]
    ask += ["--prompts", "random:2,searched", "--controls", "1", "--resamples", "100"]
    ask += ["--threads", "1", "--no-mlflow", "--json"]
    one, two = tmp_path / "one", tmp_path / "two"
    expected, found = painterkit(*ask, *within(one)), group(2, *ask, *within(two))
    for other in ("out", "run_ids"):
        expected.pop(other), found.pop(other)
    assert found == expected
    for name in ("numbers.csv", "categories.csv", "pictures.png"):
        assert (two / "out" / name).read_bytes() == (one / "out" / name).read_bytes()
    logs = [sorted((f / "out" / "searched").rglob("decisions.jsonl")) for f in (one, two)]
    assert len(logs[0]) == len(logs[1]) == 3
    for log, other in zip(*logs, strict=True):
        assert log.read_bytes() == other.read_bytes()


@pytest.mark.slow
def test_one_voice_for_bad_input(tmp_path: Path):
    done = torchrun(2, "-m painter_kit", "search-prompt", "--task", "depth", "--data", "nyuv2")
    assert done.returncode
    assert done.stderr.count("give --out DIR when starting several processes") == 1
    where = ["--data-root", str(tmp_path / "none"), *within(tmp_path)]
    done = torchrun(2, "-m painter_kit", *SEARCH, "--data", "nyuv2", *where)
    assert done.returncode
    assert done.stderr.count("Error: folder") == 1
    assert not (tmp_path / "out").exists()
