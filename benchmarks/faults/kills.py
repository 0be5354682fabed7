"""Chains of kills: a command killed at random moments and resumed until it is finished."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.faults.case import Campaign, Case, Outcome
from benchmarks.faults.processes import Pace, Process, last_line, started
from benchmarks.faults.results import difference, digests
from benchmarks.faults.victims import Victim, records_in
from painter_kit.errors import PainterKitError

CHAIN = 4  # kills of one run at most


@dataclass(frozen=True)
class Kill:
    """One process that was killed ``after`` so many seconds.

    ``lost`` units of work, by their name, had begun and were not on disk afterwards; ``allowed``
    is the block in flight. ``same`` and ``valid`` tell of the run when it was finished: its files
    against those of the undisturbed one, and its store, record by record.
    """

    moment: float
    after: float
    lost: Mapping[str, int]
    allowed: Mapping[str, int]
    same: bool = False
    valid: bool = False

    @property
    def good(self) -> bool:
        """Whether no more than one block was lost and the run came out as if undisturbed."""
        within = all(0 <= lost <= self.allowed[unit] for unit, lost in self.lost.items())
        return within and self.same and self.valid


@dataclass(frozen=True)
class Whole:
    """The undisturbed run: its folder, pace, lines of work and units on disk."""

    folder: Path
    pace: Pace
    lines: int
    kept: Mapping[str, int]

    def left(self, kept: Mapping[str, int]) -> float:
        """About how many lines of work a run that has ``kept`` so much has before it."""
        total = sum(self.kept.values())
        return self.lines * max(0.0, 1 - sum(kept.values()) / total) if total else 0.0


def undisturbed(campaign: Campaign, victim: Victim, command: Sequence[str] = ()) -> Whole:
    """Run the victim, or ``command`` for it, in peace, once."""
    name = f"{victim.name}-undisturbed"
    outcome = campaign.result(
        Case("", name, lambda folder: _in_peace(victim, folder, command or victim.command(folder)))
    )
    data = outcome.data
    return Whole(campaign.work(name), Pace(**data["pace"]), data["lines"], data["kept"])


def _in_peace(victim: Victim, folder: Path, command: Sequence[str]) -> Outcome:
    first, lines, latest = 0.0, 0, 0.0
    with started(command, folder, folder / "log.txt") as process:
        while process.running:
            if (now := victim.lines(process.said)) > lines:
                first, lines, latest = first or process.seconds, now, process.seconds
            time.sleep(0.02)
        if process.wait():
            raise PainterKitError(f"{victim.name} failed undisturbed: {last_line(process.said)}")
        seconds = process.seconds
    pace = Pace(first, (latest - first) / max(1, lines - 1), seconds - latest)
    kept = victim.kept(folder)
    return Outcome(0, 0, data={"pace": asdict(pace), "lines": lines, "kept": kept})


def kill_all(campaign: Campaign, victim: Victim, kills: int, seed: int) -> None:
    """Chains until so many processes of the victim were killed."""
    whole, done, chain = undisturbed(campaign, victim), 0, 0
    while done < kills:
        chain += 1
        most = min(CHAIN, kills - done)
        key = (seed, chain, sum(victim.name.encode()))

        def run(folder: Path, most: int = most, key: tuple[int, ...] = key) -> Outcome:
            return kill_chain(victim, whole, folder, most, np.random.default_rng(key))

        done += campaign.result(Case(victim.name, f"{victim.name}-{chain:02}", run)).faults


def kill_chain(
    victim: Victim, whole: Whole, folder: Path, most: int, rng: np.random.Generator
) -> Outcome:
    """Kill and resume the victim up to ``most`` times, let it come to its end and compare."""
    kills: list[Kill] = []
    finished = False
    while not finished:
        before = victim.kept(folder)
        moment = None
        if len(kills) < most:
            moment = round(float(rng.uniform(-1, whole.left(before) + 1)), 2)
        log = folder / f"log-{len(kills) + 1}.txt"
        with started(victim.command(folder), folder, log) as process:
            finished = not wait_for(process, victim, moment, whole.left(before), whole.pace)
            if finished and process.wait():
                wrong = f"{log.name}: {last_line(process.said)}"
                return Outcome(max(1, len(kills)), 0, wrong=wrong)
            process.kill()
            after = round(process.seconds, 1)
        if not finished and moment is not None:
            lost = lost_units(victim, process.said, before, victim.kept(folder))
            allowed = {m.unit: m.block for m in victim.measures}
            kills.append(Kill(moment, after, lost, allowed))
    return compared(kills, folder, whole)


def wait_for(
    process: Process, victim: Victim, moment: float | None, left: float, pace: Pace
) -> bool:
    """Wait for a ``moment``; False if the process ends before (None: let it).

    A moment counts lines of work: -1 to 0 are the start of the process, then come the lines that
    are ``left``, and as much as one more is what follows the last of them.
    """
    if moment is None:
        process.wait()
        return False
    if moment < 0:
        time.sleep((1 + moment) * pace.start)
        return process.running
    whole_lines, part = int(min(moment, left)), pace.block * (moment % 1)
    if moment > left:
        part = (moment - left) * pace.tail
    if not process.wait_until(lambda said: victim.lines(said) >= max(1, whole_lines)):
        return False
    time.sleep(part)
    return process.running


def lost_units(
    victim: Victim, said: str, before: Mapping[str, int], after: Mapping[str, int]
) -> dict[str, int]:
    """What a process had begun according to what it said, and is not on disk."""
    return {
        measure.unit: sum(measure.begun(said)) - (after[measure.unit] - before[measure.unit])
        for measure in victim.measures
    }


def compared(kills: Sequence[Kill], folder: Path, whole: Whole) -> Outcome:
    """The chain's outcome: its finished run against the undisturbed one."""
    wrong = difference(digests(folder / "run"), digests(whole.folder / "run"))
    valid = records_in(folder) == records_in(whole.folder)
    done = [replace(kill, same=not wrong, valid=valid) for kill in kills]
    wrong = wrong or ("" if valid else "store not as undisturbed")
    bad = [kill for kill in done if not kill.good]
    if bad and not wrong:
        wrong = f"lost {dict(bad[0].lost)}"
    data = {"kills": [asdict(kill) for kill in done]}
    return Outcome(len(done), len(done) - len(bad), wrong=wrong, data=data)
