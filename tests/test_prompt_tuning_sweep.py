"""A sweep over settings: repeatable, resumable, pruned by steps, its best prompt kept."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.types import SilentReporter
from prompt_tuning import course as module
from prompt_tuning.config import CHOICES
from prompt_tuning.course import Lesson, NotFinite, frozen
from prompt_tuning.learner import Learner
from prompt_tuning.starts import make_start
from prompt_tuning.sweep import JOURNAL, Swept, sweep
from tests.tuning_toys import PLAIN, lesson

PARAMS: dict = {}
CONFIG = replace(PLAIN, steps=9, evaluate_every=1, batch=2, sweep=6)


def run(here: Lesson) -> Swept:
    starts = {name: make_start(name, here.candidates, 0) for name in ("grey", "random")}
    with frozen(here.model):
        return sweep(here, starts)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Swept, list[str], dict]:
    said: list[str] = []
    series: dict = {}

    class Kept(SilentReporter):
        def params(self, values) -> None:
            PARAMS.update(values)

        def metrics(self, values, step=None) -> None:
            for name, value in values.items():
                series.setdefault(name, []).append((step, value))

    folder = tmp_path_factory.mktemp("sweep")
    return run(lesson(folder, CONFIG, say=said.append, reporter=Kept())), said, series


def test_every_trial_is_a_row_of_settings_and_outcome(swept):
    found = swept[0]
    assert [row["trial"] for row in found.rows] == list(range(6))
    assert len({frozenset(row) for row in found.rows}) == 1
    for row in found.rows:
        assert row["parametrisation"] in CHOICES["parametrisation"]
        assert row["parametrisation"] != "palette"  # the toy has none
        assert row["init"] in ("grey", "random")
        assert row["state"] in ("complete", "pruned")
        assert 1 <= int(str(row["steps"])) <= 9
        near = str(row["parametrisation"]).startswith("residual")
        assert (row["residual_budget"] is not None) == near
    assert len({row["rate"] for row in found.rows}) == 6


def test_the_best_prompt_of_all_trials_wins(swept):
    found = swept[0]
    values = [float(str(row["error"])) for row in found.rows]
    assert found.best.value == min(values)
    assert found.index == values.index(min(values))
    assert found.best.config.rate == found.rows[found.index]["rate"]
    assert found.best.course.best.select == found.best.value
    assert found.steps == sum(int(str(row["steps"])) for row in found.rows)


def test_hyperband_ends_some_early_and_lets_others_finish(swept):
    states = [row["state"] for row in swept[0].rows]
    assert "complete" in states
    finished = [row["steps"] for row in swept[0].rows if row["state"] == "complete"]
    assert set(finished) == {9}


def test_the_study_is_optunas_own_and_can_be_opened(swept, tmp_path: Path):
    import optuna
    from optuna.storages.journal import JournalFileBackend

    (tmp_path / JOURNAL).write_text(swept[0].journal)
    backend = JournalFileBackend(str(tmp_path / JOURNAL))
    study = optuna.load_study(study_name=None, storage=optuna.storages.JournalStorage(backend))
    assert len(study.trials) == 6
    told = [trial.params["init"] for trial in study.trials]
    assert told == [row["init"] for row in swept[0].rows]
    assert isinstance(study.trials[0].intermediate_values[1], float)


def test_progress_is_told_and_reported(swept):
    found, said, series = swept
    assert len(said) == 6
    assert said[0].startswith("trial 0, init ")
    steps, values = zip(*series["sweep/best"], strict=True)
    assert steps == tuple(range(6))
    assert list(values) == sorted(values, reverse=True)  # less is better: never worse
    assert values[-1] == found.best.value
    assert {"sweep/best", "sweep/error", "sweep/rate"} <= set(series)
    assert [value for _, value in series["sweep/error"]] == [row["error"] for row in found.rows]
    assert not any("loss" in name for name in series)  # steps of trials have no series of their own
    assert len(PARAMS) == 6
    assert PARAMS["sweep/trial 000"].startswith("init ")
    assert "rate" in PARAMS["sweep/trial 005"]


def test_repeated_it_is_the_same(swept, tmp_path: Path):
    again = run(lesson(tmp_path, CONFIG))
    assert again.rows == swept[0].rows
    assert again.best.course.best.prompt.digest == swept[0].best.course.best.prompt.digest


def spoil(monkeypatch, spoiled: Callable[[Learner], bool]) -> None:
    """Make the loss of some learners no number from their third step on."""
    update = Learner.update

    def broken(self, model, queries, step):
        loss = update(self, model, queries, step)
        return math.nan if step >= 3 and spoiled(self) else loss

    monkeypatch.setattr(Learner, "update", broken)


def test_a_trial_whose_loss_is_no_number_fails_alone(swept, tmp_path: Path, monkeypatch):
    rate = swept[0].rows[0]["rate"]  # of the first trial
    spoil(monkeypatch, lambda learner: learner.config.rate == rate)
    found = run(lesson(tmp_path, replace(CONFIG, sweep=3)))
    assert found.rows[0]["state"] == "failed"
    assert found.rows[0]["steps"] == 2
    assert "failed" not in {row["state"] for row in found.rows[1:]}
    assert isinstance(found.rows[0]["error"], float)  # it was judged before


def test_where_all_fail_the_sweep_does(tmp_path: Path, monkeypatch):
    config = replace(CONFIG, sweep=2, evaluate_every=5)
    spoil(monkeypatch, lambda learner: True)
    here = lesson(tmp_path, config, rescue=tmp_path / "best")
    with pytest.raises(NotFinite, match="not finite at step 3"):
        run(here)
    assert (tmp_path / "best" / "prompt.json").is_file()


@pytest.mark.parametrize("killed_at", [2, 14])
def test_killed_it_goes_on_exactly(swept, tmp_path: Path, monkeypatch, killed_at: int):
    draw, count = module.draw_queries, 0

    def killing(*args):
        nonlocal count
        count += 1
        if count == killed_at:
            raise KeyboardInterrupt
        return draw(*args)

    config, states = replace(CONFIG, save_every=2), {"folder": tmp_path / "states"}
    with monkeypatch.context() as patch:
        patch.setattr(module, "draw_queries", killing)
        with pytest.raises(KeyboardInterrupt):
            run(lesson(tmp_path, config, **states))
    again = run(lesson(tmp_path, config, **states))
    assert again.rows == swept[0].rows
    assert again.best.course.best.prompt.digest == swept[0].best.course.best.prompt.digest
    assert (tmp_path / "states" / JOURNAL).is_file()


def test_a_fixed_seed_only_decides(tmp_path: Path, swept):
    other = run(lesson(tmp_path, replace(CONFIG, seed=5, sweep=2)))
    assert [row["rate"] for row in other.rows] != [row["rate"] for row in swept[0].rows[:2]]
