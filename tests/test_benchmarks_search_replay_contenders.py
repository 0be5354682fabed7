import numpy as np
import pytest

from benchmarks.search_replay.contenders import contenders, play_unpaired
from benchmarks.search_replay.replay import Replay, Truth
from benchmarks.search_replay.synthetic import Synthetic

FAMILY = Synthetic("x", 0.6, candidates=96, select=128, test=64)
PLAYERS = {player.name: player for player in contenders(with_tpe=False)}


@pytest.mark.parametrize("name", PLAYERS)
def test_everybody_finds_a_good_prompt_and_pays_for_it(name: str):
    regrets, player = [], PLAYERS[name]
    for seed in range(5):
        matrix = FAMILY.draw(seed)
        course = player.run(matrix, np.random.default_rng(seed))
        assert (np.diff(course.cells) >= 0).all()
        assert course.cells[-1] <= matrix.select.size
        regrets.append(Truth(matrix).select_regret(course.leaders[-1:])[0])
    assert np.median(regrets) < 0.35
    if name in ("exhaustive", "uniform allocation"):
        assert max(regrets) == 0


def test_costs_are_those_of_the_strategies():
    from prompt_search.halving import Halving

    course = PLAYERS["halving without panel"].run(FAMILY.draw(0), np.random.default_rng(0))
    assert course.cells[-1] == Halving().cells(96, 128)
    course = PLAYERS["halving"].run(FAMILY.draw(0), np.random.default_rng(0))
    assert course.cells[-1] == Halving().cells(96, 128, 16) + 16 * 128


def test_brackets_share_what_they_know():
    from prompt_search.halving import Halving

    course = PLAYERS["halving in brackets"].run(FAMILY.draw(0), np.random.default_rng(0))
    assert course.cells[-1] < sum(Halving(b0).cells(96, 128) for b0 in (2, 4, 8, 16, 32))


def test_pairing_is_what_helps():
    """Images differ far more than prompts: without common images halving goes by chance."""
    family = Synthetic("x", 0.3, image_sd=5.0, candidates=96, select=256, test=8)
    regrets: dict[str, list[float]] = {"unpaired halving": [], "halving without panel": []}
    for seed in range(20):
        matrix = family.draw(seed)
        for name, found in regrets.items():
            course = PLAYERS[name].run(matrix, np.random.default_rng(seed))
            found.append(Truth(matrix).select_regret(course.leaders[-1:])[0])
    unpaired, paired = (float(np.mean(found)) for found in regrets.values())
    assert 2 * paired < unpaired


def test_budgets_are_kept():
    matrix = FAMILY.draw(0)
    for most in (0, 1000, 2000):
        replay = Replay(matrix)
        play_unpaired(replay, np.random.default_rng(0), most)
        assert replay.asked <= most


def test_names_are_different():
    names = [player.name for player in contenders()]
    assert len(set(names)) == len(names) == len(PLAYERS) + 1
