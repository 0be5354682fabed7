"""``python -m benchmarks.bad_input``: damaged and malicious inputs for every reader."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
from tqdm import tqdm

from benchmarks.bad_input.campaign import Campaign, Journal, chunks, make_samples
from benchmarks.bad_input.campaign import working_folder as folder_of_cases
from benchmarks.bad_input.case import FAILURE, Outcome, Runner
from benchmarks.bad_input.damage import generator, make_case
from benchmarks.bad_input.report import write_report
from benchmarks.bad_input.table import get_reader, shares
from benchmarks.bad_input.worker import read_sample
from painter_kit.errors import InputError, PainterKitError

RATE = 60.0  # cases per second and process, about


def run_campaign(
    out: Path, inputs: int, seed: int, processes: int, only: Sequence[str] = ()
) -> list[Outcome]:
    """Every case that is not done yet; the outcomes of all. Cases that fail are kept in ``out``."""
    cases = {name: get_reader(name) and 0 for name in only} or shares(inputs)
    cases = {name: inputs // len(only) if only else count for name, count in cases.items()}
    out.mkdir(parents=True, exist_ok=True)
    journal = Journal(out, {"inputs": inputs, "seed": seed, "only": list(only)})
    known = journal.outcomes()
    make_samples(out / "samples", list(cases))
    found = [outcome for _, outcomes in known for outcome in outcomes]
    left = chunks(cases, [chunk for chunk, _ in known])
    quiet = None if sys.stderr.isatty() else True
    with (
        folder_of_cases() as place,
        tqdm(total=sum(cases.values()), initial=len(found), disable=quiet, unit="") as bar,
    ):
        for chunk, outcomes in Campaign(out / "samples", place, seed, processes).run(left):
            journal.add(chunk, outcomes)
            found += outcomes
            _keep(out, outcomes, seed)
            bar.update(len(outcomes))
    return found


def _keep(out: Path, outcomes: Sequence[Outcome], seed: int) -> None:
    """Write the inputs that failed to ``failures/READER-NUMBER``."""
    for outcome in outcomes:
        folder = out / "failures" / f"{outcome.reader}-{outcome.number}"
        if outcome.outcome == FAILURE and not folder.exists():
            folder.mkdir(parents=True)
            sample = read_sample(out / "samples" / outcome.reader)
            rng = generator(seed, outcome.reader, outcome.number)
            make_case(get_reader(outcome.reader), sample, folder, rng)


def run_one(out: Path, case: str, seed: int) -> Outcome:
    """A single case ``READER:NUMBER`` in this process. Raises ``InputError`` for another form."""
    name, _, number = case.rpartition(":")
    if not number.isdecimal() or not name:
        raise InputError(f"--case {case}: write READER:NUMBER, as in image:17")
    reader = get_reader(name)
    make_samples(out / "samples", [name])
    with folder_of_cases() as place:
        sample = read_sample(out / "samples" / name)
        return Runner(place, seed).run(reader, sample, int(number))


def plan(inputs: int, processes: int) -> str:
    """What a campaign does and how long it takes, about."""
    cases = shares(inputs)
    lines = [f"{name}: {count} inputs" for name, count in cases.items()]
    seconds = sum(cases.values()) / RATE / processes
    lines.append(
        f"{sum(cases.values())} inputs for {len(cases)} readers, about {seconds / 60:.0f} min in "
        f"{processes} processes"
    )
    return "\n".join(lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=Path, required=True, help="Folder of samples, failures and the report.")
@click.option("--inputs", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all damage.")
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True)
@click.option("--reader", "only", multiple=True, help="Only this reader; may be repeated.")
@click.option("--case", help="Run READER:NUMBER alone and tell how it ended.")
@click.option("--plan", "planned", is_flag=True, help="Print readers and cost, then stop.")
def command(
    out: Path,
    inputs: int,
    seed: int,
    processes: int,
    only: tuple[str, ...],
    case: str | None,
    planned: bool,
) -> None:
    """Give every reader damaged inputs and see that it accepts them or refuses them in one line.

    Anything else counts as a failure: another exception, no end within seconds, much memory, a
    program started, a file touched beside the input's folder. Called again it goes on where it
    stopped. Exit code 1 if any input failed.
    """
    if planned:
        click.echo(plan(inputs, processes))
        return
    if case:
        outcome = run_one(out, case, seed)
        click.echo(f"{outcome.outcome}: {outcome.damage}: {outcome.reason}".rstrip(": "))
        sys.exit(int(outcome.outcome == FAILURE))
    start = time.monotonic()
    outcomes = run_campaign(out, inputs, seed, processes, only)
    click.echo(write_report(out, outcomes, seed))
    click.echo(f"this call took {time.monotonic() - start:.0f} s", err=True)
    if any(outcome.outcome == FAILURE for outcome in outcomes):
        sys.exit(1)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.bad_input")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
