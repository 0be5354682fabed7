"""Peak memory of a forward."""

import pytest

from benchmarks.speed.contest import OURS
from benchmarks.speed.memory import _CLEAR, peak_of


@pytest.mark.skipif(not _CLEAR.exists(), reason="needs Linux")
def test_memory_is_what_the_forward_needs():
    assert 0 <= peak_of("world-tiny", 1, OURS) < 1e9
