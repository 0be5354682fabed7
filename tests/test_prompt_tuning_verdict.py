"""The decision on confirm: random, searched or learned, and only on evidence."""

from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Pair
from prompt_search.config import SearchConfig
from prompt_search.setting import measure_panel, prepare
from prompt_tuning.config import TuneConfig
from prompt_tuning.verdict import decide
from tests.toys import SPEC, TOY, ToyPainter, toy_data

CONFIG = TuneConfig(panel=4, resamples=400)
# The toy model paints better the higher this byte of the prompt is; the pool's are about 100.
GOOD, BETTER, BAD = 180, 250, 0


def made(quality: int, kind: str) -> Prompt:
    image = np.zeros((4, 4, 3), np.uint8)
    image[0, 0, 2], image[3, 3, 0] = quality, kind == "learned"
    return Prompt(Pair(image, image, Coding()), "toy", kind=kind)


@pytest.mark.parametrize(
    ("learned", "searched", "chosen"),
    [
        (GOOD, None, "learned"),
        (BAD, None, "random"),
        (BAD, BAD, "random"),
        (BAD, GOOD, "searched"),
        (GOOD, GOOD, "searched"),
        (BETTER, GOOD, "learned"),
        (GOOD, BAD, "learned"),
    ],
)
def test_each_step_up_needs_evidence(tmp_path: Path, learned, searched, chosen: str):
    with Store(tmp_path) as store:
        judge = Judge(TOY, SPEC, ToyPainter(noise=0.001), store, "model digest")
        setting = prepare(
            judge, make_splits(toy_data(), "toy"), SearchConfig(panel=4, resamples=400)
        )
        panel = measure_panel(setting)
        other = None if searched is None else made(searched, "searched")
        ours = made(learned, "learned")
        judge.records(ours, setting.splits.select)
        verdict = decide(setting, panel, ours, other, CONFIG)
    assert verdict.chosen == chosen
    assert verdict.ours.gain.optimism == pytest.approx(0, abs=0.02)
    assert (verdict.over_rival is None) == (searched is None)
    assert verdict.ours.gain.confirmed == (learned > BAD)
    if learned == BAD:
        assert verdict.ours.gain.sentence.startswith("no evidence of improvement")


def test_a_given_prompt_stays_where_learning_adds_nothing(tmp_path: Path):
    with Store(tmp_path) as store:
        judge = Judge(TOY, SPEC, ToyPainter(noise=0.001), store, "model digest")
        setting = prepare(
            judge, make_splits(toy_data(), "toy"), SearchConfig(panel=4, resamples=400)
        )
        panel = measure_panel(setting)
        found = []
        for ours, theirs in ((BAD, GOOD), (GOOD, BETTER), (BETTER, GOOD)):
            learned = made(ours, "learned")
            judge.records(learned, setting.splits.select)
            found.append(decide(setting, panel, learned, made(theirs, "released"), CONFIG).chosen)
    assert found == ["given", "given", "learned"]


def test_noise_is_no_evidence(tmp_path: Path):
    """Prompts that make no difference: the cheapest kind is kept nearly always."""
    chosen = []
    for seed in range(10):
        with Store(tmp_path) as store:
            judge = Judge(TOY, SPEC, ToyPainter(effect=0), store, "model digest")
            search = SearchConfig(panel=4, resamples=400, seed=seed)
            setting = prepare(judge, make_splits(toy_data(), "toy", seed=seed), search)
            panel = measure_panel(setting)
            prompts = made(seed, "learned"), made(seed, "searched")
            judge.records(prompts[0], setting.splits.select)
            chosen.append(decide(setting, panel, *prompts, CONFIG).chosen)
    assert chosen.count("random") >= 7
