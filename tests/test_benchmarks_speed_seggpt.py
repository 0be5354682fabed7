"""The same network in transformers: outputs where it is installed."""

import pytest

from benchmarks.speed.contest import SEGGPT, available, make_case, run_rounds
from tests.speed_toys import SMALL


def test_their_network_paints_what_ours_does():
    pytest.importorskip("transformers", reason="not a dependency")
    results = run_rounds(available(make_case(SMALL, 2)), 1)
    assert results[SEGGPT].difference < 1e-5
