"""Learning: the loss falls, the weights stay, the prompt stays a picture, select chooses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from painter_kit.errors import PainterKitError
from painter_kit.evaluation.evaluate import primary
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Pair, SilentReporter
from prompt_tuning.course import Lesson, Snapshot
from prompt_tuning.starts import make_start
from prompt_tuning.tune import Learned, learn
from tests.tuning_toys import INVERT, PLAIN, SPEC, lesson


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
def here(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    return lesson(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def tuned(here: Lesson):
    before = {k: v.clone() for k, v in here.model.state_dict().items()}
    kept = Kept()
    start = make_start("grey", here.candidates, 0)
    learned = learn(replace(here, reporter=kept), {"grey": start})
    return learned, before, kept, start


def test_the_loss_falls(tuned):
    losses = tuned[0].losses
    assert len(losses) == 12
    assert np.mean(losses[-3:]) < np.mean(losses[:3])


def test_no_weight_changes_and_none_stays_frozen(here, tuned):
    model = here.model
    assert all(torch.equal(tuned[1][k], v) for k, v in model.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in model.parameters())


def test_snapshots_are_what_a_png_holds(here, tuned, tmp_path: Path):
    learned, _, _, start = tuned
    assert [s.step for s in learned.snapshots] == [0, 5, 10, 12]
    assert learned.snapshots[0].prompt is start
    for snapshot in learned.snapshots[1:]:
        snapshot.prompt.save(tmp_path / "p")
        read = Prompt.load(tmp_path / "p")
        assert read.digest == snapshot.prompt.digest
        records = here.judge.records(read, here.select)
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


def test_is_repeatable(here, tuned):
    again = learn(here, {"grey": tuned[3]})
    assert again.losses == tuned[0].losses
    assert again.best.prompt.digest == tuned[0].best.prompt.digest


def test_a_black_prompt_can_be_learned_from(here):
    black = np.zeros((16, 16, 3), np.uint8)
    start = Prompt(Pair(black, black, SPEC.coding), "toy")
    learned = learn(here.with_config(replace(PLAIN, steps=3)), {"black": start})
    assert learned.best.prompt.pair.image.any()
    assert learned.best.prompt.pair.target.any()


def test_a_weight_that_changes_voids_the_result(here):
    class Meddler(SilentReporter):
        def metrics(self, values, step=None) -> None:
            with torch.no_grad():
                here.model.norm.bias += 1e-4

    bias = here.model.norm.bias.detach().clone()
    meddled = replace(here, reporter=Meddler(), config=replace(PLAIN, steps=1))
    with pytest.raises(PainterKitError, match="a weight of the model changed"):
        learn(meddled, {"grey": make_start("grey", here.candidates, 0)})
    with torch.no_grad():
        here.model.norm.bias.copy_(bias)


def losses(*values: float) -> Learned:
    snapshot = Snapshot(
        0, Prompt(Pair(*np.zeros((2, 4, 4, 3), np.uint8), SPEC.coding), "toy"), 1.0, 1.0
    )
    return Learned([snapshot], values, snapshot, len(values), 0.0)


def test_a_loss_falls_when_the_difference_is_beyond_noise():
    noise = np.random.default_rng(0).normal(size=50)
    assert losses(*(1 - np.arange(50) / 50 + 0.01 * noise)).loss_fell
    assert not losses(*(1 + 0.1 * noise)).loss_fell
    assert not losses(1.0, 0.1).loss_fell  # too few to tell


@pytest.mark.parametrize("improved", [True, False])
def test_loss_is_not_metric_where_one_falls_and_the_other_does_not(improved: bool):
    falling = losses(*np.linspace(1, 0, 50))
    assert replace(falling, improved=improved).loss_is_not_metric != improved
    rising = losses(*np.linspace(0, 1, 50))
    assert not replace(rising, improved=improved).loss_is_not_metric


def test_whether_it_improved_is_asked_of_select(tuned):
    learned = tuned[0]
    assert learned.improved == (learned.best.select < learned.snapshots[0].select)
    assert learned.start is tuned[3]


def test_several_starts_race_and_a_sweep_tries_settings(tmp_path: Path):
    here = lesson(tmp_path, replace(PLAIN, steps=4, evaluate_every=2))
    starts = {name: make_start(name, here.candidates, 0) for name in ("grey", "mean")}
    raced = learn(here, starts)
    assert raced.init == raced.decisions[-1]["kept"][0]
    assert raced.steps == 4 + 2
    swept = learn(here.with_config(replace(here.config, sweep=2)), starts)
    assert swept.swept is not None
    assert swept.init in starts
    assert swept.best.select == min(float(str(row["error"])) for row in swept.swept.rows)
