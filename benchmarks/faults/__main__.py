"""``python -m benchmarks.faults``: faults of all kinds, counted, each checked."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks.faults.case import Campaign
from benchmarks.faults.kills import kill_all
from benchmarks.faults.report import write_report
from benchmarks.faults.victims import EVALUATOR, SEARCHER, TUNER, make_pairs, trainer
from benchmarks.faults.worker import kill_workers
from benchmarks.faults.writing import kill_writers
from painter_kit.errors import PainterKitError

SHARE = 0.06  # of all kills for each of the five real commands; the store's writer has the rest


def kills_by_kind(kills: int) -> dict[str, int]:
    """How many of so many kills each kind gets."""
    real = {name: math.ceil(SHARE * kills) for name in REAL}
    return {**real, "writer": max(0, kills - sum(real.values()))}


REAL: dict[str, Callable[[Campaign, int, int], None]] = {
    "searcher": lambda campaign, kills, seed: kill_all(campaign, SEARCHER, kills, seed),
    "worker": kill_workers,
    "tuner": lambda campaign, kills, seed: kill_all(campaign, TUNER, kills, seed),
    "trainer": lambda campaign, kills, seed: kill_all(
        campaign, trainer(make_pairs(campaign.work("pairs"))), kills, seed
    ),
    "evaluator": lambda campaign, kills, seed: kill_all(campaign, EVALUATOR, kills, seed),
}
KILLS = {**REAL, "writer": kill_writers}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=Path, required=True, help="Folder of the cases and the report.")
@click.option("--kills", type=click.IntRange(1), default=200, show_default=True)
@click.option("--only", multiple=True, type=click.Choice([*KILLS]), help="This kind; again.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of moments.")
@click.option("--plan", is_flag=True, help="Print what would be done, then stop.")
def command(out: Path, kills: int, only: tuple[str, ...], seed: int, plan: bool) -> None:
    """Do harm to real commands and check that they recover as promised."""
    counts = kills_by_kind(kills)
    campaign = Campaign(out, lambda line: click.echo(line, err=True))
    for name, kill in KILLS.items():
        if not only or name in only:
            kill(campaign, counts[name], seed)
    click.echo(write_report(campaign, seed))
    if not all(outcome.good for _, outcome in campaign.done.values()):
        sys.exit(1)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.faults")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
