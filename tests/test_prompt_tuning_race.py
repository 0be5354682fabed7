"""Starts race: halving on steps, decisions from select alone, exact after a kill."""

from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.types import SilentReporter
from prompt_tuning.course import Lesson, frozen
from prompt_tuning.race import Raced, Rung, make_rungs, race, steps_of
from prompt_tuning.starts import make_start
from tests.tuning_toys import PLAIN, lesson

CONFIG = replace(PLAIN, steps=8, evaluate_every=2)


def starts(here: Lesson) -> dict:
    names = ("grey", "mean", "random")
    made = {name: make_start(name, here.candidates, 0) for name in names}
    return {**made, "random 2": make_start("random", here.candidates, 0, 1)}


def run(here: Lesson) -> Raced:
    with frozen(here.model):
        return race(here, starts(here))


def test_half_leave_at_every_rung_and_the_last_makes_all_steps():
    assert make_rungs(4, 2000, 100) == [Rung(500, 2), Rung(1000, 1)]
    assert make_rungs(5, 300, 20) == [Rung(40, 3), Rung(80, 2), Rung(160, 1)]
    assert make_rungs(1, 300, 20) == []
    assert steps_of(5, 300, 20) == [300, 160, 80, 40, 40]
    assert steps_of(1, 300, 20) == [300]


def test_rungs_are_at_evaluations_and_never_beyond_the_end():
    assert make_rungs(2, 3, 2) == [Rung(2, 1)]
    assert make_rungs(4, 3, 5) == [Rung(3, 2), Rung(3, 1)]


def test_the_best_at_each_rung_go_on(tmp_path: Path):
    said: list[str] = []
    here = lesson(tmp_path, CONFIG, say=said.append)
    found = run(here)
    first, second = found.decisions
    assert (first["step"], second["step"]) == (2, 4)
    assert list(first["error"]) == list(starts(here))
    best = sorted(first["error"], key=first["error"].get)[:2]  # less is better
    assert sorted(first["kept"]) == sorted(best)
    assert list(second["error"]) == first["kept"]
    assert second["kept"] == [min(second["error"], key=second["error"].get)] == [found.name]
    assert found.course.step == 8
    assert found.steps == sum(steps_of(4, 8, 2))
    assert len(said) == 2
    assert said[1].startswith("step 4: error ")
    assert said[1].endswith(f"kept {found.name}")


def test_the_winner_is_learned_as_if_it_were_alone(tmp_path: Path):
    here = lesson(tmp_path, CONFIG)
    raced = run(here)
    with frozen(here.model):
        alone = race(here, {raced.name: starts(here)[raced.name]})
    assert raced.course.losses == alone.course.losses
    assert raced.course.best.prompt.digest == alone.course.best.prompt.digest
    assert alone.decisions == []


@pytest.mark.parametrize("killed_at", [3, 9, 13])
def test_a_killed_race_goes_on_exactly(tmp_path: Path, killed_at: int):
    straight = run(lesson(tmp_path / "a", CONFIG))

    class Kill(SilentReporter):
        count = 0

        def metrics(self, values, step=None) -> None:
            self.count += any(name.endswith("loss") for name in values)
            if self.count == killed_at:
                raise KeyboardInterrupt

    states = {"folder": tmp_path / "states"}
    with pytest.raises(KeyboardInterrupt):
        run(lesson(tmp_path / "b", CONFIG, reporter=Kill(), **states))
    again = run(lesson(tmp_path / "b", CONFIG, **states))
    assert again.decisions == straight.decisions
    assert again.course.losses == straight.course.losses
    assert again.course.best.prompt.digest == straight.course.best.prompt.digest
    assert again.steps == straight.steps


def test_decisions_name_the_part(tmp_path: Path):
    said: list[str] = []
    found = run(lesson(tmp_path, CONFIG, part="things", say=said.append))
    assert {d["part"] for d in found.decisions} == {"things"}
    assert said[0].startswith("things: step 2")
