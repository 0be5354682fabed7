"""The peak that shares are of."""

from benchmarks.speed.peak import matmul_peak


def test_a_large_product_is_no_slower_than_a_tiny_one():
    tiny, large = matmul_peak(3, side=4), matmul_peak(3, side=256)
    assert 1e6 < tiny < large
