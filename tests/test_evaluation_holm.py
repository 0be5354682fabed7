import pytest
from hypothesis import given
from hypothesis import strategies as st

from painter_kit.evaluation.holm import holm


@pytest.mark.parametrize(
    ("given_values", "adjusted"),
    [
        # The second is what p.adjust(p, "holm") of R gives.
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),
        ([0.2], [0.2]),
        ([0.9, 0.8], [1.0, 1.0]),
        ([], []),
    ],
)
def test_known_tables(given_values: list[float], adjusted: list[float]):
    assert holm(given_values) == pytest.approx(adjusted)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.floats(0.001, 0.5))
def test_rejects_what_the_step_down_procedure_rejects(values: list[float], level: float):
    """Against the procedure as it is defined: from the smallest on, until one is too large."""
    rejected, order = set(), sorted(range(len(values)), key=lambda i: values[i])
    for step, index in enumerate(order):
        if values[index] * (len(values) - step) > level:
            break
        rejected.add(index)
    assert {i for i, p in enumerate(holm(values)) if p <= level} == rejected


@pytest.mark.parametrize("wrong", [1.5, -0.1, float("nan")])
def test_only_probabilities(wrong: float):
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, wrong])
