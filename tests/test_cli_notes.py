"""Descriptions of runs."""

import numpy as np

from painter_kit.cli.measured import Measured, Reported
from painter_kit.cli.notes import comparison, heading, prompt_note, work_note
from painter_kit.cli.prompt_run import About
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.intervals import Interval
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Pair

SPEC = open_dataset("world").spec("depth")
PICTURE = np.zeros((4, 4, 3), np.uint8)
ABOUT = About("world", "confirm", "world-tiny", "abc", "halving", 0, 64)
GAIN = Gain(0.1, -0.05, 0.25, 0.2, False)


def prompt(kind: str) -> Prompt:
    return Prompt(Pair(PICTURE, PICTURE, Coding()), "depth", kind=kind)


def test_the_table_has_a_row_per_prompt_and_no_gain_without_evidence():
    unknown = Interval(0.7, float("nan"), float("nan"))
    measured = [
        Measured(prompt("random"), "random", unknown, sd=0.02),
        Measured(prompt("searched"), "halving", Interval(0.6, 0.5, 0.7), GAIN),
        Measured(prompt("learned"), "tune", Interval(0.5, 0.4, 0.6),
                 Gain(0.2, 0.05, 0.35, 0.01, True)),
    ]  # fmt: skip
    lines = comparison(measured, SPEC, "confirm", 64).splitlines()
    assert lines[0] == "**On 64 confirm images of world**"
    assert heading(SPEC) == "rmse (m, lower is better)"
    assert heading(SPEC) in lines[2]
    rows = lines[4:]
    assert "0.7 ± 0.02" in rows[0]
    assert "0.6 [0.5, 0.7]" in rows[1]
    assert "no evidence of improvement" in rows[1]
    assert "+0.2 [+0.05, +0.35]" in rows[2]
    assert rows[2].endswith("better |")


def test_a_prompt_tells_its_metrics_and_its_gain():
    metrics = {"rmse": Interval(0.6, 0.5, 0.7)}
    text = prompt_note(Reported(prompt("searched"), ABOUT, metrics, GAIN, {"depth/d1": 0.9}, "T"))
    assert text.startswith("### searched prompt for depth\n")
    assert "| rmse | 0.6 [0.5, 0.7] |" in text
    assert "| depth/d1 | 0.9 |" in text
    assert "no evidence of improvement" in text
    assert text.endswith("\n\nT")


def test_work_ends_with_its_own_words():
    assert work_note("search", "TABLE", "found") == "### search\n\nTABLE\n\n```\nfound\n```"
