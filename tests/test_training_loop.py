"""The training loop: resuming, spreading over processes, stopping at nonsense, reporting."""

import logging
import math
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from painter_kit.errors import InputError, PainterKitError
from painter_kit.model.painter import Painter
from painter_kit.training.loop import Trainer
from painter_kit.training.recipe import OptimSettings, TrainSettings
from painter_kit.training.state import STATE_FILE, load_state, save_state
from painter_kit.types import SilentReporter
from tests.training_toys import SETTINGS, TINY, Flat, flat_batches


class Kept(SilentReporter):
    def __init__(self) -> None:
        self.series: list[tuple[int, dict[str, float]]] = []

    def metrics(self, values, step=None) -> None:
        self.series.append((step, dict(values)))


def trainer(out: Path, settings: TrainSettings = SETTINGS, source: Flat | None = None, **options):
    torch.manual_seed(settings.seed)
    return Trainer(TINY.build(), flat_batches(settings, source), settings, out, **options)


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    left, right = a.state_dict(), b.state_dict()
    return all(torch.equal(left[k], right[k]) for k in left)


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_a_resumed_run_ends_bit_for_bit_where_a_straight_one_does(tmp_path: Path, name: str):
    settings = replace(SETTINGS, optim=replace(SETTINGS.optim, name=name))
    straight = trainer(tmp_path / "a", settings)
    start = {k: v.clone() for k, v in straight.model.state_dict().items()}
    straight.run()
    first = trainer(tmp_path / "b", settings)
    first.run(until=2)
    torch.manual_seed(99)  # what else drew random numbers does not matter
    resumed = Trainer(TINY.build(), flat_batches(settings), settings, tmp_path / "b")
    resumed.resume()
    assert resumed.iteration == 2
    assert resumed.seconds == pytest.approx(first.seconds)
    resumed.run()
    assert same(straight.model, resumed.model)
    assert same(straight.best_model, resumed.best_model)
    assert not same(straight.model, straight.best_model)
    assert any(not torch.equal(start[k], v) for k, v in straight.model.state_dict().items())
    assert resumed.seconds > first.seconds


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_a_resumed_run_takes_the_rate_that_it_is_given(tmp_path: Path, name: str):
    """What to do about updates that are not finite; decay and betas are those of the state."""
    optim = replace(SETTINGS.optim, name=name, schedule="linear", layer_decay=0.5)
    settings = replace(SETTINGS, optim=optim)
    trainer(tmp_path, settings).run(until=2)
    lower = replace(optim, lr=optim.lr / 8, weight_decay=0.7)
    resumed = trainer(tmp_path, replace(settings, optim=lower))
    resumed.resume()
    resumed.step(resumed.batches())
    groups = resumed.optimizer.param_groups
    assert all(g["lr"] / g["lr_scale"] == pytest.approx(optim.lr / 8) for g in groups)
    assert len({g["lr"] for g in groups}) > 1
    assert 0.7 not in {g["weight_decay"] for g in groups}


def test_without_averaging_the_model_itself_is_kept(tmp_path: Path):
    run = trainer(tmp_path, replace(SETTINGS, ema=0.0, iterations=1))
    run.run()
    assert run.best_model is run.model
    assert load_state(tmp_path)["ema"] is None


def test_accumulation_equals_one_large_batch(tmp_path: Path):
    """Gradients, not weights: Adam makes full steps even of gradients that are rounding errors."""
    gradients = []
    for batch, accumulate in ((4, 1), (2, 2)):
        torch.manual_seed(0)
        spread = replace(SETTINGS, iterations=1, batch=batch, accumulate=accumulate)
        model = replace(TINY, drop_path_rate=0.0).build()
        # Equal weights and masks of equal size: the means of the halves average to the mean.
        Trainer(model, flat_batches(spread), spread, tmp_path / str(batch)).run()
        gradients.append({name: p.grad for name, p in model.named_parameters()})
    for name, one in gradients[0].items():
        scale = float(one.abs().max())
        assert scale > 0, name
        torch.testing.assert_close(gradients[1][name], one, rtol=0, atol=1e-4 * scale)


