from dataclasses import replace

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation import intervals
from painter_kit.evaluation.intervals import (
    Interval,
    bootstrap,
    finite_var,
    interval,
    metric_intervals,
    sign_flip,
)
from painter_kit.types import Record
from tests.toys import SPEC, TOY


def records(errors: np.ndarray, strata: list[str] | None = None) -> list[Record]:
    names = strata or [""] * len(errors)
    return [Record(np.array([1.0, e, e**2]), s) for e, s in zip(errors, names, strict=True)]


def names(count: int, per_group: int = 1) -> list[str]:
    return [f"g{i // per_group}" for i in range(count)]


def test_draws_are_what_lists_of_records_give():
    """Weighted sums and repeated lists are two ways to the same resamples."""
    errors = np.random.default_rng(0).normal(1, 0.3, (3, 20))
    rows, groups = [records(e) for e in errors], names(20, per_group=2)
    summed = bootstrap(TOY, SPEC, rows, groups, seed=4, resamples=50)
    listed = bootstrap(
        TOY, SPEC, [[replace(r, payload=b"x") for r in row] for row in rows], groups, 4, 50
    )
    for metric in ("error", "square"):
        assert summed.draws[metric] == pytest.approx(listed.draws[metric], rel=1e-12)
    assert summed.draws["error"].shape == (50, 3)
    assert summed.values["error"] == pytest.approx(errors.mean(1))
    assert summed.groups == 10


def test_a_task_that_weights_records_draws_the_same_at_once(monkeypatch):
    """Also with more pictures than are drawn in one go."""

    def weighted(rows, weights, spec):
        sums = weights @ np.array([r.values for r in rows])
        return {"error": sums[:, 1] / sums[:, 0], "square": sums[:, 2] / sums[:, 0]}

    errors = np.random.default_rng(0).normal(1, 0.3, (3, 20))
    rows = [[replace(r, payload=b"x") for r in records(e)] for e in errors]
    groups = names(20, per_group=2)
    listed = bootstrap(TOY, SPEC, rows, groups, seed=4, resamples=50)
    monkeypatch.setattr(intervals, "_CHUNK", 1400)  # seven resamples at a time
    task = replace(TOY, summarise_resamples=weighted)
    at_once = bootstrap(task, SPEC, rows, groups, seed=4, resamples=50)
    for metric in ("error", "square"):
        assert at_once.draws[metric].shape == (50, 3)
        assert at_once.draws[metric] == pytest.approx(listed.draws[metric], rel=1e-12)


def test_lists_are_resampled_a_thousand_times_at_most():
    rows = [[replace(r, payload=b"x") for r in records(np.arange(4.0))]]
    assert len(bootstrap(TOY, SPEC, rows, names(4), 0).draws["error"]) == 1000


def test_strata_are_averaged_in_every_resample():
    def stratified(rows, spec):
        strata = {r.stratum for r in rows}
        parts = [[r for r in rows if r.stratum == s] for s in strata]
        return {"error": float(np.mean([TOY.summarise(p, spec)["error"] for p in parts]))}

    task = replace(TOY, summarise=stratified)
    errors = np.r_[np.zeros(30), np.ones(10)]
    rows = [records(errors, ["easy"] * 30 + ["hard"] * 10)]
    boot = bootstrap(task, SPEC, rows, names(40), seed=0, resamples=200)
    assert boot.values["error"] == pytest.approx([0.5])
    assert boot.draws["error"] == pytest.approx(np.full((200, 1), 0.5))


def test_a_stratum_may_be_absent_from_a_resample():
    task = replace(TOY, summarise=lambda rows, spec: {"strata": float(len(rows))})
    rows = [records(np.ones(3), ["a", "a", "b"])]
    draws = bootstrap(task, SPEC, rows, names(3), seed=0, resamples=300).draws["strata"]
    assert set(draws[:, 0]) == {1.0, 2.0}


def test_resamples_without_truth_are_left_out():
    def fussy(rows, spec):
        if sum(r.values[0] for r in rows) == 0:
            raise InputError("no truth")
        return TOY.summarise(rows, spec)

    rows = [[Record(np.zeros(3)), *records(np.array([0.5, 0.7]))]]
    boot = bootstrap(replace(TOY, summarise=fussy), SPEC, rows, names(3), seed=0, resamples=500)
    share = np.isnan(boot.draws["error"]).mean()
    assert 0.005 < share < 0.1  # 1/27 expected
    found = metric_intervals(replace(TOY, summarise=fussy), SPEC, rows[0], names(3), 0)["error"]
    assert np.isfinite([found.low, found.high]).all()


