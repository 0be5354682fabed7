import re
from dataclasses import replace
from math import inf, nan

import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.cost import Rate
from prompt_search.budget import LEVELS, Wish
from prompt_search.config import SearchConfig
from prompt_search.plan import Extras, Plan, budget_forwards, make_plan
from prompt_search.strategies import Exhaustive, Halving, HalvingCertify, RandomBest


def test_strategies_get_their_settings():
    assert SearchConfig().build() == Halving(8, 4, 4)
    assert SearchConfig(b0=4, eta=2, keep=3).build() == Halving(4, 2, 3, fixed=True)
    assert SearchConfig("random", k=7).build() == RandomBest(7)
    assert SearchConfig("exhaustive").build() == Exhaustive()
    certify = SearchConfig("halving+certify", b0=4, confidence=0.9, epsilon=0.1, share=0.5).build()
    assert isinstance(certify, HalvingCertify)
    assert (certify.halving, certify.share, certify.epsilon) == (Halving(4, 4, 4, True), 0.5, 0.1)
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
    # Together: 16 and 4 entrants, one of each known, and the other part's outputs once a race.
    together = 2 * (15 * 8 + 4 * 24 + 4 * 64 + 3 * 96 + 2 * 96)
    both_pairs = 2 * 2 * 96
    assert plan.joint_forwards == together + 96 + both_pairs
    assert plan.select_forwards == races + plan.joint_forwards
    apart = make_plan(SearchConfig(rounds=0), pools=[64, 5], select=96, confirm=50)
    assert (apart.select_forwards, apart.joint_forwards) == (races, 0)
    assert f"at most {plan.joint_forwards} together" in plan.sentence
    assert "together" not in apart.sentence
    assert plan.confirm_forwards == 2 * 96 + 2 * 50
    assert plan.exhaustive_forwards == 69 * 96
    assert "69 candidates of 2 parts" in plan.sentence


def test_who_is_raced_together():
    config = SearchConfig(joint_share=0.25, keep=4)
    assert [config.entrants(pool) for pool in (2, 3, 10, 64, 65)] == [2, 3, 4, 16, 17]
    assert SearchConfig(keep=1, joint_share=0.01).entrants(50) == 2
    assert SearchConfig("halving+certify").jointly.build() == Halving()
    assert SearchConfig("exhaustive").jointly.build() == Exhaustive()


def test_a_plan_with_refinement():
    config = SearchConfig(refine=19)
    assert config.generations == [8, 8, 3]
    assert SearchConfig().generations == []
    assert config.refining == Halving(8, 4, 2)
    plain, plan = (make_plan(c, [64], 96, 50) for c in (SearchConfig(), config))
    races = 2 * (8 * 8 + 2 * 24 + 2 * 64) + (3 * 8 + 2 * 24 + 2 * 64)
    assert plan.select_forwards == plain.select_forwards + races
    assert plan.confirm_forwards == plain.confirm_forwards + 50  # the winner as it was
    assert plan.refine_forwards == races + 50
    assert f"(at most {races + 50} to refine)" in plan.sentence
    assert "refine" not in plain.sentence
    two = make_plan(config, [64, 64], 96, 50)
    together = make_plan(SearchConfig(), [64, 64], 96, 50)
    # The pair is painted for the race of each part, and as it is used, before and after.
    cells = 2 * (races + 2 * 96) + 2 * 2 * 96
    assert two.select_forwards == together.select_forwards + cells
    assert two.refine_forwards == cells + 2 * 50


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
        ({"epsilon": nan}, "epsilon of a search must be at least 0 .* but got nan and 0.25"),
        ({"epsilon": inf}, "epsilon of a search must be at least 0"),
        ({"confidence": nan}, "confidence of a search must be at least 0.5 .* but got nan"),
        ({"share": nan}, "share above 0 and at most 1 but got 0.0 and nan"),
        ({"joint_share": nan}, "joint_share of a search must be above 0 and at most 1"),
        ({"least_gain": nan}, "least_gain of a search must be a number"),
        ({"margin": "inf%"}, "margin of a search must be a number"),
        ({"class_share": nan}, "class_share"),
        ({"near_duplicate": nan}, "near_duplicate"),
        ({"min_energy": nan}, "min_energy"),
        ({"min_foreground": nan}, "min_foreground"),
        ({"budget": 0}, "budget of a search must be at least 1 but got 0"),
        ({"patience": 0}, "patience of a search must be at least 1"),
        ({"shuffles": 0}, "shuffles of a search must be at least 1"),
        ({"least_gain": "-1%"}, "least_gain of a search must be a number in the metric's unit"),
        ({"margin": "much"}, "margin of a search must be a number in the metric's unit"),
        ({"share": 0.0}, "share above 0 and at most 1 but got 0.0 and 0.0"),
        ({"refine": -1}, "refine of a search must be at least 0 but got -1"),
        ({"sampler": "grid"}, "sampler of a refinement must be one of tpe, cmaes but got 'grid'"),
        ({"rounds": -1}, "rounds of a search must be at least 0 but got -1"),
        ({"joint_share": 0.0}, "joint_share of a search must be above 0 and at most 1 but got 0"),
    ],
)
def test_senseless_settings(change: dict, words: str):
    with pytest.raises(InputError, match=words):
        SearchConfig(**change)


def plan_of(pools: tuple[int, ...] = (64,), **config):
    return make_plan(SearchConfig(**config), pools, select=96, confirm=50)