def test_the_loss_falls(tmp_path: Path):
    kept = Kept()
    settings = replace(
        SETTINGS,
        iterations=60,
        batch=8,
        log_every=10,
        save_every=1000,
        optim=OptimSettings(lr=3e-3, warmup=0.1),
    )
    trainer(tmp_path, settings, reporter=kept).run()
    assert kept.series[-1][1]["loss/all"] < 0.9 * kept.series[0][1]["loss/all"]


def test_reports_loss_per_task_rate_and_speed(tmp_path: Path):
    kept = Kept()
    trainer(tmp_path, reporter=kept).run()
    assert [step for step, _ in kept.series] == [2, 4]
    for _, values in kept.series:
        assert values.keys() == {
            *("loss/invert", "loss/red", "loss/all"),
            *("train/lr", "train/samples_per_s", "train/grad_norm"),
            *("train/step_seconds", "train/data_seconds"),
            "health/skipped_updates",  # nothing varies inside the patches of the toy
        }
        assert all(math.isfinite(v) for v in values.values())
        mean = (values["loss/invert"] + values["loss/red"]) / 2
        assert values["loss/all"] == pytest.approx(mean)


def test_off_a_terminal_progress_is_lines(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, logger="painter_kit"):
        trainer(tmp_path).run()
    lines = [r.getMessage() for r in caplog.records]
    assert lines[0].startswith("iteration 2/4: loss ")
    assert "samples/s" in lines[0]
    assert lines[-1].startswith("iteration 4/4: ")
    assert lines[-1].endswith(" 0 s left")


def test_who_looks_at_the_weights_does_not_disturb(tmp_path: Path):
    seen: list[int] = []

    def look(model: Painter, iteration: int) -> None:
        seen.append(iteration)
        model.eval()

    settings = replace(SETTINGS, ema=0.0)
    watched = trainer(tmp_path / "a", settings, on_save=look)
    watched.run()
    alone = trainer(tmp_path / "b", settings)
    alone.run()
    assert seen == [2, 4]
    assert same(watched.model, alone.model)


def gradients(settings: TrainSettings, out: Path, config=TINY) -> dict[str, torch.Tensor]:
    """Of the first update."""
    torch.manual_seed(0)
    run = Trainer(config.build(), flat_batches(settings), settings, out)
    run.step(run.batches())
    return {name: p.grad for name, p in run.model.named_parameters() if p.grad is not None}


def test_blocks_computed_again_give_the_same_gradients(tmp_path: Path):
    """Dropped paths included: the second computation draws the same numbers."""
    kept = gradients(SETTINGS, tmp_path / "a")
    again = gradients(replace(SETTINGS, checkpoint_blocks=True), tmp_path / "b")
    assert kept.keys() == again.keys()
    for name, value in kept.items():
        torch.testing.assert_close(again[name], value, rtol=1e-5, atol=1e-7)


def test_a_compiled_model_trains_alike_and_keeps_its_names(tmp_path: Path):
    config = replace(TINY, drop_path_rate=0.0)
    plain = gradients(SETTINGS, tmp_path / "a", config)
    compiled = gradients(replace(SETTINGS, compile="eager"), tmp_path / "b", config)
    assert plain.keys() == compiled.keys()
    for name, value in plain.items():
        torch.testing.assert_close(compiled[name], value, rtol=1e-3, atol=1e-6)


def test_workers_change_nothing(tmp_path: Path):
    alone, helped = trainer(tmp_path / "a"), trainer(tmp_path / "b", replace(SETTINGS, workers=2))
    alone.run()
    helped.run()
    assert same(alone.model, helped.model)


def test_fp16_scales_its_loss_and_resumes_with_its_scale(tmp_path: Path):
    settings = replace(SETTINGS, precision="fp16")
    first = trainer(tmp_path, settings)
    first.run(until=2)
    state = load_state(tmp_path)
    assert state["scaler"]["scale"] == first.scaler.get_scale() > 1000
    state["scaler"]["scale"] = 8.0
    save_state(tmp_path, state)
    resumed = trainer(tmp_path, settings)
    resumed.resume()
    resumed.run()
    assert resumed.scaler.get_scale() == 8
    assert all(torch.isfinite(p).all() for p in resumed.model.parameters())


