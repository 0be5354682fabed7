"""``python -m benchmarks.plans``: what the released model costs on the real sets, computed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from benchmarks.output import markdown_table
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.cost import Rate
from painter_kit.evaluation.effort import Effort, in_bytes

MODEL = RECIPE = "painter-vit-large"


@dataclass(frozen=True)
class RealSet:
    """A published set: pairs to ``train`` on, pictures of its ``test``, by the sets' own lists.

    ``sides``: pixels of the canvas that each part is painted at; ``views``: pictures painted for
    one example of each part (mirrored once more for keypoints).
    """

    task: str
    data: str
    train: int
    test: int
    sides: tuple[int, ...] = (448,)
    views: int = 1


# Of COCO's 118,287 training pictures 117,266 show a thing. Its keypoints count persons: those with
# labelled keypoints in training, and the detections that the published evaluation reads.
SETS = (
    RealSet("depth", "nyuv2", 24_231, 654),
    RealSet("semantic", "ade20k", 20_210, 2000),
    RealSet("panoptic", "coco", 118_287, 5000, (560, 560)),
    RealSet("instance", "coco", 117_266, 5000, (560,)),
    RealSet("keypoint", "coco", 149_813, 104_125, views=2),
    RealSet("denoise", "sidd", 96_000, 1280),
    RealSet("derain", "derain", 13_712, 4300),
    RealSet("enhance", "lol", 485, 15),
)


@dataclass(frozen=True)
class Row:
    """One piece of work."""

    what: str
    work: str
    effort: Effort

    def cells(self, rates: Sequence[float]) -> dict[str, object]:
        """The figures for people."""
        effort = self.effort
        hours = {
            f"device-hours at {rate:g}/s": in_hours(effort.device_hours(Rate(rate)))
            for rate in rates
        }
        return {
            "set": self.what,
            "work": self.work,
            "forwards": f"{effort.forwards:,}",
            "forward and back": f"{effort.samples:,} x {effort.each:g}" if effort.samples else "-",
            **hours,
            "on disk": in_bytes(sum(effort.storage.values())),
        }


def in_hours(hours: float) -> str:
    """Three digits, and whole hours from a hundred on."""
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.3g}"


def planned_rows(sets: Sequence[RealSet], select: int, confirm: int) -> Iterator[Row]:
    """Both searches, tuning and evaluation of every set, then the training of all."""
    from painter_kit.config import load_config
    from painter_kit.training.effort import planned_config, train_effort
    from painter_kit.training.recipe import TrainSettings

    for one in sets:
        yield from _set_rows(one, select, confirm)
    settings = load_config(TrainSettings, RECIPE)
    effort = train_effort(settings, planned_config(settings))
    yield Row("all lists", f"training, {RECIPE}", effort)


def _set_rows(one: RealSet, select: int, confirm: int) -> Iterator[Row]:
    import torch

    from painter_kit.evaluation.splits import quotas
    from painter_kit.evaluation.storage import picture_bytes
    from painter_kit.model.builders import get_config
    from painter_kit.options.search import MOST_CANDIDATES
    from prompt_search.config import SearchConfig
    from prompt_search.plan import Extras, make_plan
    from prompt_tuning.config import TuneConfig
    from prompt_tuning.plan import make_tune_plan, tune_effort

    counts = quotas(one.train, ("pool", "select", "confirm"))
    select, confirm = min(select, counts["select"]), min(confirm, counts["confirm"])
    record, name = _record_bytes(one), f"{one.task}, {one.data}"
    prompt = sum(picture_bytes(side, 2) for side in one.sides)
    plans = []
    for work in ("exhaustive", "halving"):
        cap = None if work == "exhaustive" else MOST_CANDIDATES
        config = SearchConfig(strategy=work, max_candidates=cap)
        most, _ = config.planned(counts["pool"])
        sizes = [most] * len(one.sides), select, confirm
        plan = make_plan(config, *sizes, one.views, Extras(released=True))
        plans.append(plan)
        storage = {"store": round(plan.total / one.views * record), "prompt": prompt}
        pairs = f"{most:,} pairs x {select} pictures"
        yield Row(name, f"{work} search, {pairs}", Effort(plan.total, storage=storage))
    with torch.device("meta"):
        model = get_config(MODEL).build()
    config = TuneConfig()
    tuned = make_tune_plan(config, config.pace(model), plans[-1], searched=False)
    steps = f"tuning, {tuned.pace.steps} steps x {tuned.pace.batch}"
    yield Row(name, steps, tune_effort(tuned, model, one.sides, record / one.views))
    forwards = one.test * one.views * len(one.sides)
    storage = {"store": round(one.test * record), "prompt": prompt}
    yield Row(name, f"evaluation, {one.test:,} pictures", Effort(forwards, storage=storage))


def _record_bytes(one: RealSet) -> float:
    """As of the pictures of the world, whose Records of this task are made alike."""
    from painter_kit.data.base import open_dataset
    from painter_kit.evaluation.storage import record_bytes
    from painter_kit.tasks.base import get_task

    world = open_dataset("world")
    examples = world.examples(one.task, world.sources["select"])
    return record_bytes(get_task(one.task), world.spec(one.task), examples)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--throughput",
    "rates",
    type=click.FloatRange(0, min_open=True),
    multiple=True,
    default=(1.0, 10.0, 100.0),
    show_default=True,
    help="Forwards per second of a device, assumed.",
)
@click.option("--task", "tasks", multiple=True, help="Only these tasks.")
@click.option("--select", type=click.IntRange(2), default=500, show_default=True)
@click.option("--confirm", type=click.IntRange(2), default=500, show_default=True)
def command(rates: tuple[float, ...], tasks: tuple[str, ...], select: int, confirm: int) -> None:
    """Print the cost of searching, tuning, training and evaluating as a Markdown table.

    Computed by the code that the verbs plan with, from the sizes of the published sets; neither
    weights nor data are needed and nothing is measured. The default paces are assumptions.
    """
    known = [one.task for one in SETS]
    if unknown := set(tasks) - set(known):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}; there are {', '.join(known)}")
    sets = [one for one in SETS if not tasks or one.task in tasks]
    click.echo(markdown_table([row.cells(rates) for row in planned_rows(sets, select, confirm)]))


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.plans")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
