"""What the verbs that search and learn prompts share: settings, checked inputs, the bench."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from painter_kit.cli.folders import finished_folder
from painter_kit.cli.measured import Measured, report_prompts
from painter_kit.cli.output import QUIET

if TYPE_CHECKING:
    from painter_kit.data.base import Dataset
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.splits import Splits
    from painter_kit.inference.predictor import Predictor
    from painter_kit.tasks.base import Task
    from painter_kit.tracking import Run
    from painter_kit.types import Spec
    from prompt_search.plan import Plan, SearchConfig
    from prompt_search.result import SearchResult
    from prompt_tuning.result import TuneResult

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C")
R = TypeVar("R", "SearchResult", "TuneResult")

Size = int | Literal["all"]
ALL = "all"
CONFIG_FILE = "config.yaml"


@dataclass(frozen=True)
class PromptSettings:
    """What all of them need to know; the defaults suit the embedded model on a laptop.

    ``pool``, ``select``, ``confirm`` and ``test`` cap the splits, ``all`` takes what there is;
    ``panel`` random prompts are the yardstick; ``forward_batch`` pictures are painted at once,
    which can change the last bits of a number.
    """

    task: str = "depth"
    data: str = "world"
    checkpoint: str = "world-tiny"
    precision: str = "fp32"
    threads: int | None = None
    seed: int = 0
    pool: Size = 64
    select: Size = 64
    confirm: Size = 128
    test: Size = 128
    panel: int = 16
    resamples: int = 10_000
    forward_batch: int = 16

    def __post_init__(self) -> None:
        if self.forward_batch < 1:
            raise ValueError(f"forward_batch must be at least 1 but got {self.forward_batch}")


def config_of(cls: type[C], settings: PromptSettings) -> C:
    """A library's own settings from the verb's of the same names; the others have defaults.

    Raises ``InputError`` for values that make no sense.
    """
    names = (f.name for f in fields(cls))  # pyright: ignore[reportArgumentType]
    return cls(**{name: getattr(settings, name) for name in names if hasattr(settings, name)})


class SizeType(click.ParamType):
    """A count of examples, or ``all``."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Size:
        """The count as a number; anything else is a usage error."""
        try:
            return ALL if value == ALL else int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a whole number nor 'all'", param, ctx)


def split_options(function: F) -> F:
    """Give a verb --pool, --select, --confirm, --test and --panel."""
    texts = {
        "pool": "Most candidates.",
        "select": "Most images that choose.",
        "confirm": "Most images that confirm.",
        "test": "Most images kept for evaluation.",
    }
    panel = click.option("--panel", type=int, metavar="N", help="Random prompts to compare with.")
    function = panel(function)
    for name, text in reversed(texts.items()):
        function = click.option(f"--{name}", type=SizeType(), help=text)(function)
    return function


@dataclass(frozen=True)
class Source:
    """Task, data and splits, found and checked; nothing is read beyond headers of files."""

    task: Task
    dataset: Dataset
    spec: Spec[Any]
    splits: Splits

    def cut(self, spec: Spec[Any], splits: Splits) -> list[tuple[Task, Spec[Any], Splits]]:
        """Task, spec and splits of every part; those given for a task without parts."""
        from painter_kit.tasks.base import task_parts

        parts = [(t, own, splits.parts[n]) for n, t, own in task_parts(self.task, spec)]
        return parts or [(self.task, spec, splits)]

    def plan(self, config: SearchConfig) -> Plan:
        """The cost of a search if every pair is usable and the store holds nothing."""
        from prompt_search.plan import make_plan
        from prompt_search.setting import views_of

        select, confirm = self.splits.select, self.splits.confirm
        pools = [len(splits.pool) for _, _, splits in self.cut(self.spec, self.splits)]
        views = views_of(self.task, self.spec, select)
        classes = len(self.spec.coding.palette)
        return make_plan(config, pools, len(select), len(confirm), views, classes)