def test_same_seed_same_draws():
    rows = [records(np.random.default_rng(0).random(9))]
    one, two, other = (
        bootstrap(TOY, SPEC, rows, names(9), s, 20).draws["error"] for s in (1, 1, 2)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_missing_records_are_refused():
    with pytest.raises(ValueError, match="one record per image"):
        bootstrap(TOY, SPEC, [records(np.ones(3))], names(4), 0)
    with pytest.raises(ValueError, match="one record per image"):
        bootstrap(TOY, SPEC, [], [], 0)


@pytest.mark.parametrize(("images", "per_group"), [(40, 1), (12, 1), (60, 4), (3, 1)])
def test_intervals_of_a_mean_cover(images: int, per_group: int):
    """About 95 % of intervals hold the true mean, with few groups and with clustered images."""
    rng, hits, trials = np.random.default_rng(7), 0, 200
    for trial in range(trials):
        shared = np.repeat(rng.normal(0, 1, images // per_group), per_group)
        errors = 5 + shared + rng.normal(0, 0.5, images)
        found = metric_intervals(
            TOY, SPEC, records(errors), names(images, per_group), trial, resamples=600
        )["error"]
        hits += found.low <= 5 <= found.high
    assert 0.91 <= hits / trials <= 0.99


def test_groups_widen_the_interval():
    errors = np.repeat(np.random.default_rng(0).normal(0, 1, 20), 5)
    widths = []
    for per_group in (1, 5):
        found = metric_intervals(TOY, SPEC, records(errors), names(100, per_group), 0)["error"]
        widths.append(found.high - found.low)
    assert widths[1] > 1.8 * widths[0]


def test_interval_of_a_known_distribution():
    draws = np.random.default_rng(0).normal(0, 1, 20_000)
    found = interval(0.0, draws, [(1.0, 10_000)])
    assert (found.low, found.high) == pytest.approx((-1.96, 1.96), abs=0.06)
    few = interval(0.0, draws, [(1.0, 10)])
    assert few.high == pytest.approx(2.262 * np.sqrt(10 / 9), abs=0.1)
    two = interval(0.0, draws, [(1.0, 2)])
    assert two.high == pytest.approx(12.706 * np.sqrt(2), rel=0.02)


def test_degrees_of_freedom_come_from_what_matters():
    """With two sources the many units of the one that matters count."""
    draws = np.random.default_rng(0).normal(0, 1, 20_000)
    many = interval(0.0, draws, [(0.999, 400), (0.001, 4)])
    few = interval(0.0, draws, [(0.001, 400), (0.999, 4)])
    assert many.high == pytest.approx(1.96, abs=0.06)
    assert few.high > 3


def test_one_group_says_nothing_and_equal_images_say_all():
    one = metric_intervals(TOY, SPEC, records(np.array([1.0, 2.0])), ["g", "g"], 0)["error"]
    assert one.value == 1.5
    assert np.isnan([one.low, one.high]).all()
    assert one.to_json() == {"value": 1.5, "ci_low": None, "ci_high": None}
    equal = metric_intervals(TOY, SPEC, records(np.full(4, 0.5)), names(4), 0)["error"]
    assert equal == Interval(0.5, 0.5, 0.5)


def test_variance_of_finite_draws():
    assert finite_var(np.array([1.0, np.nan, 3.0])) == 2
    assert finite_var(np.array([np.nan, 3.0])) == 0


def test_sign_flip_is_uniform_without_a_difference():
    rng = np.random.default_rng(0)
    values = [sign_flip(rng.normal(0, 1, 30), names(30), s, flips=200) for s in range(400)]
    assert 0.02 <= np.mean(np.array(values) <= 0.05) <= 0.08
    assert np.mean(values) == pytest.approx(0.5, abs=0.05)


def test_sign_flip_finds_a_difference_and_respects_groups():
    differences = np.random.default_rng(0).normal(1, 1, 40)
    assert sign_flip(differences, names(40), 0) < 0.001
    # 4 groups have 16 sign patterns, 2 of them as extreme as the data
    assert sign_flip(np.ones(40), names(40, per_group=10), 0) == pytest.approx(2 / 16, abs=0.02)


def test_sign_flip_of_nothing():
    assert sign_flip(np.zeros(5), names(5), 0) == 1
