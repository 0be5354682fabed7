"""``python -m benchmarks.faults``: faults of all kinds, counted, each checked."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from benchmarks.faults.case import Campaign
from benchmarks.faults.plan import FAULTS, plan_of, run_all
from benchmarks.faults.report import write_report
from painter_kit.errors import PainterKitError


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=Path, required=True, help="Folder of the cases and the report.")
@click.option("--kills", type=click.IntRange(1), default=200, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(FAULTS), help="These faults alone.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of moments.")
@click.option("--plan", is_flag=True, help="Print what would be tried, then stop.")
def command(out: Path, kills: int, only: tuple[str, ...], seed: int, plan: bool) -> None:
    """Do harm to real commands and check that they recover as docs/faults.md promises.

    Cases that are finished are kept in --out: the same command goes on with the others. Exit code
    1 if any fault did not go as promised.
    """
    only = only or FAULTS
    click.echo(plan_of(kills, only), err=not plan)
    if plan:
        return
    campaign = Campaign(out, lambda line: click.echo(line, err=True))
    run_all(campaign, kills, only, seed)
    click.echo(write_report(campaign, seed))
    if not all(outcome.good for _, outcome in campaign.done.values()):
        sys.exit(1)


def main() -> None:
    """The command; errors of users are one line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what it has started ends with it
    try:
        command(prog_name="python -m benchmarks.faults")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