def test_a_budget_fits_halving_and_caps_the_others():
    fixed, free = 16 * (96 + 50) + 50, 700
    plan = plan_of(budget=fixed + free)
    assert plan.fixed == fixed
    assert plan.select_forwards == Halving(4).cells(64, 96, 16) <= free < 928
    assert not plan.at_most
    for name in ("exhaustive", "random", "halving+certify"):
        plan = plan_of(strategy=name, budget=fixed + free)
        assert (plan.select_forwards, plan.at_most) == (free, True)
    assert f"at most {free} select" in plan.sentence
    assert f"confirm = at most {plan.total}" in plan.sentence
    assert plan_of(strategy="exhaustive", budget=10**6).select_forwards == 64 * 96


def test_a_schedule_that_is_given_stays_or_does_not_fit():
    plan = plan_of(b0=4)
    needed = plan.fixed + Halving(4).cells(64, 96, 16)
    for more in (0, 10**6):
        given = plan_of(b0=4, budget=needed + more)
        assert given.select_forwards == Halving(4).cells(64, 96, 16)
    with pytest.raises(InputError, match=f"too small: .* need {needed};"):
        plan_of(b0=4, budget=needed - 1)
    fitted = plan_of(budget=needed + 10**6)
    assert fitted.select_forwards == Halving(64).cells(64, 96, 16)  # a budget is spent


def test_a_budget_lifts_the_share_that_certificates_may_cost():
    assert SearchConfig("halving+certify").most_share == 0.25
    assert SearchConfig("halving+certify", budget=10**6).most_share == 1
    assert SearchConfig("halving+certify", budget=10**6, share=0.5).most_share == 0.5
    plan = plan_of(strategy="halving+certify", budget=10**6)
    assert plan.select_forwards == (64 - 16) * 96


def test_parts_share_a_budget_in_turn():
    plan = plan_of((64, 5), panel=4, rounds=0)
    capped = plan_of((64, 5), panel=4, rounds=0, budget=plan.fixed + 1000)
    first = Halving().within(64, 96, 500, 4).cells(64, 96, 4)
    second = Halving().within(5, 96, 1000 - first, 4).cells(5, 96, 4)
    assert capped.select_forwards == first + second <= 1000


@pytest.mark.parametrize("name", ["halving", "halving+certify", "random", "exhaustive"])
@pytest.mark.parametrize("pools", [(64,), (64, 20)])
def test_the_least_budget_is_told_and_is_enough(name: str, pools: tuple[int, ...]):
    plan = plan_of(pools, strategy=name)
    needed = plan.fixed + plan.least_forwards
    with pytest.raises(InputError, match=f"too small: .* for the shortest race .* need {needed};"):
        plan_of(pools, strategy=name, budget=needed - 1)
    assert plan_of(pools, strategy=name, budget=needed).total <= needed


def test_all_that_a_budget_must_pay_is_named_with_what_can_be_left_out():
    settings = {"diagnose": True, "also": ("ensemble",), "refine": 8}
    extras = Extras(altered=6, own=32)

    def budgeted(budget: int | None = None) -> Plan:
        return make_plan(SearchConfig(budget=budget, **settings), [64], 96, 50, extras=extras)

    plan = budgeted()
    with pytest.raises(InputError) as caught:
        budgeted(100)
    said = str(caught.value)
    for amount in (f"{plan.sensitivity_forwards} sensitivity", f"{plan.also_forwards} for altern"):
        assert f" + {amount}" in said
    named = [int(n) for n in re.findall(r"(\d+) (?:panel|confirm|to race|sens|for )", said)]
    assert sum(named) == int(re.findall(r"need (\d+)", said)[0])
    assert "raise it, leave out --diagnose and --also, or lower --pool" in said
    with pytest.raises(InputError, match="raise it, or lower --pool"):
        plan_of(budget=100)


def test_levels_are_shares_with_caps():
    plan, rate = plan_of(), Rate(50.0, devices=2)
    small, mid, all_of_it = (
        budget_forwards(Wish(level=name), plan, rate) for name in ("light", "medium", "heavy")
    )
    assert (small, mid, all_of_it) == tuple(
        plan.fixed + share for share in (6144 // 10, 6144 // 4, 6144)
    )
    large = make_plan(SearchConfig(), [24_231], select=654, confirm=400)
    caps = [budget_forwards(Wish(level=name), large, rate) for name in LEVELS]
    assert caps == [20_000, 50_000, 500_000]
    tiny = make_plan(SearchConfig(), [18], select=96, confirm=6)
    assert budget_forwards(Wish(level="light"), tiny, rate) == tiny.fixed + tiny.least_forwards


def test_time_becomes_forwards_at_the_pace():
    assert budget_forwards(Wish(seconds=90), plan_of(), Rate(50.0, devices=2)) == 9000
    assert budget_forwards(Wish(), plan_of(), Rate(50.0)) is None
    assert budget_forwards(Wish(forwards=7), plan_of(), Rate(50.0)) == 7


def test_the_plan_is_told_with_its_time():
    plan = plan_of()
    assert plan.told() == plan.sentence
    told = plan.told(Rate(10.0))
    assert (
        told == f"{plan.sentence}; about {plan.total / 600:.1f} min at 10 forwards/s measured here"
    )
    assert "; at most " in plan_of(strategy="halving+certify").told(Rate(10.0))
    assert plan.closing == 17 * 50
    assert plan_of(diagnose=True, also=("ensemble",)).closing == plan.closing  # left out then


def test_notes_end_the_sentence():
    plan = make_plan(SearchConfig(), [64], 96, 50)
    noted = replace(plan, notes=("given prompts: 1", "left out: 2 (dark)"))
    assert noted.sentence == plan.sentence + "; given prompts: 1; left out: 2 (dark)"
