"""The bar of a measuring that goes on where another one was stopped."""

import io
import re
import time
from pathlib import Path

import pytest

from painter_kit.evaluation import progress
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.progress import advance, forward_bar
from painter_kit.evaluation.store import Store
from tests.test_evaluation_judge import prompt
from tests.toys import SPEC, TOY, Listed, ToyPainter, make_example

SECONDS = 0.02  # of a forward


class Terminal(io.StringIO):
    """A screen whose text can be read."""

    def isatty(self) -> bool:
        return True


def test_known_forwards_are_neither_pace_nor_work():
    with forward_bar(1000, "search", file=Terminal()) as bar:
        advance(bar, 0, 800)
        assert bar.format_dict["rate"] is None
        for _ in range(10):
            time.sleep(SECONDS)
            advance(bar, 1, 0)
        assert bar.n == 810
        pace = (bar.n - bar.initial) / bar.format_dict["elapsed"]
        assert 5 < pace < 1 / SECONDS
        assert (1000 - bar.n) / pace > 190 * SECONDS


def test_a_silent_bar_stays_silent():
    screen = Terminal()
    with forward_bar(10, "search", quiet=True, file=screen) as bar:
        advance(bar, 3, 4)
    assert screen.getvalue() == ""


class Slow(ToyPainter):
    """A model that takes its time."""

    def __call__(self, prompt, images, spec):
        time.sleep(SECONDS * len(images))
        return super().__call__(prompt, images, spec)


def rates(text: str) -> list[float]:
    """Forwards per second of every state of the bar on a screen."""
    found = re.findall(r"([\d.]+)(fwd/s|s/fwd)", text)
    return [float(n) if unit == "fwd/s" else 1 / float(n) for n, unit in found]


def test_after_a_resume_the_pace_is_that_of_new_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Three prompts are known; the bar begins at them and tells the pace of the fourth."""
    prompts = [prompt(quality) for quality in (10, 20, 30, 40)]
    examples = Listed([make_example(f"e{i}", 0) for i in range(24)])
    screen = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", screen)
    with Store(tmp_path) as store:
        Judge(TOY, SPEC, ToyPainter(), store, "model", batch_size=4).table(prompts[:3], examples)
        again = Judge(TOY, SPEC, Slow(), store, "model", batch_size=4)
        with again.progress(96, "search"):
            again.table(prompts, examples)
    assert (again.new, again.reused) == (24, 72)
    shown = rates(screen.getvalue())
    assert shown
    assert max(shown) < 1.2 / SECONDS
    assert "96/96" in screen.getvalue()
