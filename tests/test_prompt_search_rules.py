import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.likeness import NEAR
from painter_kit.evaluation.pool import Validity
from painter_kit.options.search import MOST_CANDIDATES
from prompt_search.cap import Cap
from prompt_search.config import SearchConfig
from prompt_search.rules import PoolRules


def test_a_search_has_the_rules_and_its_strategy_first():
    config = SearchConfig("exhaustive", crops=2, flips=True, min_foreground=0.1)
    assert (config.strategy, config.crops, config.valid.min_foreground) == ("exhaustive", 2, 0.1)
    assert isinstance(config, PoolRules)


def test_defaults_are_those_of_what_applies_the_rules():
    assert PoolRules().valid == Validity()
    assert PoolRules().near_duplicate == NEAR


def test_planned_candidates():
    assert PoolRules().planned(64) == (64, None)
    assert PoolRules(crops=3, flips=True).planned(64) == (320, None)
    assert PoolRules().planned(MOST_CANDIDATES) == (MOST_CANDIDATES, None)
    assert PoolRules().planned(24231) == (5000, Cap("diverse", 5000, 24231))
    assert PoolRules(max_candidates=None).planned(24231) == (24231, None)
    assert PoolRules(max_candidates=10, cap="random").planned(64) == (10, Cap("random", 10, 64))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"crops": -1}, "crops of a pool must be at least 0 but got -1"),
        ({"near_duplicate": 0.0}, "near_duplicate of a pool must be above 0 and at most 1"),
        ({"class_share": 1.5}, "class_share of a pool must be above 0 and at most 1 but got 1.5"),
        ({"max_candidates": 1}, "max_candidates of a pool must be at least 2 but got 1"),
        ({"cap": "best"}, "cap of a pool must be diverse or random but got 'best'"),
        ({"min_energy": 1.0}, "min_energy of a pool must be at least 0 and below 1"),
    ],
)
def test_senseless_rules(change: dict, words: str):
    for cls in (PoolRules, SearchConfig):
        with pytest.raises(InputError, match=words):
            cls(**change)
