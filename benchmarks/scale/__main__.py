"""``python -m benchmarks.scale``: how much faster several processes search than one."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import click

from benchmarks.output import markdown_table, write_csv
from painter_kit.errors import PainterKitError
from painter_kit.files import write_text

WORKER = "benchmarks.scale.worker"


def measure(processes: int, *options: str) -> float:
    """Forwards per second of a group of single-threaded processes.

    Raises ``PainterKitError`` with the group's first words when it fails.
    """
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={processes}", "-m", WORKER, *options]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        said = " ".join(done.stderr.split())  # the launcher's own report comes last
        raise PainterKitError(f"{processes} processes failed: {said[:500]}")
    return float(done.stdout.split()[-1])


def table(rounds: dict[int, list[float]]) -> list[dict[str, object]]:
    """A row per number of processes: median rate, and the ratio to one process by rounds."""
    rows = []
    for processes, rates in rounds.items():
        ratios = [rate / one for rate, one in zip(rates, rounds[1], strict=True)]
        rows.append(
            {
                "processes": processes,
                "forwards/s (median)": f"{statistics.median(rates):.1f}",
                "times one process (median)": f"{statistics.median(ratios):.2f}",
                "range": f"{min(ratios):.2f} to {max(ratios):.2f}",
            }
        )
    return rows


@click.command()
@click.option("--out", type=Path, required=True, help="Folder of the tables.")
@click.option("--processes", type=click.IntRange(2), multiple=True, default=[2], show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--prompts", type=click.IntRange(1), default=32, show_default=True)
@click.option("--images", type=click.IntRange(1), default=64, show_default=True)
@click.option("--task", default="depth", show_default=True)
def main(
    out: Path, processes: tuple[int, ...], rounds: int, prompts: int, images: int, task: str
) -> None:
    """Judge the same cells with one process and with several, in turn."""
    options = ("--prompts", str(prompts), "--images", str(images), "--task", task)
    found: dict[int, list[float]] = {size: [] for size in (1, *processes)}
    try:
        for number in range(rounds):
            for size, rates in found.items():
                rates.append(measure(size, *options))
                click.echo(f"round {number + 1}: {size} process(es) {rates[-1]:.1f}/s", err=True)
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    rows = table(found)
    about = f"{prompts} prompts x {images} images of {task} on {os.cpu_count()} cores"
    text = f"{markdown_table(rows)}\n\n{about}, {rounds} interleaved rounds.\n"
    write_text(out / "scale.md", text)
    write_csv(out / "scale.csv", rows)
    click.echo(text)


if __name__ == "__main__":
    main()
