from prompt_search.plan import SearchConfig, make_plan
from prompt_tuning.plan import make_tune_plan
from prompt_tuning.tune import TuneConfig

CONFIG = TuneConfig(steps=50, batch=4, evaluate_every=20)  # judged at 0, 20, 40 and 50
SEARCH = SearchConfig(panel=5)


def test_what_comes_first_is_the_search_or_the_panel():
    search = make_plan(SEARCH, [64], select=10, confirm=20)
    plan = make_tune_plan(CONFIG, search, searched=True)
    assert (plan.samples, plan.forwards) == (200, 4 * 10 + 20)
    assert plan.forwards_before == search.total
    assert plan.before == f"search first: {search.sentence}"
    alone = make_tune_plan(CONFIG, search, searched=False)
    assert (alone.before, alone.forwards_before) == ("panel first", 5 * 30)
    for number in ("50 steps x 4 queries = 200 samples", "150 before", "60 to judge"):
        assert number in alone.sentence


def test_parts_are_learned_one_by_one_and_judged_jointly():
    search = make_plan(SEARCH, [64, 60], select=10, confirm=20)
    plan = make_tune_plan(CONFIG, search, searched=False)
    assert plan.samples == 2 * 200
    assert plan.forwards == 2 * 4 * 10 + 2 * 10 + 2 * 20
    assert plan.forwards_before == 5 * 2 * 30  # joint prompts alone
    assert "each of 2 parts 50 steps" in plan.sentence
