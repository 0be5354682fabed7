"""Whether prompts of a panel differ, from scores whose deviation is known."""

import numpy as np

from benchmarks.table3.run import Table3Settings, panel_differs


def table(prompt_sd: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    return prompt_sd * rng.normal(size=(16, 1)) + rng.normal(size=200) + rng.normal(size=(16, 200))


def test_only_a_deviation_beyond_noise_counts():
    assert panel_differs(table(0.5))
    assert not panel_differs(table(0.0))
    assert not panel_differs(np.full((3, 4), -np.inf))


def test_the_panel_and_the_seed_are_one_everywhere():
    settings = Table3Settings(seed=7).of("world-shifted", "semantic")
    assert settings.data == ("world-shifted",)
    assert settings.search.seed == settings.tune.seed == settings.seed == 7
    assert settings.tune.panel == settings.search.panel == 16
    assert settings.test >= 500
