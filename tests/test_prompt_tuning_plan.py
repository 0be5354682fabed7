from dataclasses import replace

import pytest

from prompt_search.config import SearchConfig
from prompt_search.plan import make_plan
from prompt_tuning.config import Pace, TuneConfig
from prompt_tuning.plan import make_tune_plan
from prompt_tuning.robustness import CHANGES

CONFIG = TuneConfig(robustness=False)
PACE = Pace(50, 4, 4, 0.02, 20, 0.0)  # judged at 0, 20, 40 and 50
SEARCH = SearchConfig(panel=5)


def test_what_comes_first_is_the_search_or_the_panel():
    search = make_plan(SEARCH, [64], select=10, confirm=20)
    plan = make_tune_plan(CONFIG, PACE, search, searched=True)
    assert (plan.samples, plan.forwards) == (200, 4 * 10 + 20)
    assert plan.forwards_before == search.total
    assert plan.before == f"search first: {search.sentence}"
    alone = make_tune_plan(CONFIG, PACE, search, searched=False)
    assert (alone.before, alone.forwards_before) == ("panel first", 5 * 30)
    for number in ("50 steps x 4 queries", "= 200 samples", "150 before", "60 to judge"):
        assert number in alone.sentence


def test_parts_are_learned_one_by_one_and_judged_jointly():
    search = make_plan(SEARCH, [64, 60], select=10, confirm=20)
    plan = make_tune_plan(CONFIG, PACE, search, searched=False)
    assert plan.samples == 2 * 200
    assert plan.forwards == 2 * 4 * 10 + 2 * 10 + 2 * 20
    assert plan.forwards_before == 5 * 2 * 30  # joint prompts alone
    assert "each of 2 parts 50 steps" in plan.sentence


def test_a_race_of_starts_costs_less_than_all_of_them():
    search = make_plan(SEARCH, [64], select=10, confirm=20)
    plan = make_tune_plan(CONFIG, PACE, search, searched=False, starts=3)
    # 3 to step 20, 2 to step 40, 1 to the end; judged at 0 and at every 20th and the last step
    assert plan.samples == 4 * (20 + 40 + 50)
    assert plan.forwards == 10 * (2 + 3 + 4) + 20
    assert "from 3 starts" in plan.sentence


def test_a_sweep_costs_at_most_all_trials():
    search = make_plan(SEARCH, [64], select=10, confirm=20)
    plan = make_tune_plan(replace(CONFIG, sweep=5), PACE, search, searched=False)
    assert plan.samples == 5 * 200
    assert plan.forwards == 10 * (5 * 3 + 1) + 20  # the start is judged once
    assert "in 5 trials" in plan.sentence


@pytest.mark.parametrize(("searched", "prompts"), [(True, 2), (False, 1)])
def test_robustness_is_counted(searched: bool, prompts: int):
    search = make_plan(SEARCH, [64], select=10, confirm=20)
    without, with_ = (
        make_tune_plan(replace(CONFIG, robustness=on), PACE, search, searched).forwards
        for on in (False, True)
    )
    assert with_ - without == prompts * len(CHANGES) * 10
