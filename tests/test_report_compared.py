"""Paired comparison against the gain computed by hand from the Records, and refusals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.loaded import loaded
from painter_kit.report.compared import (
    check_alike,
    compare_runs,
    measured,
    spec_changes,
    tasks_of,
)
from painter_kit.report.source import Access
from painter_kit.types import Example, Subset
from tests import report_toys

made = report_toys.made


def test_the_difference_is_that_of_the_results(made: report_toys.Made):
    one, other = made.run("one"), made.run("other")
    (pairing,) = compare_runs([one, other], made.access, resamples=200)
    told = pairing.to_json()
    values = [run.rows[0]["metrics"]["rmse"]["value"] for run in (one, other)]
    assert (told["baseline_value"], told["run_value"]) == pytest.approx(tuple(values))
    assert told["difference"] == pytest.approx(values[0] - values[1])  # less is better
    assert told["ci_low"] <= told["difference"] <= told["ci_high"]
    assert (told["n"], told["split"], told["p_holm"]) == (one.rows[0]["n"], "test", told["p_value"])
    (back,) = compare_runs([other, one], made.access, resamples=200)
    assert back.comparison.gain.value == pytest.approx(-told["difference"])


def test_against_itself_there_is_no_difference(made: report_toys.Made):
    run = made.run("one")
    (pairing,) = compare_runs([run, run], made.access, resamples=100)
    gain = pairing.comparison.gain
    assert (gain.value, gain.ci_low, gain.ci_high, gain.p_value) == (0, 0, 0, 1)
    assert pairing.verdict == "no evidence of a difference"


def test_more_comparisons_are_adjusted_for(made: report_toys.Made):
    one, other = made.run("one"), made.run("other")
    pairings = compare_runs([one, other, other], made.access, resamples=100)
    p_value = pairings[0].comparison.gain.p_value
    assert [p.p_holm for p in pairings] == pytest.approx([min(1, 2 * p_value)] * 2)


def test_verdict_needs_interval_and_adjusted_p(made: report_toys.Made):
    (pairing,) = compare_runs([made.run("one"), made.run("other")], made.access, resamples=100)

    def verdict(low: float, high: float, p_holm: float) -> str:
        gain = replace(pairing.comparison.gain, ci_low=low, ci_high=high)
        changed = replace(pairing.comparison, gain=gain)
        return replace(pairing, comparison=changed, p_holm=p_holm).verdict

    assert verdict(0.1, 0.2, 0.01) == "better"
    assert verdict(-0.2, -0.1, 0.01) == "worse"
    assert verdict(0.1, 0.2, 0.06) == "no evidence of a difference"
    assert verdict(-0.1, 0.2, 0.01) == "no evidence of a difference"


def test_searches_and_tunings_count_with_confirm(made: report_toys.Made):
    (pairing,) = compare_runs([made.run("search"), made.run("tuned")], made.access, resamples=100)
    told = pairing.to_json()
    assert told["split"] == "confirm"
    assert told["baseline_value"] == pytest.approx(made.run("search").rows[0]["winner"]["confirm"])
    assert told["run_value"] == pytest.approx(made.run("tuned").rows[0]["winner"]["confirm"])
    with pytest.raises(InputError, match="confirm and test; use one split"):
        compare_runs([made.run("search"), made.run("one")], made.access)


def test_refuses_what_does_not_match(made: report_toys.Made):
    one = measured(made.run("one"), "depth", made.access)
    assert primary(one.source.task, one.source.spec, one.records) > 0

    def refused(**changes: object) -> str:
        with pytest.raises(InputError) as caught:
            check_alike(one, replace(one, **changes))
        return str(caught.value)

    some = loaded(Subset(one.examples, tuple(range(len(one.examples) - 1))))
    assert "pictures; measure both on the same" in refused(examples=some)
    first = one.examples[0]
    changed = Example(first.id, first.group, first.image ^ np.uint8(1), first.truth)

    class Changed:
        ids, groups = one.examples.ids, one.examples.groups

        def __len__(self) -> int:
            return len(one.examples)

        def __getitem__(self, index: int) -> Example:
            return changed if index == 0 else one.examples[index]

    assert f"the first is {first.id}" in refused(examples=loaded(Changed()))  # pyright: ignore
    spec = replace(one.source.spec, output_resize="nearest")
    assert "output_resize: bilinear and nearest" in refused(source=replace(one.source, spec=spec))
    assert list(spec_changes(one.source.spec, spec)) == ["output_resize"]
    assert spec_changes(spec, spec) == {}


def test_refuses_without_a_common_task_and_without_records(made: report_toys.Made, tmp_path: Path):
    one = made.run("one")
    other = replace(one, result={**one.result, "task": "semantic"})
    assert tasks_of(other) == ["semantic"]
    with pytest.raises(InputError, match="no task in common"):
        compare_runs([one, other], made.access)
    with pytest.raises(InputError, match="give --store"):
        compare_runs([one, one], Access(store=tmp_path))
    demo = replace(one, verb="demo")
    with pytest.raises(InputError, match="evaluate them one by one"):
        compare_runs([demo, demo], made.access)
