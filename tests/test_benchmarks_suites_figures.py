"""Best of k, gains and contrasts on Records whose figures are known."""

from itertools import combinations

import numpy as np
import pytest

from benchmarks.suites.figures import Questions, best_of, best_weights, figures, sizes
from painter_kit.data.specs import foreground_spec
from painter_kit.tasks.base import get_task
from painter_kit.types import Record

TASK, SPEC = get_task("foreground"), foreground_spec("toys")


def record(hits: float, size: float = 100.0) -> Record:
    """A picture of 1000 pixels, ``size`` of foreground, of which ``hits`` are found."""
    return Record(np.array([1.0, 900, hits, 900, size, 900 + size - hits, hits]))


def rows(levels, count: int = 40, noise: float = 5.0, seed: int = 0) -> list[list[Record]]:
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, noise, count)
    return [[record(float(np.clip(v + s, 1, 99))) for s in shared] for v in levels]


def ask(**records) -> Questions:
    groups = [str(i) for i in range(40)]
    return Questions(TASK, SPEC, records, groups, [""] * 40, 0, 400)


def test_weights_are_those_of_all_subsets():
    for count, k in ((5, 1), (5, 2), (6, 4), (3, 3)):
        worst = [min(subset) for subset in combinations(range(count), k)]
        expected = np.bincount(worst, minlength=count) / len(worst)
        np.testing.assert_allclose(best_weights(count, k), expected)
    assert sizes(16) == [1, 2, 4, 8, 16]
    assert sizes(6) == [1, 2, 4, 6]


def test_best_of_k_rises_where_prompts_differ_and_not_by_luck():
    real = best_of(ask(random=rows([30, 40, 50, 60, 70, 80])))
    assert real[1].value == pytest.approx(0.55, abs=0.02)
    assert real[6].value == pytest.approx(0.80, abs=0.02)
    rng = np.random.default_rng(2)
    noise = [[record(float(v)) for v in rng.uniform(20, 80, 40)] for _ in range(8)]
    alike = best_of(ask(random=noise))
    # Chosen and measured on the same pictures, the best of 8 equal prompts would gain by luck.
    lucky = max(TASK.summarise(row, SPEC)["iou"] for row in noise)
    assert alike[8].value < lucky
    assert alike[8].low < alike[1].value < alike[8].high


def test_means_gains_and_contrasts():
    asked = ask(
        random=rows([50, 60, 70, 60]),
        blank=rows([20, 30]),
        searched=rows([75]),
        learned=rows([80]),
    )
    found = figures(asked, ["blank"], {})
    assert found.kinds["random"].value == pytest.approx(0.60, abs=0.02)
    # Controls stand beside the random prompts of the same number: 50 - 20 and 60 - 30.
    assert found.over["blank"].value == pytest.approx(0.30, abs=0.01)
    assert found.over["blank"].low > 0.2
    assert found.over["searched"].value == pytest.approx(0.15, abs=0.01)
    assert found.over["learned over searched"].value == pytest.approx(0.05, abs=0.01)
    assert found.over["learned over searched"].low > 0
    assert found.prompts == {"random": 4, "blank": 2, "searched": 1, "learned": 1}
    assert found.panel is not None
    assert found.values[found.median] == pytest.approx(0.60, abs=0.02)


def test_gain_is_that_of_the_library():
    from painter_kit.evaluation.gain import compare
    from painter_kit.types import sum_records

    asked = ask(random=rows([50, 60, 70]), searched=rows([75]))
    found = figures(asked, [], {})
    panel = asked.records["random"]
    reference = sum_records([r for row in panel for r in row])
    expected = compare(
        TASK, SPEC, asked.records["searched"][0], panel, asked.groups, reference, resamples=400
    )
    gain = found.over["searched"]
    assert (gain.value, gain.low) == pytest.approx((expected.gain.value, expected.gain.ci_low))


def test_of_errors_less_is_better():
    from painter_kit.data.specs import depth_spec

    depth, spec = get_task("depth"), depth_spec("toys")
    rng = np.random.default_rng(0)
    truths = [{"depth_m": rng.uniform(2, 3, (4, 4)).astype(np.float32)} for _ in range(8)]

    def off(by: float) -> list[Record]:
        return [depth.measure(t["depth_m"] + by, t, spec) for t in truths]

    groups = [str(i) for i in range(8)]
    records = {
        "random": [off(0.2), off(0.3)],
        "blank": [off(1.0), off(1.0)],
        "searched": [off(0.1)],
    }
    found = figures(Questions(depth, spec, records, groups, [""] * 8, 0, 100), ["blank"], {})
    assert found.over["blank"].value == pytest.approx(0.75, abs=1e-3)
    assert found.over["searched"].value == pytest.approx(0.15, abs=1e-3)


def test_one_prompt_has_no_spread_and_few_groups_no_curve():
    found = figures(ask(random=rows([50])), [], {})
    assert found.panel is None
    assert found.best_of == {}
    few = Questions(TASK, SPEC, {"random": rows([50, 60], 3)}, ["a", "b", "c"], [""] * 3, 0, 100)
    assert best_of(few) == {}
