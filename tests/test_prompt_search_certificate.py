import numpy as np
import pytest

from prompt_search.certificate import Certificate, is_linearised


def test_sentences():
    found = Certificate(0.95, 512, 300, 280, mean=-0.5, highest=-0.48)
    text = found.sentence("rmse", "m", linearised=False)
    for words in ("95%", "300", "by more than 0.02 m", "512 select images", "mean rmse", "280"):
        assert words in text
    sure = found.about(-0.48).sentence("miou", "", linearised=True)
    assert "more than" not in sure
    assert "miou linearised at the panel's" in sure
    unknown = Certificate(0.95, 512, 300, 2, -0.5, np.inf)
    assert "nothing is certain" in unknown.sentence("rmse", "m", linearised=False)
    assert unknown.to_json()["highest"] is None
    assert found.to_json()["epsilon"] == pytest.approx(0.02)


def test_a_mean_is_told_from_what_is_linearised():
    means = [0.1, 0.2, 0.4]
    assert not is_linearised([-0.9, -0.8, -0.6], means)
    assert is_linearised([0.1, 0.21, 0.4], means)
    assert not is_linearised([np.nan, 1.0], [0.0, 1.0])
    assert not is_linearised([np.nan], [0.0])
