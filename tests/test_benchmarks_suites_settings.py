"""What ``--prompts`` may say."""

from pathlib import Path

import pytest

from benchmarks.suites.settings import BenchmarkSettings, parse_prompts
from painter_kit.errors import InputError
from prompt_tuning.config import TuneConfig


def test_kinds_and_folders():
    wanted = parse_prompts("random:16,searched:runs/a,learned,released")
    assert wanted.random == 16
    assert wanted.folders == {"searched": Path("runs/a"), "learned": None, "released": None}
    assert wanted.optimised == ["searched", "learned"]
    assert wanted.made == ["learned"]
    assert parse_prompts("random").random == 16


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("searched:x", "yardstick"),
        ("random:0", "at least 1"),
        ("random:x", "at least 1"),
        ("random:2,random:3", "twice"),
        ("random,learned,learned:x", "twice"),
        ("random,best", "best is not known"),
        ("random,released:x", "released:x is not known"),
    ],
)
def test_wrong_words(text: str, words: str):
    with pytest.raises(InputError, match=words):
        parse_prompts(text)
    with pytest.raises(InputError, match=words):
        BenchmarkSettings(prompts=text)


def test_a_prompt_is_learned_under_the_token_that_it_is_judged_under():
    tune = TuneConfig(segment_type="instance")
    with pytest.raises(ValueError, match=r"tune.segment_type is instance and segment_type auto"):
        BenchmarkSettings(tune=tune)
    assert BenchmarkSettings(tune=tune, segment_type="instance").tune == tune


@pytest.mark.parametrize(
    "values", [{"count": 1}, {"controls": -1}, {"shots": (0,)}, {"how": "sum"}, {"pool": 1}]
)
def test_wrong_numbers(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        BenchmarkSettings(**values)
