from dataclasses import replace

import pytest

from benchmarks.search_replay.coverage import measure_coverage
from benchmarks.search_replay.synthetic import Synthetic
from prompt_search.certificate import Certificate
from prompt_search.halving import Halving
from prompt_search.strategies import HalvingCertify

SIZE = {"candidates": 48, "select": 128, "test": 2}
FAINT = Synthetic("faint", 0.05, **SIZE)


@pytest.mark.parametrize(
    "family",
    [
        Synthetic("middle", 0.2, **SIZE),
        Synthetic("heavy", 0.2, tail="heavy", **SIZE),
        Synthetic("identical", 0.0, **SIZE),
        Synthetic("copies", 0.0, copies=True, **SIZE),
    ],
    ids=lambda family: family.name,
)
def test_certificates_are_rarely_wrong(family: Synthetic):
    found = measure_coverage(family.name, family.draw, 60, HalvingCertify())
    assert found.replays == 60
    assert found.passed
    assert 16 / 48 < found.spent <= 16 / 48 + 0.25 + 0.05
    assert (found.complete == 1) == (family.name == "copies")


def test_the_bar_is_the_binomial_quantile():
    family = Synthetic("x", 0.5, candidates=20, select=16, test=2)
    assert measure_coverage("x", family.draw, 40, HalvingCertify()).allowed == 4


def test_wrong_certificates_are_noticed():
    """Halving alone seldom finds the best of prompts that hardly differ, whatever it claims."""

    class Boastful(HalvingCertify):
        def run(self, *args, **kwargs):
            outcome = Halving(b0=2).run(*args, **kwargs)
            mean = float(FAINT.draw(0).select.mean())
            return replace(outcome, certificate=Certificate(0.95, 128, 48, 48, mean, mean))

    found = measure_coverage("faint", FAINT.draw, 20, Boastful())
    assert found.wrong > 2 * found.allowed
    assert not found.passed


def test_a_strategy_without_certificate_is_refused():
    class Silent(HalvingCertify):
        def run(self, *args, **kwargs):
            return Halving().run(*args, **kwargs)

    with pytest.raises(ValueError, match="no certificate"):
        measure_coverage("x", Synthetic("x", 0.5, **SIZE).draw, 1, Silent())
