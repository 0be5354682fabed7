import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.store_overhead import (
    Overhead,
    Stopwatch,
    TimedJudge,
    TimedStore,
    command,
    main,
)
from painter_kit.evaluation.store import Store
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import make_pair
from painter_kit.types import Record
from tests.toys import SPEC, TOY, Listed, ToyPainter, make_example


def test_the_watch_adds_up():
    watch = Stopwatch()
    for _ in range(2):
        with watch.running():
            time.sleep(0.01)
    assert 0.02 <= watch.seconds < 0.5
    with pytest.raises(RuntimeError), watch.running():
        raise RuntimeError
    assert watch.seconds > 0.02


def test_reading_and_writing_take_time(tmp_path: Path):
    with TimedStore(tmp_path) as store:
        assert store.watch.seconds == 0
        store.put_many({b"key": Record(np.ones(3))})
        written = store.watch.seconds
        assert store.get_many([b"key"])[b"key"].values.tolist() == [1, 1, 1]
        assert 0 < written < store.watch.seconds


def test_claims_take_time_and_what_is_done_with_them_does_not(tmp_path: Path):
    with TimedStore(tmp_path) as store:
        with store.claim([b"0123456789abcdef"]):
            time.sleep(0.05)
        claimed = store.watch.seconds
        assert 0 < claimed < 0.05


def test_making_keys_takes_time(tmp_path: Path):
    watch, images = Stopwatch(), Listed([make_example(f"i{i}", 0) for i in range(8)])
    example = make_example("p", 100)
    prompt = Prompt(make_pair(TOY, SPEC, example), "toy", kind="random")
    with Store(tmp_path) as store:
        judge = TimedJudge(watch, TOY, SPEC, ToyPainter(), store, "model")
        assert len(judge.records(prompt, images)) == 8
        named = watch.seconds
        assert named > 0
        judge.recall(prompt, images)
        assert watch.seconds > named


def test_the_bar_is_said():
    cheap = Overhead("depth", 100, forward=0.01, fresh=0.0001, known=0.00005)
    assert cheap.share == pytest.approx(0.01)
    assert "1.00%, within the bar of 5%" in cheap.sentence
    assert "OVER" in Overhead("depth", 100, 0.01, 0.001, 0.0).sentence


def test_the_embedded_model_is_measured():
    words = ["--task", "depth", "--prompts", "2", "--images", "4", "--json"]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output
    found = json.loads(result.output.splitlines()[-1])
    assert (found["task"], found["examples"]) == ("depth", 8)
    assert found["known"] > 0
    assert 0 < found["share"] < 0.5


def test_errors_are_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "argv", ["x", "--task", "nothing", "--images", "2"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("error: unknown task 'nothing'")
