"""Tuning of the tuning: Optuna proposes settings, Hyperband ends trials that fall behind.

Each trial is a course with settings of its own, judged by the primary metric on select of the
rounded prompt, so confirm stays untouched. What the sampler draws follows from the seed and the
trials before: repeated on the states of an interrupted sweep, it goes on as if nothing happened.
"""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.inference.prompt import Prompt
from painter_kit.types import silent
from prompt_search.race import number
from prompt_tuning.config import CHOICES, TuneConfig
from prompt_tuning.course import Course, Lesson, NotFinite

if TYPE_CHECKING:
    import optuna

log = logging.getLogger(__name__)

JOURNAL = "study.journal"
_REDUCTION = 3  # of Hyperband: the best third goes on
_RATES = 0.004, 0.1  # of RGB in 0..1
_NORMALISED = 0.225  # one unit of the network is about this much RGB
_BUDGETS = 4 / 255, 64 / 255
_SMOOTHNESS = 1e-6, 1e-2


@dataclass(frozen=True)
class Tried:
    """One trial: its settings, the ``name`` of its start, its course, and the ``state`` that it
    ended in: ``complete``, ``pruned``, or ``failed`` where a loss was not finite."""

    config: TuneConfig
    name: str
    course: Course
    state: str

    @property
    def value(self) -> float:
        """The best primary metric on select; NaN when it failed before it was judged."""
        return self.course.best.select if self.course.judged else math.nan

    def row(self, index: int, metric: str) -> dict[str, object]:
        """Settings and outcome by name, a line of the table of trials."""
        config = self.config
        near = config.parametrisation.startswith("residual-")
        return {
            "trial": index,
            "init": self.name,
            "parametrisation": config.parametrisation,
            "rate": config.rate,
            "smoothness": config.smoothness,
            "augment": config.augment,
            "residual_budget": config.residual_budget if near else None,
            "steps": self.course.step,
            "state": self.state,
            metric: number(self.value),
        }


@dataclass(frozen=True)
class Swept:
    """The best trial and its number, a table row of every trial, Optuna's own log, and what all
    trials took."""

    best: Tried
    index: int
    rows: Sequence[Mapping[str, object]]
    journal: str
    steps: int
    seconds: float


def sweep(lesson: Lesson, starts: Mapping[str, Prompt]) -> Swept:
    """``lesson.config.sweep`` trials over rate, start, parametrisation and regularisers.

    The best prompt of all trials wins, the earliest of equals; those that ended early count.
    Raises ``NotFinite`` when none came as far as to be judged.
    """
    tried = list[Tried]()
    with ExitStack() as stack:
        folder = lesson.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        study = _study(lesson, folder / JOURNAL)
        for index in range(lesson.config.sweep):
            tried.append(_try(lesson, starts, study, index))
            best = max(tried, key=lambda one: lesson.rank(one.value))
            _tell(lesson, tried[-1], index, best.value)
        journal = (folder / JOURNAL).read_text(encoding="utf-8")
    if not best.course.judged:
        best.course.advance()  # fails again, and says where and why
    rows = [one.row(index, lesson.judge.spec.metric) for index, one in enumerate(tried)]
    steps = sum(one.course.step for one in tried)
    seconds = sum(one.course.seconds for one in tried)
    return Swept(best, tried.index(best), rows, journal, steps, seconds)


def _tell(lesson: Lesson, tried: Tried, index: int, best: float) -> None:
    """Report a trial as it ends: its settings in words and its numbers, by number of the trial."""
    row = tried.row(index, lesson.judge.spec.metric)
    prefix = "/".join(word for word in ("sweep", lesson.part) if word)
    numbers = {name: value for name, value in row.items() if isinstance(value, float)}
    values = {f"{prefix}/{name}": value for name, value in (numbers | {"best": best}).items()}
    lesson.reporter.metrics({k: v for k, v in values.items() if math.isfinite(v)}, index)
    told = _sentence(row)
    lesson.reporter.params({f"{prefix}/trial {index:03d}": told.partition(", ")[2]})
    lesson.say(f"{told}; best {lesson.judge.spec.metric} so far {best:.4g}")


def _study(lesson: Lesson, path: Path) -> optuna.Study:
    """A fresh study in ``path``: what an interrupted one held is made again from the states."""
    import optuna
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    pace = lesson.config.pace(lesson.model)
    return optuna.create_study(
        storage=optuna.storages.JournalStorage(JournalFileBackend(str(path))),
        sampler=optuna.samplers.TPESampler(seed=lesson.config.seed),
        pruner=optuna.pruners.HyperbandPruner(
            min_resource=min(pace.evaluate_every, pace.steps),
            max_resource=pace.steps,
            reduction_factor=_REDUCTION,
        ),
        study_name=f"tune {lesson.judge.task.name}",
        direction="maximize",
    )


def _try(lesson: Lesson, starts: Mapping[str, Prompt], study: optuna.Study, index: int) -> Tried:
    from optuna.trial import TrialState

    trial = study.ask()
    name, config = propose(trial, lesson, starts)
    own = replace(lesson, config=config, reporter=silent)
    course = Course(own, starts[name], f"trial {index}", f"trial-{index:03d}")
    try:
        pruned = _run(lesson, trial, course)
    except NotFinite as error:
        log.warning("trial %d: %s", index, error)
        study.tell(trial, state=TrialState.FAIL)
        return Tried(config, name, course, "failed")
    if pruned:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, lesson.rank(course.best.select))
    return Tried(config, name, course, "pruned" if pruned else "complete")


def propose(
    trial: optuna.Trial, lesson: Lesson, starts: Mapping[str, Prompt]
) -> tuple[str, TuneConfig]:
    """Start and settings of a trial; all else is as in ``lesson.config``."""
    name = trial.suggest_categorical("init", list(starts))
    kind = trial.suggest_categorical("parametrisation", _kinds(lesson, starts))
    rate = trial.suggest_float("rate", *_RATES, log=True)
    changes: dict[str, Any] = {
        "parametrisation": kind,
        "rate": rate / _NORMALISED if kind == "author" else rate,
        "smoothness": trial.suggest_float("smoothness", *_SMOOTHNESS, log=True),
        "augment": trial.suggest_categorical("augment", CHOICES["augment"]),
        # All parametrisations get equal steps.
        "steps": lesson.config.pace(lesson.model).steps,
        "sweep": 0,
    }
    if kind.startswith("residual-"):
        changes["residual_budget"] = trial.suggest_float("residual_budget", *_BUDGETS, log=True)
    return name, replace(lesson.config, **changes)


def _kinds(lesson: Lesson, starts: Mapping[str, Prompt]) -> list[str]:
    """The parametrisations that are possible for every start."""
    codings = [lesson.judge.effective(start) for start in starts.values()]
    palette = lesson.config.learn != "input" and all(spec.coding.palette for spec in codings)
    return [kind for kind in CHOICES["parametrisation"] if kind != "palette" or palette]


def _run(lesson: Lesson, trial: optuna.Trial, course: Course) -> bool:
    """Learn from evaluation to evaluation until the end; whether Hyperband ended it."""
    every = course.pace.evaluate_every
    for end in [*range(every, course.pace.steps, every), course.pace.steps]:
        course.advance(end)
        trial.report(lesson.rank(course.best_until(end).select), end)
        if end < course.pace.steps and trial.should_prune():
            return True
        if course.done and course.step <= end:
            break
    return False


def _sentence(row: Mapping[str, object]) -> str:
    return ", ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}"
                     for k, v in row.items() if v is not None)  # fmt: skip
