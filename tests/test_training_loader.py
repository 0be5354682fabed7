"""Micro-batches in order for any number of workers; whatever fails is told in one line."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import torch

from painter_kit.errors import InputError, PainterKitError
from painter_kit.training.batches import EpisodeBatches, MicroBatch
from painter_kit.training.loader import load_batches, samples_per_second, workers_for
from tests.training_toys import flat_batches

RANGES = [range(2 * i, 2 * i + 2) for i in range(6)]


@dataclass(frozen=True)
class Failing:
    """Raises at the sample number ``at``, or dies there."""

    at: int
    how: str

    def batch(self, indices: Sequence[int]) -> MicroBatch:
        if self.at in indices:
            if self.how == "input":
                raise InputError("picture x.png cannot be read (after 3 tries)")
            if self.how == "bug":
                raise ZeroDivisionError("by zero")
            os.kill(os.getpid(), signal.SIGKILL)
        return flat_batches().batch(indices)

    episode = EpisodeBatches.episode


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(workers: int):
    alone = list(load_batches(flat_batches(), RANGES))
    made = list(load_batches(flat_batches(), iter(RANGES), workers))
    assert len(alone) == len(made) == 6
    for one, two in zip(alone, made, strict=True):
        assert one.tasks == two.tasks
        for name in ("images", "targets", "valid", "mask"):
            assert torch.equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("input", InputError, r"^picture x\.png cannot be read \(after 3 tries\)$"),
        ("bug", PainterKitError, "^samples 6 to 7 failed: ZeroDivisionError: by zero$"),
    ],
)
def test_what_fails_is_told_without_a_traceback(workers: int, how: str, error: type, words: str):
    batches = load_batches(Failing(7, how), RANGES, workers)
    for _ in range(3):
        next(batches)
    with pytest.raises(error, match=words) as caught:
        next(batches)
    assert type(caught.value) is error


def test_a_killed_worker_ends_the_job_in_words():
    with pytest.raises(PainterKitError, match=r"a data worker died \(.*--resume"):
        list(load_batches(Failing(4, "kill"), RANGES, 1))


def test_an_endless_source_is_read_as_far_as_asked():
    def numbers():
        while True:
            yield range(2)

    batches = load_batches(flat_batches(), numbers(), 1)
    assert len(next(batches).tasks) == 2


def test_speed_is_measured_and_workers_counted():
    threads = torch.get_num_threads()
    assert samples_per_second(flat_batches(), 2, seconds=0.05) > 10
    assert torch.get_num_threads() == threads
    assert workers_for(100, 30) == 4  # 120 to have a fifth to spare
    assert workers_for(1, 1000) == 1
