"""``python -m benchmarks.abilities``: show on test scenes what a Painter of the world can do."""

from __future__ import annotations

import logging
import shlex
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from painter_kit.errors import PainterKitError

if TYPE_CHECKING:
    from benchmarks.abilities.plan import WatchedPredictor
    from benchmarks.abilities.report import Report


@dataclass(frozen=True)
class Sizes:
    """Queries and random prompts of the bars and of the contrasts; ``seed`` chooses them."""

    examples: int
    prompts: int
    contrasts: int
    contrast_prompts: int
    seed: int


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--checkpoint", default="world-tiny", show_default=True, help="Weights or name.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of tables and picture.",
)
@click.option(
    "--examples",
    type=click.IntRange(2),
    default=500,
    show_default=True,
    help="Queries of the bars and of task switching.",
)
@click.option(
    "--prompts",
    type=click.IntRange(2),
    default=8,
    show_default=True,
    help="Random prompts of each task for them.",
)
@click.option(
    "--contrasts",
    type=click.IntRange(2),
    default=80,
    show_default=True,
    help="Queries of the right prompts against others.",
)
@click.option(
    "--contrast-prompts",
    type=click.IntRange(2),
    default=16,
    show_default=True,
    help="Random prompts of each kind there: those differ more than the queries.",
)
@click.option(
    "--batch",
    type=click.IntRange(1),
    default=16,
    show_default=True,
    help="Queries painted at once.",
)
@click.option("--threads", type=click.IntRange(1), help="CPU threads.  [torch's]")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Which prompts and queries.",
)
@click.option("--plan", is_flag=True, help="Print forwards and time, and do nothing else.")
@click.pass_context
def command(
    context: click.Context, checkpoint: str, out: Path, batch: int, threads: int | None, plan: bool,
    **sizes: int,
) -> None:  # fmt: skip
    """Task switching, reading of the prompt, and what training never showed, on the untouched
    test split of the world.

    With the sizes of the defaults it paints 153,000 pictures; --plan says how long that takes here.
    It cannot be continued: what is stopped begins anew. The exit code is 1 when a bar is not held.
    """
    import torch

    from benchmarks.abilities.plan import WatchedPredictor, forwards, measured_rate, plan_text
    from painter_kit.model.checkpoint import load_painter

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if threads:
        torch.set_num_threads(threads)
    chosen = Sizes(**sizes)
    predictor = WatchedPredictor(load_painter(checkpoint), batch)
    planned = forwards(chosen.examples, chosen.prompts, chosen.contrasts, chosen.contrast_prompts)
    told = plan_text(planned, measured_rate(predictor, chosen.seed))
    click.echo(told, err=not plan)
    if plan:
        return
    report = measure(predictor, checkpoint, chosen, out, sum(planned.values()), typed(context))
    report.write(out)
    click.echo(report.markdown)
    if not all(bar.held for bar in report.bars):
        context.exit(1)


def measure(
    predictor: WatchedPredictor, checkpoint: str, sizes: Sizes, out: Path, total: int, line: str
) -> Report:
    """All tables of one model, and the picture in ``out``, while a bar moves on to ``total``."""
    from benchmarks.abilities.bars import switching_bars, task_bars
    from benchmarks.abilities.picture import draw, show
    from benchmarks.abilities.reading import reading
    from benchmarks.abilities.report import Made, Report
    from benchmarks.abilities.switch import figure_switching, scene_switching
    from benchmarks.abilities.unseen import unseen
    from painter_kit.data.pictures import write_png
    from painter_kit.evaluation.progress import forward_bar

    start, before = time.monotonic(), predictor.painted
    few = sizes.contrasts, sizes.contrast_prompts, sizes.seed
    many = sizes.prompts, sizes.seed
    with forward_bar(total, "abilities") as predictor.bar:
        write_png(out / "abilities.png", draw(show(predictor, sizes.seed)))
        predictor.begin("bars")
        bars = list(task_bars(predictor, sizes.examples, *many))
        predictor.begin("task switching")
        scenes = scene_switching(predictor, sizes.examples, *many)
        figures = figure_switching(predictor, sizes.examples, *many)
        predictor.begin("reading the prompt")
        read = reading(predictor, *few)
        predictor.begin("what training never showed")
        new = unseen(predictor, *few)
    return Report(
        checkpoint=checkpoint,
        model_digest=predictor.model_digest,
        prompts=sizes.prompts,
        made=Made(line, predictor.painted - before, time.monotonic() - start),
        bars=[*bars, *switching_bars(scenes, figures)],
        switching={"Scenes": scenes, "Figures": figures},
        reading=read.contrasts,
        unseen=new.contrasts,
        shapes=[*read.shapes, *new.shapes],
    )


def typed(context: click.Context) -> str:
    """The command line that measures the same, with a folder of the reader's own."""
    words = ["python", "-m", "benchmarks.abilities", "--out", "DIR"]
    for option in context.command.params:
        value = context.params[str(option.name)]
        given = value is not None and value != option.get_default(context)
        if given and option.name not in ("out", "plan"):
            words += [option.opts[0], str(value)]
    return shlex.join(words)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.abilities")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