def open_source(settings: PromptSettings, flags: Mapping[str, Any]) -> Source:
    """Find task and data and cut the splits.

    Raises ``InputError`` for unknown names, a task without ground truth in the data, broken
    files and too few examples.
    """
    from painter_kit.data.base import open_dataset
    from painter_kit.evaluation.splits import Sizes, make_splits
    from painter_kit.tasks.base import get_task, task_parts

    task, dataset = get_task(settings.task), open_dataset(settings.data, flags["data_root"])
    given = (settings.pool, settings.select, settings.confirm, settings.test)
    sizes = Sizes(*(None if size == ALL else size for size in given))
    splits = make_splits(dataset, task.name, sizes, settings.seed)
    spec = dataset.spec(task.name)
    parts = {name: part.name for name, part, _ in task_parts(task, spec)}
    return Source(task, dataset, spec, splits.with_parts(dataset, parts))


@dataclass(frozen=True)
class Bench:
    """Everything a search or a tuning works with."""

    settings: PromptSettings
    predictor: Predictor
    judge: Judge
    splits: Splits


@contextmanager
def open_bench(
    settings: PromptSettings, source: Source, flags: Mapping[str, Any]
) -> Iterator[Bench]:
    """Load weights and pictures, and open the store once everything has proved usable.

    Raises ``InputError`` for device, checkpoint and pictures that cannot be used, and for a
    pool with fewer than two usable pairs; nothing has been written then.
    """
    from painter_kit.cli.runtime import use_device
    from painter_kit.data.specs import with_canvas
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.store import Store, default_store_dir
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter
    from prompt_search.candidates import make_candidates

    device = use_device(flags["device"] or "auto", settings.precision, settings.threads)
    model = load_painter(settings.checkpoint, device)
    predictor = Predictor(model, settings.forward_batch, settings.precision)
    spec, splits = with_canvas(source.spec, predictor.canvas), source.splits.loaded()
    read = [splits.select, splits.confirm]
    for task, own, part in source.cut(spec, splits):
        make_candidates(task, own, part.pool)
        read.append(part.select)
    for examples in read:
        for _ in examples:  # a broken picture is found here; what is read is kept for later
            pass
    with Store(default_store_dir(flags["store"])) as store:
        yield Bench(settings, predictor, Judge.of(predictor, source.task, spec, store), splits)


def run_bench(
    kind: Literal["search", "tune"],
    settings: PromptSettings,
    source: Source,
    out: Path,
    flags: Mapping[str, Any],
    work: Callable[[Bench, Run], R],
    measured: Callable[[Bench, R], Sequence[Measured]],
) -> tuple[R, str | None]:
    """Do the ``work`` of a verb, write and track what it found; its result and the run's id.

    The result appears in ``out`` as a whole; the prompts that were ``measured`` on confirm get
    runs of their own.
    """
    from painter_kit.config import dump_config
    from painter_kit.files import write_text
    from painter_kit.tracking import start_tracking

    verb, name = f"{kind}-prompt", f"{settings.task} {settings.data}"
    with open_bench(settings, source, flags) as bench:
        tracking = start_tracking(flags["mlflow"])
        group = f"{verb} {name} {time.strftime('%Y-%m-%d %H:%M:%S')}"
        with finished_folder(out, verb) as fresh:
            with tracking.run(kind, f"{kind} {name}", group) as run:
                run.params({**asdict(settings), "model_digest": bench.judge.model_digest})
                result = replace(work(bench, run), folder=out)
                result.write(fresh)
                write_text(fresh / CONFIG_FILE, dump_config(settings))
                for path in sorted(fresh.iterdir()):
                    run.artifact(path, path.name if path.is_dir() else "")
            report_prompts(bench, tracking, group, measured(bench, result))
    return result, run.run_id


def is_quiet() -> bool:
    """Whether -q was given."""
    return bool(click.get_current_context().meta.get(QUIET))
