"""Processes that want the same cells at once: each cell is measured by one of them."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from painter_kit.evaluation.claims import Claims
from painter_kit.evaluation.store import Store
from tests.test_cli_together import SEARCH, painterkit, within
from tests.test_evaluation_judge import judge, prompt, values
from tests.test_evaluation_store import key
from tests.torchrun import ENVIRONMENT
from tests.toys import Listed, ToyPainter, make_example

FORK = multiprocessing.get_context("fork")
IMAGES = Listed([make_example(f"i{i}", 0) for i in range(24)])


class Slow(ToyPainter):
    """A model that takes its time."""

    def __call__(self, prompt, images, spec):
        time.sleep(0.05)
        return super().__call__(prompt, images, spec)


def hold(folder: Path, seconds: float, events, release) -> None:
    """Hold two keys until told, or for so long."""
    claims = Claims(folder)
    with claims.held([key(1), key(2)]):
        events.put("held")
        release.wait(seconds)
        events.put("free" if release.is_set() else "late")


def measure(folder: Path, answers) -> None:
    with Store(folder) as store:
        own = judge(store, Slow())
        records = own.table([prompt(quality) for quality in range(4)], IMAGES)
        answers.put((own.new, own.reused, [values(row) for row in records]))


def started(target, *args) -> BaseProcess:
    process = FORK.Process(target=target, args=args)
    process.start()
    return process


def test_a_held_key_is_waited_for_and_others_are_not(tmp_path: Path):
    events, release = FORK.Queue(), FORK.Event()
    other = started(hold, tmp_path, 60.0, events, release)
    assert events.get(timeout=30) == "held"
    claims = Claims(tmp_path)
    with claims.held([key(3)]):
        release.set()
    with claims.held([key(2), key(3)]):
        assert events.get(timeout=30) == "free"
    claims.close()
    other.join()


def test_what_a_killed_process_held_is_free(tmp_path: Path):
    events = FORK.Queue()
    other = started(hold, tmp_path, 600.0, events, FORK.Event())
    assert events.get(timeout=30) == "held"
    assert other.pid
    os.kill(other.pid, signal.SIGKILL)
    with Claims(tmp_path).held([key(1)]):
        other.join()


def test_two_processes_share_the_work_of_one(tmp_path: Path):
    answers = FORK.Queue()
    workers = [started(measure, tmp_path, answers) for _ in range(2)]
    found = [answers.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join()
    assert found[0][2] == found[1][2]
    assert sum(new for new, _, _ in found) == 4 * len(IMAGES)
    assert [new + reused for new, reused, _ in found] == [4 * len(IMAGES)] * 2


@pytest.mark.slow
def test_two_searches_at_once_share_a_store(tmp_path: Path):
    """Two commands of a user side by side: nothing is forwarded twice, both find what one does."""
    expected = painterkit(*SEARCH, *within(tmp_path / "alone"))
    store = ["--store", str(tmp_path / "shared")]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "painter_kit", *SEARCH, "--out", str(tmp_path / name), *store],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    done = [process.communicate(timeout=900) for process in running]
    assert [process.returncode for process in running] == [0, 0], done
    found = [json.loads(out.splitlines()[-1]) for out, _ in done]
    asked = expected["forwards"]["new"]
    assert sum(one["forwards"]["new"] for one in found) == asked
    assert [sum(one["forwards"][n] for n in ("new", "reused")) for one in found] == [asked] * 2
    log = (tmp_path / "alone" / "out" / "decisions.jsonl").read_bytes()
    for name, one in zip(("one", "two"), found, strict=True):
        assert (tmp_path / name / "decisions.jsonl").read_bytes() == log
        assert one["winner"] == expected["winner"]
        assert one["gain"] == expected["gain"]
