"""Two processes on one output folder: the second is told, the first goes on."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.faults.case import Case, Outcome
from benchmarks.faults.kills import Whole
from benchmarks.faults.processes import last_line, run, started
from benchmarks.faults.results import difference, digests
from benchmarks.faults.victims import Victim

SHARED = "two processes on one --out"


def shared_cases(wholes: Sequence[tuple[Victim, Whole]]) -> Iterator[Case]:
    """A second process beside every victim."""
    for victim, whole in wholes:

        def second(folder: Path, victim: Victim = victim, whole: Whole = whole) -> Outcome:
            return start_second(victim, whole, folder)

        yield Case(SHARED, f"shared-{victim.name}", second)


def start_second(victim: Victim, whole: Whole, folder: Path) -> Outcome:
    """Halt a run when it works, start the same command in all ways, and let it go on."""
    wrong, said = [], ""
    with started(victim.command(folder), folder, folder / "log-first.txt") as first:
        begun = folder / "run" / victim.begun
        first.wait_until(lambda text: victim.lines(text) > 0 and begun.is_file())
        first.signal(signal.SIGSTOP)
        for way in ((), ("--resume",), ("--overwrite",)):
            own = [*victim.start(begun.parent, folder / "store"), *way]
            code, output = run(own, folder, folder / f"log-second{''.join(way)}.txt")
            said = last_line(output).replace(f"{folder}/", "")
            if code != 2 or "--out run" not in said or "another " not in said:
                wrong.append(f"{' '.join(way) or 'as it is'}: exit code {code}: {said}")
        first.signal(signal.SIGCONT)
        if first.wait():
            wrong.append(f"the first failed: {last_line(first.said)}")
    if not wrong and (other := difference(digests(folder / "run"), digests(whole.folder / "run"))):
        wrong.append(other)
    return Outcome(3, 0 if wrong else 3, said, wrong="; ".join(wrong))
