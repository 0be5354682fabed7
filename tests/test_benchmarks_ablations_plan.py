"""What is left is counted, and the rate is that of the real command."""

from pathlib import Path

import pytest

from benchmarks.ablations.plan import Left, measured_rate, what_is_left
from benchmarks.ablations.run import painterkit
from benchmarks.ablations.variants import cells
from painter_kit.errors import InputError, PainterKitError
from tests.ablation_cards import write_card
from tests.test_benchmarks_ablations import here
from tests.test_cli_train import few_scenes  # noqa: F401  (a fixture for every test here)

CHOSEN = list(cells(["base", "no merging"], seeds=2))


def test_the_plan_counts_what_is_left(tmp_path: Path):
    write_card(CHOSEN[0], tmp_path)
    left = what_is_left(CHOSEN, tmp_path)
    # One more of the base, and two that cost twice as much: five times a cell of the base.
    assert (left.cells, left.samples, left.processes) == (3, 5 * 8000, 2)
    # 2 prompts x 256 queries, forwards alone: a third of a sample's training.
    assert left.validation == pytest.approx(5 * 2 * 256 / 3)
    (other,) = cells(["base"], seeds=1, sets=["batch=9"])
    with pytest.raises(InputError, match="other settings"):
        what_is_left([other], tmp_path)


def test_the_first_process_validates_alone():
    assert Left(3, 7200, 0, 2).hours(2.0) == 1
    assert Left(3, 7200, 3600, 1).hours(3.0) == 1
    assert Left(3, 7200, 3600, 2).hours(4.0) == 1


def test_all_tasks_of_a_joint_model_are_validated(tmp_path: Path):
    (joint,) = cells(["joint"])
    (base,) = cells(["base"], seeds=1)
    four, one = (what_is_left([cell], tmp_path).validation for cell in (joint, base))
    assert four == pytest.approx(4 * one)


def test_the_rate_is_that_of_the_whole_training(tmp_path: Path):
    calls = []

    def start(arguments) -> int:
        calls.append(list(arguments))
        return here(arguments)

    sets = ["batch=2", "processes=1", "validate_every=50"]
    assert 0.2 < measured_rate(sets, tmp_path / "store", start) < 100_000
    assert len(calls) == 1
    assert calls[0][0] == "train"
    assert not Path(calls[0][calls[0].index("--out") + 1]).exists()


def test_a_rate_that_cannot_be_measured_is_named(tmp_path: Path):
    with pytest.raises(PainterKitError, match=r"ended with exit code 2, .*--throughput X"):
        measured_rate(["batch=0"], tmp_path / "store", painterkit)
