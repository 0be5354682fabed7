"""``painterkit benchmark``: in-context generalisation in numbers, suite by suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli import completion
from painter_kit.cli.benchmark_plan import plan_words, show_plan
from painter_kit.cli.completion import complete
from painter_kit.cli.folders import choose_out, locked_folder
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say, table
from painter_kit.cli.planned import check_hardware
from painter_kit.cli.prompting import CONFIG_FILE, is_quiet
from painter_kit.cli.together import together

if TYPE_CHECKING:
    from benchmarks.suites.base import Suite
    from benchmarks.suites.run import PartResult, Planned, SuiteResult
    from benchmarks.suites.settings import BenchmarkSettings
    from painter_kit.model.painter import Painter

VERB = "benchmark"
_NAMES = {"parts": str, "shots": int}


def _list(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    """``a,b`` as a tuple; None when the option was not given."""
    if value is None:
        return None
    kind = _NAMES[str(parameter.name)]
    try:
        return tuple(kind(item) for item in value.split(",") if item)
    except ValueError:
        raise click.BadParameter(f"expected numbers such as 1,5 but got {value!r}") from None


@click.command()
@click.option(
    "--suite",
    metavar="NAME|FILE",
    shell_complete=complete(completion.suites, "file"),
    help="What to ask; --list tells the names.",
)
@click.option("--list", "listing", is_flag=True, help="List the suites and stop.")
@click.option(
    "--prompts",
    metavar="KIND,...",
    help="random:K, searched[:RUN], learned[:DIR], released; without a folder a searched or "
    "learned prompt is made here [random:16].",
)
@click.option("--protocol", metavar="NAME", help="clean, or what the suite offers [clean].")
@click.option("--parts", metavar="NAME,...", callback=_list, help="Only these parts [all].")
@click.option("--shots", metavar="N,...", callback=_list, help="Supports of a prompt [suite's].")
@click.option("--count", type=click.IntRange(min=2), help="Most queries of a part [all].")
@click.option("--controls", type=click.IntRange(min=0), help="Prompts with controls [4].")
@click.option(
    "--how",
    type=click.Choice(["output", "features", "grid"]),
    help="How several supports paint together [output].",
)
@click.option("--trained-on", metavar="LIST", help="painter, seggpt, world, unknown [auto].")
@click.option("--resamples", type=click.IntRange(min=100), help="Bootstrap resamples [2000].")
@options("checkpoint", "seed", "device", "precision", "segment_type", "threads", "store")
@options("data_root", "out")
@options("resume", "overwrite", "plan", "devices", "throughput", "json", "mlflow", "config", "set")
@options("print_config")
@together(CONFIG_FILE)
def command(**flags: Any) -> None:
    """Measure prompts on tasks and categories that training never had.

    Every part of a suite is asked under K random prompts, searched, learned and released ones, and
    under controls (blank, wrong task, shuffled target, of categories also wrong class). The report
    has means, spread between prompts, what the best of k is worth, gains with intervals, published
    figures and an audit of what training had seen. Everything measured is kept in the store, so
    that a run that was stopped goes on where it was (--resume with its --out).

    Example: painterkit benchmark --suite world-unseen-categories --prompts random:8 --count 64
    """
    if flags["listing"]:
        return _tell_suites(flags["as_json"])
    check_hardware(flags)
    from benchmarks.suites.base import load_suite
    from benchmarks.suites.run import plan_suite
    from benchmarks.suites.settings import BenchmarkSettings

    out = choose_out(flags["out"], VERB, flags["resume"], flags["overwrite"])
    if flags["resume"] and not flags["config"] and (out / CONFIG_FILE).is_file():
        flags["config"] = str(out / CONFIG_FILE)
    settings = resolve(BenchmarkSettings, flags)
    suite, digest = load_suite(settings.suite)
    model = _model(settings, flags)
    planned = plan_suite(suite, settings, flags["data_root"], model.img_size[1])
    if flags["plan"]:
        return show_plan(suite, settings, planned, model, flags)
    say(plan_words(suite, settings, planned), as_json=True)
    result, run_ids = _run(suite, digest, settings, planned, model, out, flags)
    _tell(result, out, flags["as_json"])
    if flags["as_json"]:
        from benchmarks.suites.report import to_json

        emit({**to_json(result), "out": out, "run_ids": run_ids})


def _tell_suites(as_json: bool) -> None:
    from benchmarks.suites.base import load_suite, suite_names

    suites = [load_suite(name)[0] for name in suite_names()]
    rows = [
        {
            "suite": s.name,
            "version": s.version,
            "parts": len(s.parts),
            "data": ", ".join(dict.fromkeys(p.data for p in s.parts)),
            "protocols": ", ".join(s.protocols),
            "title": s.title,
        }
        for s in suites
    ]
    if as_json:
        emit({"suites": rows})
    else:
        say(table(rows))


def _model(settings: BenchmarkSettings, flags: dict[str, Any]) -> Painter:
    from painter_kit.cli.runtime import use_device
    from painter_kit.model.checkpoint import load_painter

    device = use_device(flags["device"] or "auto", settings.precision, settings.threads)
    return load_painter(settings.checkpoint, device)


def _run(
    suite: Suite,
    digest: str,
    settings: BenchmarkSettings,
    planned: Sequence[Planned],
    model: Painter,
    out: Path,
    flags: dict[str, Any],
) -> tuple[SuiteResult, list[str]]:
    """Ask, write and report; the result and the ids of its MLflow runs."""
    from benchmarks.suites.novelty import training_of
    from benchmarks.suites.report import write
    from benchmarks.suites.run import run_suite
    from painter_kit.cli.benchmark_runs import draw, report
    from painter_kit.config import dump_config
    from painter_kit.evaluation.shared import open_store
    from painter_kit.evaluation.store import default_store_dir
    from painter_kit.files import write_text
    from painter_kit.tracking import start_tracking

    training = training_of(settings.trained_on, settings.checkpoint, model)
    tracking = start_tracking(flags["mlflow"])

    def tell(part: PartResult) -> None:
        random = part.figures.kinds["random"]
        name, metric = part.planned.opened.part.name, part.figures.spec.metric
        say(f"{name}, {part.planned.shots}-shot: {metric} {random.value:.4g}", as_json=True)

    with (
        locked_folder(out, VERB, flags["overwrite"]) as folder,
        open_store(default_store_dir(flags["store"])) as store,
    ):
        write_text(folder / CONFIG_FILE, dump_config(settings))
        result = run_suite(
            suite, digest, settings, planned, model, training, store, folder, tell, is_quiet()
        )
        write(result, folder)
        pictures = draw(result, model, folder)
        run_ids = report(result, model, store, tracking, folder, pictures)
    return result, run_ids


def _tell(result: SuiteResult, out: Path, as_json: bool) -> None:
    from benchmarks.suites.beside import beside
    from benchmarks.suites.tables import control_cells, optimised_cells, random_cells

    blocks = [table(random_cells(result))]
    blocks += [table(rows) for rows in (optimised_cells(result), control_cells(result)) if rows]
    if figures := beside(result):
        blocks.append(table([one.cells() for one in figures]))
    say("\n\n".join(blocks), as_json)
    say(
        f"\n{result.new} forwards made, {result.reused} taken from the store\n"
        f"written to {out}: report.md, numbers.csv, curves.png, pictures.png, episodes",
        as_json,
    )
