import numpy as np
import pytest
from scipy import stats

from benchmarks.search_replay.synthetic import FAMILIES, Synthetic

SMALL = {"candidates": 200, "select": 150, "test": 80}


@pytest.mark.parametrize("family", [f for f in FAMILIES if not f.copies], ids=lambda f: f.name)
def test_components_are_the_ones_asked_for(family: Synthetic):
    found = family.draw(0).components
    assert found.prompt_sd == pytest.approx(family.prompt_sd, rel=0.15, abs=0.03)
    assert found.image_sd == pytest.approx(family.image_sd, rel=0.15)
    assert found.interaction_sd == pytest.approx(1, rel=0.15)


def test_shapes_seeds_and_a_common_effect():
    family = Synthetic("x", 3.0, **SMALL)
    one, same, other = family.draw(1), family.draw(1), family.draw(2)
    assert one.select.shape == (200, 150)
    assert one.test.shape == (200, 80)
    assert (one.select == same.select).all()
    assert (one.select != other.select).all()
    assert np.corrcoef(one.select.mean(1), one.test.mean(1))[0, 1] > 0.98


def test_heavy_tails_are_heavy():
    def kurtosis(tail) -> float:
        select = Synthetic("x", 0, tail=tail, **SMALL).draw(0).select
        return float(stats.kurtosis((select - select.mean(0)).ravel()))

    assert kurtosis("normal") == pytest.approx(0, abs=0.2)
    assert kurtosis("heavy") > 3


def test_clusters_are_alike():
    scores = Synthetic("x", 0.2, clusters=4, image_sd=0.001, **SMALL).draw(0).select
    correlation = np.corrcoef(scores)[np.triu_indices(200, 1)]
    assert (correlation > 0.25).mean() == pytest.approx(1 / 4, abs=0.06)


def test_copies_are_copies():
    matrix = Synthetic("x", 0, copies=True, **SMALL).draw(0)
    assert np.ptp(matrix.select, axis=0).max() == 0
    assert not matrix.has_effect
