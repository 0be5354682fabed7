"""Several starts race: successive halving on steps, judged on select."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from painter_kit.inference.prompt import Prompt
from prompt_search.race import number
from prompt_tuning.course import Course, Lesson


@dataclass(frozen=True)
class Rung:
    """At step ``end`` the ``kept`` best go on."""

    end: int
    kept: int


def make_rungs(starts: int, steps: int, evaluate_every: int) -> list[Rung]:
    """Half of the starts leave at every rung; the last rung is at half of the steps.

    Rungs are at evaluations.
    """
    count, rungs = math.ceil(math.log2(starts)), []
    for left in range(count, 0, -1):
        starts = math.ceil(starts / 2)
        end = math.ceil(steps / 2**left / evaluate_every) * evaluate_every
        rungs.append(Rung(min(end, steps), starts))
    return rungs


def steps_of(starts: int, steps: int, evaluate_every: int) -> list[int]:
    """The most steps that each of the starts makes, the winner first."""
    ends, alive = [], starts
    for rung in make_rungs(starts, steps, evaluate_every):
        ends += [rung.end] * (alive - rung.kept)
        alive = rung.kept
    return [*[steps] * alive, *reversed(ends)]


@dataclass(frozen=True)
class Raced:
    """The winning course and the ``name`` of its start, every decision, and what all took."""

    course: Course
    name: str
    decisions: Sequence[Mapping[str, Any]]
    steps: int
    seconds: float


def race(lesson: Lesson, starts: Mapping[str, Prompt]) -> Raced:
    """Learn from every start until it leaves; the last one makes all steps.

    A start is as good as its best prompt so far. The first of equals stays.
    """
    several = len(starts) > 1
    courses = {
        name: Course(lesson, start, name if several else "", f"start-{index}")
        for index, (name, start) in enumerate(starts.items())
    }
    pace, metric = lesson.config.pace(lesson.model), lesson.judge.spec.metric
    alive, decisions = list(courses), []
    for rung in make_rungs(len(alive), pace.steps, pace.evaluate_every):
        for name in alive:
            courses[name].advance(rung.end)
        values = {name: courses[name].best_until(rung.end).select for name in alive}
        order = sorted(alive, key=lambda name: -lesson.rank(values[name]))  # stable
        alive = [name for name in alive if name in order[: rung.kept]]
        told = {name: number(value) for name, value in values.items()}
        decisions.append({"event": "rung", "part": lesson.part, "step": rung.end, metric: told,
                          "kept": alive})  # fmt: skip
        lesson.say(_sentence(decisions[-1], metric))
    (winner,) = alive
    courses[winner].advance()
    steps = sum(course.step for course in courses.values())
    seconds = sum(course.seconds for course in courses.values())
    return Raced(courses[winner], winner, decisions, steps, seconds)


def _sentence(decision: Mapping[str, Any], metric: str) -> str:
    told = decision[metric].items()
    values = ", ".join(f"{name} {'-' if v is None else f'{v:.4g}'}" for name, v in told)
    part = f"{decision['part']}: " if decision["part"] else ""
    kept = ", ".join(decision["kept"])
    return f"{part}step {decision['step']}: {metric} {values}; kept {kept}"
