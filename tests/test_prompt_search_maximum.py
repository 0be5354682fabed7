import numpy as np
import pytest

from prompt_search.maximum import expected_maximum


@pytest.mark.parametrize(("count", "value"), [(1, 0.0), (2, np.pi**-0.5), (3, 1.5 * np.pi**-0.5)])
def test_closed_forms_of_the_expected_maximum(count: int, value: float):
    assert expected_maximum(count) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(("count", "value"), [(10, 1.538753), (1000, 3.241436), (5000, 3.677556)])
def test_published_values_of_the_expected_maximum(count: int, value: float):
    assert expected_maximum(count) == pytest.approx(value, abs=2e-5)


def test_the_expected_maximum_against_draws():
    draws = np.random.default_rng(0).normal(size=(20_000, 64)).max(1)
    assert expected_maximum(64) == pytest.approx(draws.mean(), abs=4 * draws.std() / 20_000**0.5)
    assert expected_maximum(1_000_000) == pytest.approx(4.86, abs=0.01)
