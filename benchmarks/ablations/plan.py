"""How long the cells will take, from a few updates of the real training on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.ablations.results import finished
from benchmarks.ablations.run import Start
from benchmarks.ablations.variants import Cell, training
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.effort import TO_WEIGHTS
from painter_kit.training.effort import look_forwards, looks
from painter_kit.training.journal import read_journal

_RATE = "train/samples_per_s"
_UPDATES = 5


@dataclass(frozen=True)
class Left:
    """What is left to train, with the samples and, in terms of samples of one process, the
    validation of all of it; both in terms of the recipe's own network."""

    cells: int
    samples: float
    validation: float
    processes: int

    def hours(self, rate: float) -> float:
        """At so many samples per second of the recipe itself, all its processes together.

        The first process validates alone.
        """
        return (self.samples + self.validation * self.processes) / rate / 3600


def what_is_left(chosen: Sequence[Cell], out: Path) -> Left:
    """What is not finished of the cells, half trained ones counted whole.

    Raises ``InputError`` for folders of another training.
    """
    cells = [cell for cell in chosen if finished(cell, out) is None]
    samples = validation = 0.0
    for cell in cells:
        settings, cost = cell.settings(), cell.variant.cost
        samples += cost * settings.iterations * settings.samples_per_iteration
        validation += cost * looks(settings) * look_forwards(settings) / TO_WEIGHTS
    processes = cells[0].settings().processes if cells else 1
    return Left(len(cells), samples, validation, processes)


def measured_rate(sets: Sequence[str], store: Path, start: Start) -> float:
    """Samples per second of the recipe itself on this machine as it is now: some updates by the
    real command with all its processes, data and optimiser included.

    ``sets`` change the recipe as they change every cell. Scenes that ``store`` lacks are rendered,
    as for the cells. Raises ``PainterKitError`` when it could not be measured.
    """
    short = [f"iterations={_UPDATES}", f"save_every={_UPDATES}", "log_every=1"]
    short += ["validate_every=0", "validation_examples=0"]
    with TemporaryDirectory() as folder:
        out = Path(folder) / "rate"
        code = start(training(out, store, (*sets, *short)))
        entries = [] if code else read_journal(out)
    reports = [entry["arguments"] for entry in entries if entry["call"] == "metrics"]
    rates = [r["values"][_RATE] for r in reports if _RATE in r["values"] and r["step"] > 1]
    if not rates:  # the first update, which warms up, does not count
        raise PainterKitError(
            f"the rate could not be measured: painterkit train ended with exit code {code}, its "
            "reason stands above; --throughput X tells it instead"
        )
    return median(rates)
