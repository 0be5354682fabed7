"""Learning: the loss falls, the weights stay, the prompt stays a picture, select chooses."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.evaluate import primary
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Pair, SilentReporter
from prompt_search.candidates import make_candidates
from prompt_tuning.starts import make_start
from prompt_tuning.tune import TuneConfig, learn
from tests.tuning_toys import INVERT, SPEC, judge, painter, splits

CONFIG = TuneConfig(steps=12, batch=6, rate=0.05, evaluate_every=5)


class Kept(SilentReporter):
    def __init__(self) -> None:
        self.series: dict[str, list[int]] = {}

    def metrics(self, values, step=None) -> None:
        for name in values:
            self.series.setdefault(name, []).append(step)

    def image(self, key, image, step=None) -> None:
        assert image.dtype == np.uint8
        self.series.setdefault(key, []).append(step)


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory):
    model, cut = painter(), splits()
    judging = judge(model, tmp_path_factory.mktemp("store"))
    return model, judging, make_candidates(INVERT, SPEC, cut.pool), cut.select


@pytest.fixture(scope="module")
def tuned(setting):
    model, judging, candidates, select = setting
    before = {k: v.clone() for k, v in model.state_dict().items()}
    kept = Kept()
    start = make_start("grey", candidates, 0)
    learned = learn(model, judging, candidates, select, start, CONFIG, kept, quiet=True)
    return learned, before, kept, start


def test_the_loss_falls(tuned):
    losses = tuned[0].losses
    assert len(losses) == 12
    assert np.mean(losses[-3:]) < np.mean(losses[:3])


def test_no_weight_changes_and_none_stays_frozen(setting, tuned):
    model = setting[0]
    assert all(torch.equal(tuned[1][k], v) for k, v in model.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in model.parameters())


def test_snapshots_are_what_a_png_holds(setting, tuned, tmp_path: Path):
    _, judging, _, select = setting
    learned, _, _, start = tuned
    assert [s.step for s in learned.snapshots] == [0, 5, 10, 12]
    assert learned.snapshots[0].prompt is start
    for snapshot in learned.snapshots[1:]:
        snapshot.prompt.save(tmp_path / "p")
        read = Prompt.load(tmp_path / "p")
        assert read.digest == snapshot.prompt.digest
        records = judging.records(read, select)
        assert primary(INVERT, SPEC, records) == snapshot.select
        assert snapshot.prompt.kind == "learned"
        assert snapshot.prompt.pair.image.dtype == np.uint8


def test_both_pictures_are_learned(tuned):
    learned, _, _, start = tuned
    pair = learned.best.prompt.pair
    assert (pair.image != start.pair.image).any()
    assert (pair.target != start.pair.target).any()
    assert learned.best.prompt.provenance["start"]["digest"] == start.digest


def test_the_best_learned_snapshot_wins_never_the_start(tuned):
    learned = tuned[0]
    assert learned.best in learned.snapshots[1:]
    assert learned.best.select == min(s.select for s in learned.snapshots[1:])


def test_reports_series(tuned):
    series = tuned[2].series
    assert series["tune/loss"] == list(range(1, 13))
    for name in ("tune/select_error", "prompt_input", "prompt_target"):
        assert series[name] == [5, 10, 12]


def test_series_of_a_part_bear_its_name(setting):
    model, judging, candidates, select = setting
    kept, config = Kept(), replace(CONFIG, steps=1)
    start = make_start("grey", candidates, 0)
    learn(model, judging, candidates, select, start, config, kept, quiet=True, part="things")
    assert set(kept.series) == {
        *("tune/things/loss", "tune/things/select_error"),
        *("things_prompt_input", "things_prompt_target"),
    }


def test_is_repeatable(setting, tuned):
    model, judging, candidates, select = setting
    again = learn(model, judging, candidates, select, tuned[3], CONFIG, quiet=True)
    assert again.losses == tuned[0].losses
    assert again.best.prompt.digest == tuned[0].best.prompt.digest


def test_a_black_prompt_can_be_learned_from(setting):
    model, judging, candidates, select = setting
    black = np.zeros((16, 16, 3), np.uint8)
    start = Prompt(Pair(black, black, SPEC.coding), "toy")
    config = replace(CONFIG, steps=3)
    learned = learn(model, judging, candidates, select, start, config, quiet=True)
    assert learned.best.prompt.pair.image.any()
    assert learned.best.prompt.pair.target.any()


def test_a_loss_that_is_not_finite_stops(setting):
    model, judging, candidates, select = setting
    start = make_start("grey", candidates, 0)
    original = model.loss
    token = model.mask_token.detach().clone()
    learned = None
    try:
        judging.records(start, select)
        with torch.no_grad():
            model.mask_token.fill_(math.nan)
        with pytest.raises(PainterKitError, match="not finite at step 1; lower --rate"):
            learned = learn(model, judging, candidates, select, start, CONFIG, quiet=True)
    finally:
        with torch.no_grad():
            model.mask_token.copy_(token)
    assert learned is None
    assert model.loss == original
    assert all(p.requires_grad for p in model.parameters())


def test_a_weight_that_changes_voids_the_result(setting):
    model, judging, candidates, select = setting

    class Meddler(SilentReporter):
        def metrics(self, values, step=None) -> None:
            with torch.no_grad():
                model.norm.bias += 1e-4

    bias = model.norm.bias.detach().clone()
    start, config = make_start("grey", candidates, 0), replace(CONFIG, steps=1)
    with pytest.raises(PainterKitError, match="a weight of the model changed"):
        learn(model, judging, candidates, select, start, config, Meddler(), quiet=True)
    with torch.no_grad():
        model.norm.bias.copy_(bias)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("steps", 0), ("batch", 0), ("evaluate_every", 0), ("panel", 1), ("resamples", 99)),
        *(("rate", 0.0), ("clip", -1.0), ("warmup", 1.0)),
    ],
)
def test_settings_outside_their_range_are_named(name: str, value: float):
    with pytest.raises(InputError, match=f"{name} of tuning must be .*{value}"):
        TuneConfig(**{name: value})