def test_updates_that_are_not_finite_may_be_left_out(tmp_path: Path, caplog):
    source, kept = Flat(bad_after=3 * SETTINGS.batch), Kept()
    settings = replace(SETTINGS, iterations=5, skips=2)
    run = trainer(tmp_path, settings, source, reporter=kept)
    run.run()
    assert sum(values["health/skipped_updates"] for _, values in kept.series) == 2
    assert "update 4 is not finite and was left out" in caplog.text
    assert all(torch.isfinite(p).all() for p in run.model.parameters())
    strict = trainer(tmp_path / "b", replace(settings, skips=1), source)
    with pytest.raises(PainterKitError, match="not finite at iteration 4"):
        strict.run()


class Interrupting(Flat):
    """A source at whose sample ``at`` this process is told to end."""

    at = 4

    def episode(self, index: int):
        if index == self.at:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().episode(index)


def test_sigterm_saves_after_the_update_and_the_run_can_go_on(tmp_path: Path, caplog):
    straight = trainer(tmp_path / "a")
    straight.run()
    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path / "b", replace(SETTINGS, save_every=100), Interrupting()).run()
    assert "stopped by SIGTERM at iteration 3; saved in" in caplog.text
    assert load_state(tmp_path / "b")["iteration"] == 3
    resumed = trainer(tmp_path / "b")
    resumed.resume()
    resumed.run()
    assert same(straight.model, resumed.model)


def test_the_state_of_another_model_is_named(tmp_path: Path):
    trainer(tmp_path).run(until=2)
    other = Trainer(replace(TINY, embed_dim=8).build(), flat_batches(), SETTINGS, tmp_path)
    with pytest.raises(InputError, match="of another model or recipe"):
        other.resume()


@pytest.mark.parametrize(
    "change",
    [
        {"iteration": None},
        {"iteration": float("inf")},
        {"optimizer": []},
        {"model": 7},
        {"seconds": "long"},
        {"scaler": {"own": 1}},
    ],
)
def test_a_changed_state_is_named(change: dict, tmp_path: Path):
    first = trainer(tmp_path)
    first.save()
    save_state(tmp_path, {**load_state(tmp_path), **change})
    again = trainer(tmp_path)
    if "scaler" in change and not again.scaler.is_enabled():
        pytest.skip("no scaler here")
    with pytest.raises(InputError, match="of another model or recipe"):
        again.resume()


def test_a_run_goes_on_with_other_samples_per_update(tmp_path: Path):
    """No sample is trained on twice or left out: they are counted, not the updates."""
    trainer(tmp_path).run(until=2)
    wide = trainer(tmp_path, replace(SETTINGS, batch=3))
    wide.resume()
    assert wide.samples == 4
    assert next(wide._numbers()) == range(4, 7)


def test_flat_outputs_are_warned_of_once_the_run_is_under_way(tmp_path: Path, caplog):
    class Varied(Flat):
        def episode(self, index: int):
            rng = np.random.default_rng(index)
            targets = rng.integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
            return replace(super().episode(index), targets=targets)

    optim = replace(SETTINGS.optim, lr=1e-12)
    settings = replace(SETTINGS, iterations=10, log_every=1, save_every=10, optim=optim)
    run = trainer(tmp_path, settings, Varied())
    torch.nn.init.zeros_(run.model.decoder_pred[-1].weight)
    run.run()
    lines = [r.getMessage() for r in caplog.records if "one flat colour" in r.getMessage()]
    assert len(lines) == 9  # not in the first fifth


def test_a_loss_that_is_not_finite_stops_and_the_last_state_stays(tmp_path: Path):
    run = trainer(tmp_path, source=Flat(bad_after=3 * SETTINGS.batch))
    with pytest.raises(PainterKitError, match=r"not finite at iteration 3; lower optim\.lr"):
        run.run()
    state = load_state(tmp_path)
    assert state["iteration"] == 2
    assert all(torch.isfinite(v).all() for v in state["model"].values())
    assert {p.name for p in tmp_path.iterdir()} == {STATE_FILE}
