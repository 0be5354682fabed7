import pytest

from painter_kit.errors import InputError
from prompt_search.plan import SearchConfig, make_plan
from prompt_search.strategies import Exhaustive, Halving, HalvingCertify, RandomBest


def test_strategies_get_their_settings():
    assert SearchConfig().build() == Halving(8, 4, 4)
    assert SearchConfig(b0=4, eta=2, keep=3).build() == Halving(4, 2, 3)
    assert SearchConfig("random", k=7).build() == RandomBest(7)
    assert SearchConfig("exhaustive").build() == Exhaustive()
    certify = SearchConfig("halving+certify", b0=4, confidence=0.9, epsilon=0.1, share=0.5).build()
    assert isinstance(certify, HalvingCertify)
    assert (certify.halving, certify.share, certify.epsilon) == (Halving(4, 4, 4), 0.5, 0.1)
    assert certify.delta == pytest.approx(0.1)


def test_a_certified_search_plans_the_most_that_it_may_spend():
    plan = make_plan(SearchConfig("halving+certify"), pools=[512], select=512, confirm=50)
    assert plan.select_forwards == 512 * 512 / 4


def test_plan_adds_up():
    plan = make_plan(SearchConfig(), pools=[64], select=96, confirm=50)
    assert plan.panel_forwards == 16 * (96 + 50)
    assert plan.select_forwards == 48 * 8 + 12 * 24 + 4 * 64
    assert plan.confirm_forwards == 50
    assert plan.total == 2336 + 928 + 50
    assert plan.exhaustive_forwards == 6144
    for number in ("64", "2336", "928", "15.1%", "6144", "3314"):
        assert number in plan.sentence


def test_the_panel_fits_the_pool():
    plan = make_plan(SearchConfig(), pools=[5], select=10, confirm=10)
    assert (plan.panel_size, plan.panel_forwards) == (5, 100)


def test_parts_are_raced_one_by_one_and_compared_jointly():
    plan = make_plan(SearchConfig(), pools=[64, 5], select=96, confirm=50)
    assert (plan.pool, plan.panel_size, plan.parts) == (69, 5, 2)
    # Each part's panel on select, then the joint one there and on confirm.
    assert plan.panel_forwards == 5 * (2 * 96 + 2 * 96 + 2 * 50)
    races = 59 * 8 + 15 * 24 + 4 * 64 + 0  # the panel's are known
    assert plan.select_forwards == races
    assert plan.confirm_forwards == 2 * 96 + 2 * 50
    assert plan.exhaustive_forwards == 69 * 96
    assert "69 candidates of 2 parts" in plan.sentence


def test_every_view_is_a_forward():
    one, two = (make_plan(SearchConfig(), [64], 96, 50, views=v) for v in (1, 2))
    assert (two.total, two.exhaustive_forwards) == (2 * one.total, 2 * one.exhaustive_forwards)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"strategy": "genetic"}, "--strategy must be one of random, exhaustive, halving"),
        ({"panel": 1}, "panel of a search must be at least 2 but got 1"),
        ({"k": 0}, "k of a search must be at least 1"),
        ({"eta": 1}, "eta of a search must be at least 2"),
        ({"b0": 0}, "b0 of a search must be at least 1"),
        ({"confidence": 1.0}, "confidence of a search must be at least 0.5 and below 1 but got 1"),
        ({"epsilon": -0.1}, "epsilon of a search must be at least 0"),
        ({"shuffles": 0}, "shuffles of a search must be at least 1"),
        ({"least_gain": "-1%"}, "least_gain of a search must be a number in the metric's unit"),
        ({"margin": "much"}, "margin of a search must be a number in the metric's unit"),
        ({"share": 0.0}, "share above 0 and at most 1 but got 0.0 and 0.0"),
    ],
)
def test_senseless_settings(change: dict, words: str):
    with pytest.raises(InputError, match=words):
        SearchConfig(**change)
