import numpy as np
import pytest

from painter_kit.evaluation.panel import components, draw_panel, panel_stats


def test_panel_is_uniform_over_the_pool():
    ids = [f"c{i}" for i in range(20)]
    counts = np.bincount([i for seed in range(400) for i in draw_panel(ids, 5, seed)], minlength=20)
    assert counts.sum() == 2000
    assert np.abs(counts - 100).max() < 40


def test_panel_has_no_prompt_twice_and_fits_the_pool():
    ids = [f"c{i}" for i in range(20)]
    assert len(set(draw_panel(ids, 16, 0))) == 16
    assert sorted(draw_panel(ids[:3], 16, 0)) == [0, 1, 2]
    assert draw_panel(ids, 16, 0) == draw_panel(ids, 16, 0) != draw_panel(ids, 16, 1)


def test_statistics():
    panel = panel_stats(np.array([1.0, 2.0, 3.0, 4.0]))
    assert (panel.size, panel.mean) == (4, 2.5)
    assert panel.sd == pytest.approx(np.sqrt(5 / 3))
    # chi-square limits of 3 degrees of freedom: 0.2158 and 9.3484
    assert panel.sd_ci_low == pytest.approx(np.sqrt(5 / 9.3484), rel=1e-4)
    assert panel.sd_ci_high == pytest.approx(np.sqrt(5 / 0.215795), rel=1e-4)
    assert list(panel.to_json()) == ["size", "mean", "sd", "sd_ci_low", "sd_ci_high"]


def test_interval_of_the_deviation_covers():
    rng = np.random.default_rng(0)
    panels = [panel_stats(rng.normal(0, 2, 16)) for _ in range(1000)]
    share = np.mean([p.sd_ci_low <= 2 <= p.sd_ci_high for p in panels])
    assert 0.93 <= share <= 0.97


def simulate(rng: np.random.Generator, prompt_sd: float, prompts=16, images=60) -> np.ndarray:
    prompt = rng.normal(0, prompt_sd, (prompts, 1)) if prompt_sd else 0
    image = rng.normal(0, 0.5, (1, images))
    return 3 + prompt + image + rng.normal(0, 0.2, (prompts, images))


@pytest.mark.parametrize("prompt_sd", [0.1, 0.02, 0.0])
def test_components_are_recovered(prompt_sd: float):
    rng = np.random.default_rng(3)
    found = [components(simulate(rng, prompt_sd)) for _ in range(400)]
    assert np.mean([c.prompt_sd**2 for c in found]) == pytest.approx(prompt_sd**2, abs=8e-4)
    assert np.mean([c.image_sd**2 for c in found]) == pytest.approx(0.25, abs=0.01)
    assert np.mean([c.interaction_sd**2 for c in found]) == pytest.approx(0.04, abs=0.001)
    held = [c.prompt_sd_low <= prompt_sd <= c.prompt_sd_high for c in found]
    assert 0.92 <= np.mean(held) <= 1
    for size, name in ((0.5, "image_sd"), (0.2, "interaction_sd")):
        sides = [(getattr(c, f"{name}_low"), getattr(c, f"{name}_high")) for c in found]
        assert 0.92 <= np.mean([low <= size <= high for low, high in sides]) <= 0.98


def test_noise_that_makes_prompts_alike_by_chance_leaves_room_for_an_effect():
    """The upper limit is never far below the error of the prompts' means."""
    rng = np.random.default_rng(0)
    found = [components(simulate(rng, 0.0)) for _ in range(400)]
    error = 0.2 / np.sqrt(60)
    assert min(c.prompt_sd_high for c in found) > 0.8 * error
    assert np.mean([c.prompt_sd == 0 for c in found]) > 0.4


def test_interchangeable_prompts():
    found = components(np.tile(np.arange(5.0), (4, 1)))
    assert (found.prompt_sd, found.prompt_sd_high, found.interaction_sd) == (0, 0, 0)
    assert found.image_sd == pytest.approx(np.std(np.arange(5), ddof=1))


def test_too_small():
    with pytest.raises(ValueError, match="at least 2 prompts but got 1"):
        panel_stats(np.array([1.0]))
    with pytest.raises(ValueError, match=r"\(2, 2\) but got \(1, 5\)"):
        components(np.ones((1, 5)))
