"""Optuna's part in refinement: it proposes edits and is told what they are worth.

The study is asked and told, generation by generation; intermediate values are means over the
images of a rung, pruned trials are those that halving dropped. Samplers are seeded anew for every
generation, because a study does not keep the state of their random numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from painter_kit.errors import InputError
from painter_kit.evaluation.order import generator
from painter_kit.files import atomic
from prompt_search.edits import Edits
from prompt_search.table import Floats

if TYPE_CHECKING:
    import optuna

SAMPLERS = ("tpe", "cmaes")
STARTUP = 8  # random trials before TPE learns
SMALLEST = 0.5  # share of both sides that a crop keeps at least
EXPOSURE = 0.625, 1.6  # factors and exponents, log-uniform
UNEDITED = {**asdict(Edits()), "flip": 0}


def check_sampler(name: str) -> None:
    """Raise ``InputError`` for an unknown sampler."""
    if name not in SAMPLERS:
        raise InputError(
            f"sampler of a refinement must be one of {', '.join(SAMPLERS)} but got {name!r}"
        )


def space() -> dict[str, optuna.distributions.BaseDistribution]:
    """What is searched: the fields of ``Edits``."""
    from optuna.distributions import FloatDistribution, IntDistribution

    light = FloatDistribution(*EXPOSURE, log=True)
    return {
        "zoom": FloatDistribution(SMALLEST, 1.0),
        "x": FloatDistribution(0.0, 1.0),
        "y": FloatDistribution(0.0, 1.0),
        "flip": IntDistribution(0, 1),  # a number, so that CMA-ES can take it
        **dict.fromkeys(("brightness", "contrast", "saturation", "gamma"), light),
    }


def open_study(part: str, winner: Floats, rungs: Sequence[int]) -> optuna.Study:
    """A study in memory that knows the winner, not edited, by its scores on all images."""
    import optuna
    from optuna.trial import create_trial

    with _quiet():
        storage = optuna.storages.InMemoryStorage()
        study = optuna.create_study(
            study_name=f"refine {part}".strip(), storage=storage, direction="maximize"
        )
        study.add_trial(
            create_trial(
                params=UNEDITED,
                distributions=space(),
                value=float(winner.mean()),
                intermediate_values=_steps(winner, rungs),
            )
        )
    return study


def propose(
    study: optuna.Study, sampler: str, seed: int, turn: int, count: int
) -> list[tuple[optuna.Trial, Edits]]:
    """``count`` trials of a generation with their edits."""
    with _quiet():
        drawn = int(generator(seed, "refine", study.study_name, turn).integers(2**31))
        study.sampler = _sampler(sampler, drawn)
        trials = [study.ask(space()) for _ in range(count)]
    return [(t, Edits(**{**t.params, "flip": bool(t.params["flip"])})) for t in trials]


def tell(study: optuna.Study, trial: optuna.Trial, row: Floats, rungs: Sequence[int]) -> str:
    """Report what a trial has shown at every rung that it reached, and that it has ended.

    ``row`` are its scores on the first images, none for edits that made no prompt. Returns the
    state: ``complete``, ``pruned`` or ``fail``.
    """
    from optuna.trial import TrialState

    for images, mean in _steps(row, rungs).items():
        trial.report(mean, images)
    if len(row) == rungs[-1]:
        return study.tell(trial, float(row.mean())).state.name.lower()
    state = TrialState.PRUNED if len(row) else TrialState.FAIL
    return study.tell(trial, state=state).state.name.lower()


def save_studies(studies: Sequence[optuna.Study], path: Path) -> None:
    """Write studies to a journal file, which Optuna's ``JournalStorage`` reads, whole or not."""
    import optuna
    from optuna.storages.journal import JournalFileBackend

    with atomic(path) as temporary, _quiet():
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(temporary)))
        for study in studies:
            optuna.copy_study(
                from_study_name=study.study_name, from_storage=study._storage, to_storage=storage
            )


def _sampler(name: str, seed: int) -> optuna.samplers.BaseSampler:
    import optuna

    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP, multivariate=True)
    return optuna.samplers.CmaEsSampler(
        seed=seed,
        consider_pruned_trials=True,
        with_margin=True,
    )


def _steps(row: Floats, rungs: Sequence[int]) -> dict[int, float]:
    return {images: float(row[:images].mean()) for images in rungs if images <= len(row)}


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna without its log lines and its warnings of experimental features."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
