import numpy as np
import pytest

from benchmarks.search_replay.replay import Replay, Truth
from benchmarks.search_replay.synthetic import Synthetic
from benchmarks.search_replay.tpe import play_tpe

FAMILY = Synthetic("x", 1.0, image_sd=1.0, candidates=24, select=64, test=8)


def test_it_finds_a_good_prompt_within_its_budget():
    matrix = FAMILY.draw(0)
    replay, most = Replay(matrix), matrix.select.size // 2
    play_tpe(replay, np.random.default_rng(0), most)
    assert replay.asked <= most
    assert Truth(matrix).select_regret(replay.course.leaders[-1:])[0] < 0.5


def test_the_pruner_saves_cells():
    """With a clear effect most trials end before all images were seen."""
    replay = Replay(FAMILY.draw(1))
    play_tpe(replay, np.random.default_rng(1), replay.matrix.select.size)
    judged = replay._seen.sum(1)
    assert ((judged >= 24) & (judged < 64)).any()
    assert (judged == 64).any()


@pytest.mark.filterwarnings("ignore:WilcoxonPruner is experimental")
def test_the_pruner_decides_as_it_does_in_a_study():
    """Asking it with a trial made by hand is the same as reporting every image."""
    import optuna
    from optuna.trial import TrialState, create_trial

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruner = optuna.pruners.WilcoxonPruner(p_threshold=0.01, n_startup_steps=20)
    rng = np.random.default_rng(0)
    base = rng.normal(size=64)
    decisions = []
    for shift in (0.0, -0.2, -1.0, 0.5):
        study = optuna.create_study(direction="maximize", pruner=pruner)
        first = study.ask()
        for image, score in enumerate(base):
            first.report(float(score), image)
        study.tell(first, float(base.mean()))
        trial = study.ask()
        seen = {i: float(base[i] + shift + 0.1 * rng.normal()) for i in rng.permutation(64)[:32]}
        for image, score in seen.items():
            trial.report(score, int(image))
        by_hand = create_trial(
            state=TrialState.RUNNING, intermediate_values={int(i): v for i, v in seen.items()}
        )
        decisions.append(pruner.prune(study, by_hand))
        assert decisions[-1] == trial.should_prune()
    assert decisions[2]
    assert not decisions[3]


@pytest.mark.parametrize("most", [0, 63])
def test_without_a_budget_nothing_is_asked(most: int):
    replay = Replay(FAMILY.draw(0))
    play_tpe(replay, np.random.default_rng(0), most)
    assert replay.asked == 0
