import json
from dataclasses import replace

import numpy as np
import pytest

from painter_kit.evaluation.gain import Gain, compare, plain_gain
from painter_kit.types import Record, sum_records
from tests.toys import SPEC, TOY

MORE = replace(SPEC, direction="max")


def records(errors: np.ndarray) -> list[Record]:
    return [Record(np.array([1.0, e, e**2])) for e in errors]


def names(count: int) -> list[str]:
    return [f"g{i}" for i in range(count)]


def simulate(rng: np.random.Generator, gain: float, panel=16, images=50, prompt_sd=0.1):
    """Errors of a winner that is ``gain`` below the mean of all prompts, and of a panel."""
    difficulty = rng.normal(2, 0.5, images)
    winner = difficulty - gain + rng.normal(0, 0.2, images)
    effects = rng.normal(0, prompt_sd, (panel, 1))
    others = difficulty + effects + rng.normal(0, 0.2, (panel, images))
    return records(winner), [records(row) for row in others]


def run(ours, others, spec=SPEC, **options):
    options.setdefault("resamples", 2000)
    reference = sum_records([r for row in others for r in row])
    return compare(TOY, spec, ours, others, names(len(ours)), reference, **options)


@pytest.mark.parametrize(("prompt_sd", "images"), [(0.0, 40), (0.4, 8)])
def test_interval_covers_the_gain_over_all_prompts(prompt_sd: float, images: int):
    rng, hits, trials = np.random.default_rng(5), 0, 100
    for seed in range(trials):
        ours, others = simulate(rng, 0.3, panel=4, images=images, prompt_sd=prompt_sd)
        gain = run(ours, others, seed=seed, resamples=400).gain
        hits += gain.ci_low <= 0.3 <= gain.ci_high
    assert hits / trials >= 0.91  # the two-way bootstrap errs on the safe side


def test_no_difference_is_rarely_confirmed():
    rng = np.random.default_rng(6)
    gains = [
        run(*simulate(rng, 0, panel=4, images=30), seed=s, resamples=400).gain for s in range(60)
    ]
    assert np.mean([g.confirmed for g in gains]) <= 0.05
    assert all("no evidence of improvement" in g.sentence for g in gains if not g.confirmed)


def test_every_metric_has_both_values():
    """The primary one among them, and another that no choice was made by."""
    ours, others = simulate(np.random.default_rng(0), 0.5)
    found = run(ours, others)
    assert set(found.metrics) == {"error", "square"}
    assert found.metrics["error"] == (found.ours, found.baseline)
    mine, panel = found.metrics["square"]
    assert mine.value == pytest.approx(np.mean([r.values[2] for r in ours]))
    assert panel.value == pytest.approx(np.mean([r.values[2] for row in others for r in row]))
    assert mine.low < mine.value < mine.high
    assert panel.low < panel.value < panel.high


def test_a_clear_gain():
    found = run(*simulate(np.random.default_rng(0), 0.5), on_select=0.55)
    gain = found.gain
    assert gain.value == pytest.approx(0.5, abs=0.1)
    assert 0 < gain.ci_low < gain.value < gain.ci_high
    assert gain.confirmed
    assert gain.p_value < 0.001
    assert gain.optimism == pytest.approx(0.55 - gain.value)
    assert gain.sentence.startswith("gain in error +0.")
    assert "no evidence" not in gain.sentence


def test_sign_follows_the_direction():
    ours, others = simulate(np.random.default_rng(0), 0.5)
    less, more = run(ours, others), run(ours, others, MORE)
    assert more.gain.value == -less.gain.value
    assert (more.gain.ci_low, more.gain.ci_high) == pytest.approx(
        (-less.gain.ci_high, -less.gain.ci_low)
    )
    assert not more.gain.confirmed
    assert more.ours == less.ours


def test_values_are_in_the_metrics_own_direction():
    ours, others = simulate(np.random.default_rng(0), 0.5)
    found = run(ours, others)
    assert found.ours.value == pytest.approx(np.mean([r.values[1] for r in ours]))
    assert found.baseline.value == pytest.approx(
        np.mean([r.values[1] for row in others for r in row])
    )
    assert found.gain.value == pytest.approx(found.baseline.value - found.ours.value)
    assert found.gain.value == pytest.approx(plain_gain(TOY, SPEC, ours, others))
    for part in (found.ours, found.baseline):
        assert part.low < part.value < part.high


def test_pairing_on_images_pays():
    found = run(*simulate(np.random.default_rng(0), 0.1, prompt_sd=0.02))
    paired, alone = (
        x.ci_high - x.ci_low if isinstance(x, Gain) else x.high - x.low
        for x in (found.gain, found.ours)
    )
    assert paired < 0.55 * alone


def test_the_panel_itself_is_uncertain():
    """A panel of few, different prompts says less than the same values of many prompts."""
    rng = np.random.default_rng(0)
    ours, others = simulate(rng, 0.3, panel=4, prompt_sd=0.4)
    few, many = run(ours, others).gain, run(ours, others * 8).gain
    assert few.value == pytest.approx(many.value)
    assert few.ci_high - few.ci_low > 1.5 * (many.ci_high - many.ci_low)


def test_one_against_one_is_a_paired_comparison():
    ours, others = simulate(np.random.default_rng(0), 0.1, panel=1, prompt_sd=0)
    gain = run(ours, others).gain
    differences = np.array(
        [b.values[1] - a.values[1] for a, b in zip(ours, others[0], strict=True)]
    )
    half = 2.01 * differences.std(ddof=1) / np.sqrt(50)
    assert gain.value == pytest.approx(differences.mean())
    assert gain.ci_high - gain.ci_low == pytest.approx(2 * half, rel=0.1)
    assert gain.optimism is None


def test_a_prompt_against_itself():
    ours, _ = simulate(np.random.default_rng(0), 0)
    gain = run(ours, [ours, ours]).gain
    assert (gain.value, gain.ci_low, gain.ci_high, gain.p_value) == (0, 0, 0, 1)
    assert not gain.confirmed


def test_one_group_confirms_nothing():
    ours, others = simulate(np.random.default_rng(0), 0.5)
    reference = sum_records([r for row in others for r in row])
    gain = compare(TOY, SPEC, ours, others, ["g"] * 50, reference, resamples=200).gain
    assert not gain.confirmed
    assert gain.to_json()["ci_low"] is None


def test_json():
    fields = Gain(0.1, 0.05, 0.2, 0.01, True, 0.02, "rmse", "m").to_json()
    assert json.loads(json.dumps(fields)) == {
        "value": 0.1,
        "ci_low": 0.05,
        "ci_high": 0.2,
        "p_value": 0.01,
        "confirmed": True,
        "optimism": 0.02,
    }
