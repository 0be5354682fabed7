"""The text around the tables: on what, with which numbers, at what cost."""

from benchmarks.ablations.floor import Floor
from benchmarks.ablations.report import report
from benchmarks.ablations.results import Result
from benchmarks.ablations.run import Sittings
from benchmarks.ablations.variants import cells
from tests.ablation_cards import card_of, result

BASE = [result("base", seed, semantic=0.5) for seed in range(2)]


def test_the_text_says_what_was_measured_and_what_it_took():
    known = {"base-seed0": Sittings(1800, ("bf16",)), "base-seed1": Sittings(1800, ("fp32",))}
    text = report(BASE, {**known, "elsewhere": Sittings(9000, ("fp16",))})
    assert text.startswith("## Table S2: ")
    assert "2 random prompts x 256 queries of the select split of `world`." in text
    assert "Products in bf16 and fp32." in text
    assert "2 cells took 1.00 hours of processor time" in text
    assert "**not told apart**" in text
    assert "not of reading a coding off the prompt" in text


def test_the_answer_without_a_model_is_named():
    text = report(BASE, {}, {"semantic": Floor("mean training target", {"miou": 0.25})})
    assert "| no model | - |" in text
    assert "(mean training target for semantic)" in text


def test_what_is_not_known_is_not_claimed():
    assert "Products in unknown precision." in report(BASE, {})
    (cell,) = cells(["base"], seeds=1, sets=["random_coding={semantic: 1.0}"])
    assert "reading a coding" not in report([Result(cell, card_of(cell, {"semantic": 0.5}))], {})
