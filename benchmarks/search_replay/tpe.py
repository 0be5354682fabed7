"""Optuna's TPE sampler with its Wilcoxon pruner as a search, set up as well as it can be.

Kept to what makes that pruner usable for prompts: fixed image ids as steps, a shuffled order in
every trial, a first trial judged on all images, at least 20 images before it may prune, and a
strict p-value. It is asked only once in a while, since asking costs more than a forward.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.search_replay.replay import Replay

if TYPE_CHECKING:
    import optuna

FEWEST_IMAGES = 20
P_VALUE = 0.01
LOOKS = (24, 48, 96, 192, 384)
PARAMETER = "candidate"


def play_tpe(replay: Replay, rng: np.random.Generator, most: int) -> None:
    """Trials until ``most`` cells are spent; the candidate's number is the parameter."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=int(rng.integers(2**31)))
    study = optuna.create_study(direction="maximize", sampler=sampler)
    candidates = replay.shape[0]
    numbers: dict[str, optuna.distributions.BaseDistribution] = {
        PARAMETER: optuna.distributions.IntDistribution(0, candidates - 1)
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A candidate that is suggested again costs no cells, so trials are counted as well.
        for _ in range(4 * candidates):
            if replay.asked + replay.shape[1] > most:
                return
            trial = study.ask(numbers)
            _judge(study, trial, replay, rng)


def _judge(
    study: optuna.Study, trial: optuna.Trial, replay: Replay, rng: np.random.Generator
) -> None:
    """Judge one candidate on images in random order until it is pruned or done."""
    import optuna
    from optuna.trial import TrialState, create_trial

    pruner = optuna.pruners.WilcoxonPruner(p_threshold=P_VALUE, n_startup_steps=FEWEST_IMAGES)
    candidate, images = trial.params[PARAMETER], replay.shape[1]
    order, seen = rng.permutation(images), {}
    start, looks = 0, [n for n in LOOKS if n < images]
    for stop in [*looks, images]:
        scores = replay.look([candidate], order[None, start:stop])[0]
        seen.update(zip(order[start:stop].tolist(), scores.tolist(), strict=True))
        start = stop
        # The pruner is given what it would read from the study, without a report per image.
        state = create_trial(state=TrialState.RUNNING, intermediate_values=seen)
        if stop < images and pruner.prune(study, state):
            trial.report(float(np.mean(list(seen.values()))), stop)
            study.tell(trial, state=TrialState.PRUNED)
            return
    for image, score in seen.items():
        trial.report(score, image)
    study.tell(trial, float(np.mean(list(seen.values()))))
