from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from painter_kit.errors import InputError
from prompt_search.edits import Edits
from prompt_search.studies import (
    EXPOSURE,
    SAMPLERS,
    SMALLEST,
    STARTUP,
    UNEDITED,
    check_sampler,
    open_study,
    propose,
    save_studies,
    space,
    tell,
)

RUNGS = [4, 8]
WINNER = np.linspace(0, 1, 8)


def climbed(sampler: str, seed: int = 0, turns: int = 4, name: str = ""):
    """A study of brightness: the nearer to 1.2 the better."""
    study, seen = open_study(name, WINNER - 1, RUNGS), []
    for turn in range(turns):
        for place, (trial, edits) in enumerate(propose(study, sampler, seed, turn, 8)):
            row = np.full(8 if place < 3 else 4, -abs(np.log(edits.brightness / 1.2)))
            tell(study, trial, row, RUNGS)
            seen.append(edits)
    return study, seen


def test_the_space_is_that_of_edits():
    assert set(space()) == {f.name for f in fields(Edits)} == set(UNEDITED)
    assert all(space()[name]._contains(value) for name, value in UNEDITED.items())


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_proposals_stay_in_the_space_and_repeat(sampler: str):
    _, seen = climbed(sampler)
    for edits in seen:
        assert SMALLEST <= edits.zoom <= 1
        assert isinstance(edits.flip, bool)
        assert EXPOSURE[0] <= edits.gamma <= EXPOSURE[1]
    assert len(seen) == 32
    assert len(set(seen)) >= 30  # CMA-ES may draw one again, which costs nothing
    assert seen == climbed(sampler)[1]
    assert seen[:16] == climbed(sampler, turns=2)[1]  # a longer study begins as a shorter one
    assert seen != climbed(sampler, seed=1)[1]
    assert seen != climbed(sampler, name="other part")[1]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_proposals_learn(sampler: str):
    gaps = np.array([abs(np.log(e.brightness / 1.2)) for e in climbed(sampler, turns=10)[1]])
    assert np.median(gaps[-24:]) < 0.75 * np.median(gaps[:STARTUP])


def test_the_winner_is_known_from_the_start():
    study = open_study("one", WINNER, RUNGS)
    (trial,) = study.trials
    assert study.study_name == "refine one"
    assert trial.params == UNEDITED
    assert trial.value == WINNER.mean()
    assert trial.intermediate_values == {4: WINNER[:4].mean(), 8: WINNER.mean()}


def test_every_rung_is_told_once_and_no_image():
    study = open_study("", WINNER, RUNGS)
    trials = [trial for trial, _ in propose(study, "tpe", 0, 0, 4)]
    rows = [WINNER, WINNER[:4], WINNER[:0], np.full(8, -np.inf)]
    states = [tell(study, t, row, RUNGS) for t, row in zip(trials, rows, strict=True)]
    assert states == ["complete", "pruned", "fail", "complete"]
    told = [set(trial.intermediate_values) for trial in study.trials[1:]]
    assert told == [{4, 8}, {4}, set(), {4, 8}]
    assert study.best_trial.number in (0, 1)


def test_studies_are_read_back_by_optuna(tmp_path: Path):
    from optuna import load_study
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    studies = [climbed("tpe", turns=1, name=name)[0] for name in ("one", "two")]
    save_studies(studies, tmp_path / "study.journal")
    assert [path.name for path in tmp_path.iterdir()] == ["study.journal"]
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "study.journal")))
    for study in studies:
        again = load_study(study_name=study.study_name, storage=storage)
        assert [t.params for t in again.trials] == [t.params for t in study.trials]
        assert [t.state for t in again.trials] == [t.state for t in study.trials]
        assert [t.intermediate_values for t in again.trials] == [
            t.intermediate_values for t in study.trials
        ]


def test_optuna_stays_quiet(capfd: pytest.CaptureFixture[str]):
    climbed("tpe", turns=1)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_unknown_samplers():
    check_sampler("tpe")
    with pytest.raises(InputError, match="must be one of tpe, cmaes but got 'grid'"):
        check_sampler("grid")
