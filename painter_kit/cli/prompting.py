"""What the verbs that search and learn prompts share: settings, checked inputs, the bench."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from painter_kit.cli.output import QUIET

if TYPE_CHECKING:
    from painter_kit.data.base import Dataset
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.shared import AnyStore
    from painter_kit.evaluation.splits import Splits
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.tasks.base import Task
    from painter_kit.types import Spec
    from prompt_search.config import SearchConfig
    from prompt_search.plan import Plan

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C")

Size = int | Literal["all"]
ALL = "all"
CONFIG_FILE = "config.yaml"
RESULT_FILE = "result.json"


@dataclass(frozen=True)
class PromptSettings:
    """What all of them need to know; the defaults suit the embedded model on a laptop.

    ``pool``, ``select``, ``confirm`` and ``test`` cap the splits, ``all`` takes what there is;
    ``panel`` random prompts are the yardstick; ``forward_batch`` pictures are painted at once,
    which can change the last bits of a number; so can ``compile``, a backend of torch.compile,
    and ``attention``, a kernel (``predictor.KERNELS``), whose results are kept apart in the store.
    ``segment_type`` is SegGPT's type token, ``auto`` that of the task. Painted outputs take up to
    ``painted_mb`` in the store.
    """

    task: str = "depth"
    data: str = "world"
    checkpoint: str = "world-tiny"
    precision: str = "fp32"
    compile: str | None = None
    attention: str = "auto"
    threads: int | None = None
    seed: int = 0
    pool: Size = 64
    select: Size = 64
    confirm: Size = 128
    test: Size = 128
    panel: int = 16
    resamples: int = 10_000
    segment_type: Literal["auto", "semantic", "instance"] = "auto"
    forward_batch: int = 16
    painted_mb: int = 512

    def __post_init__(self) -> None:
        for name, least in (("forward_batch", 1), ("painted_mb", 0)):
            if (value := getattr(self, name)) < least:
                raise ValueError(f"{name} must be at least {least} but got {value}")


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
    """Task, data and splits, found and checked; nothing is read beyond headers of files.

    ``given`` prompts join the candidates of every part.
    """

    task: Task
    dataset: Dataset
    spec: Spec[Any]
    splits: Splits
    given: Sequence[AnyPrompt] = ()

    def cut(self, spec: Spec[Any], splits: Splits) -> list[tuple[Task, Spec[Any], Splits]]:
        """Task, spec and splits of every part; those given for a task without parts."""
        from painter_kit.tasks.base import task_parts

        parts = [(t, own, splits.parts[n]) for n, t, own in task_parts(self.task, spec)]
        return parts or [(self.task, spec, splits)]

    def check(self, config: SearchConfig) -> None:
        """Raise ``InputError`` when the task or the data cannot have what is asked for."""
        from painter_kit.evaluation.released import RELEASED, released_prompt
        from prompt_search.alternatives import check_also

        check_also(config.also, self.task, self.spec)
        self._check_class(config.pool_class)
        if config.strategy == RELEASED:
            released_prompt(self.task, self.dataset, self.spec, "--strategy")

    def _check_class(self, name: str) -> None:
        """Raise ``InputError`` for a class of the pool that no part of the task has."""
        from painter_kit.tasks.classes import class_index

        if not name:
            return
        specs = [part for _, part in self.spec.parts] or [self.spec]
        classed = [spec for spec in specs if spec.classes]
        for spec in classed or specs[:1]:
            class_index(spec, name)

    def plan(self, config: SearchConfig) -> Plan:
        """The cost of a search if every pair is usable and the store holds nothing."""
        from prompt_search.setting import plan_of

        cut = self.cut(self.spec, self.splits)
        planned = [config.planned(len(splits.pool)) for _, _, splits in cut]
        pools = [most + len(self.given) * config.each for most, _ in planned]
        config = replace(config, panel=min(config.panel, *(most for most, _ in planned)))
        plan = plan_of(self.task, self.spec, self.splits, config, pools)
        return replace(plan, notes=tuple(cap.sentence for _, cap in planned if cap))

    def throughput(self, predictor: Predictor) -> float:
        """Forwards per second of this machine, over the parts, timed on a few batches.

        The first pair of the pool is the prompt; nothing is kept. Raises ``InputError`` for
        pictures that cannot be read.
        """
        from painter_kit.data.specs import with_canvas
        from painter_kit.evaluation.cost import measure_throughput
        from painter_kit.evaluation.pool import pool_prompt
        from painter_kit.tasks.base import make_pair

        paces = []
        for task, spec, splits in self.cut(with_canvas(self.spec, predictor.canvas), self.splits):
            first = splits.pool[0]
            prompt = pool_prompt(task, spec, first, make_pair(task, spec, first))
            painting = predictor.pictures, predictor.batch_size
            paces.append(1 / measure_throughput(task, spec, prompt, splits.select, *painting))
        return len(paces) / sum(paces)


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
    dataset: Dataset
    store: AnyStore

    def keep_queries(self, prompts: Sequence[AnyPrompt]) -> None:
        """Keep painted pictures of confirm for a report about ``prompts``, first the main one."""
        from painter_kit.cli.kept_queries import keep_queries

        shown = self.splits.confirm, prompts
        keep_queries(self.predictor, self.judge, self.store, self.dataset, *shown)


def open_predictor(settings: PromptSettings, flags: Mapping[str, Any]) -> Predictor:
    """Load the weights. Raises ``InputError`` for device and checkpoint that cannot be used."""
    from painter_kit.cli.runtime import use_device
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter

    device = use_device(flags["device"] or "auto", settings.precision, settings.threads)
    model = load_painter(settings.checkpoint, device)
    return Predictor(
        model,
        settings.forward_batch,
        settings.precision,
        compile=settings.compile,
        attention=settings.attention,
        segment_type=settings.segment_type,
    )


@contextmanager
def open_bench(
    settings: PromptSettings,
    source: Source,
    flags: Mapping[str, Any],
    rules: SearchConfig | None = None,
) -> Iterator[Bench]:
    """Load weights and pictures, and open the store once everything has proved usable.

    Raises ``InputError`` for device, checkpoint and pictures that cannot be used, for a pool with
    fewer than two usable pairs and for given prompts that cannot join it; nothing has been
    written then.
    """
    from painter_kit.data.specs import with_canvas
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.node import node_share
    from painter_kit.evaluation.shared import open_store
    from painter_kit.evaluation.store import default_store_dir
    from prompt_search.config import SearchConfig

    predictor = open_predictor(settings, flags)
    with node_share() as share:
        spec = with_canvas(source.spec, predictor.canvas)
        splits = source.splits.mapped(share).loaded()
        _read_all(source, spec, splits, rules or SearchConfig())
        with open_store(default_store_dir(flags["store"]), settings.painted_mb << 20) as store:
            judge = Judge.of(predictor, source.task, spec, store)
            yield Bench(settings, predictor, judge, splits, source.dataset, store)


def _read_all(source: Source, spec: Spec[Any], splits: Splits, rules: SearchConfig) -> None:
    """Read every picture that a search needs; broken ones are found before anything is written."""
    from prompt_search.setting import make_pools

    cut = source.cut(spec, splits)
    # Reads select and confirm too. A cap only costs time and takes nothing that must be there.
    config = replace(rules, max_candidates=None)
    parts = [(task, own, part.pool) for task, own, part in cut]
    make_pools(source.task.parts, parts, config, splits, source.given)
    for examples in [part.select for _, _, part in cut]:
        for _ in examples:  # what is read is kept for later
            pass


def is_quiet() -> bool:
    """Whether -q was given."""
    return bool(click.get_current_context().meta.get(QUIET))
