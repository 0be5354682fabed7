"""``painterkit compare``: paired tests between runs that measured the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli.options import options
from painter_kit.cli.output import emit, say, table

if TYPE_CHECKING:
    from painter_kit.report.compared import Pairing


@click.command()
@click.argument("runs", nargs=-1, metavar="RUN_A RUN_B...", type=click.Path(path_type=Path))
@click.option(
    "--resamples", type=click.IntRange(min=1), default=10_000, help="Bootstrap resamples [10000]."
)
@options("seed", "store", "data_root", "json")
def command(**flags: Any) -> None:
    """Is RUN_B better than RUN_A? And every further run?

    Runs are the --out of evaluate, search-prompt or tune-prompt; the latter two count with what
    they measured on confirm. Both must have measured the same pictures by the same protocol;
    their Records are taken from the store, nothing is painted. Differences are positive when the
    later run is better; p-values are adjusted over all tasks and runs (Holm).

    Runs of benchmark, or folders that hold one for each suite, are compared in every part and kind
    of prompt that they have in common, random prompts made of the same supports with each other.

    Example: painterkit compare runs/evaluate-1 runs/evaluate-2
    """
    if len(flags["runs"]) < 2:
        raise click.UsageError("give at least two runs, RUN_A and RUN_B")
    pairings = _pairings(flags)
    say(_words(pairings), flags["as_json"])
    if flags["as_json"]:
        emit({"tests": len(pairings), "rows": [one.to_json() for one in pairings]})


def _pairings(flags: dict[str, Any]) -> list[Pairing]:
    from benchmarks.suites.paired import compare_benchmarks
    from benchmarks.suites.recalled import benchmark_runs
    from painter_kit.report.compared import compare_runs
    from painter_kit.report.runs import open_run
    from painter_kit.report.source import Access

    access, seed = Access(flags["store"], flags["data_root"]), flags["seed"] or 0
    if any(benchmark_runs(path) for path in flags["runs"]):
        return compare_benchmarks(flags["runs"], access, seed, flags["resamples"])
    opened = [open_run(path) for path in flags["runs"]]
    return compare_runs(opened, access, seed, flags["resamples"])


def _words(pairings: Sequence[Pairing]) -> str:
    baseline = pairings[0].baseline
    rows = [_cells(one) for one in pairings]
    return (
        f"against {baseline}:\n{table(rows)}\n"
        f"difference: positive is better; 95 % intervals and p-values over groups of pictures, "
        f"p (Holm) adjusted for {len(pairings)} comparison{'s' * (len(pairings) > 1)}"
    )


def _cells(one: Pairing) -> dict[str, object]:
    spec, comparison = one.spec, one.comparison
    gain = comparison.gain
    shots = f", {one.shots}-shot" * (one.shots > 1)
    asked = {"part": one.split, "prompts": f"{one.prompts}{shots}"} if one.prompts else {}
    return {
        "run": one.run,
        **asked,
        "task": spec.task,
        "metric": f"{spec.metric} {spec.unit}".rstrip(),
        "n": one.images,
        "RUN_A": f"{comparison.baseline.value:.4g}",
        "this run": f"{comparison.ours.value:.4g}",
        "difference": f"{gain.value:+.4g}",
        "95 % interval": f"{gain.ci_low:+.4g} to {gain.ci_high:+.4g}",
        "p": f"{gain.p_value:.2g}",
        "p (Holm)": f"{one.p_holm:.2g}",
        "verdict": one.verdict,
    }
