"""A benchmark's folder opened again: its Records by part and kind of prompt, from the store.

Data are read and episodes drawn anew, which must come out as the run noted them; nothing is
painted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.suites.base import Suite, choose_parts, load_suite
from benchmarks.suites.chosen import kept_prompts
from benchmarks.suites.measure import RANDOM, Asking, ByPrompt
from benchmarks.suites.run import Planned, batch_of, held_of, plan_suite
from benchmarks.suites.settings import BenchmarkSettings
from painter_kit.config import load_config
from painter_kit.errors import InputError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.shared import AnyStore
from painter_kit.evaluation.store import Store
from painter_kit.report.runs import BENCHMARK, CONFIG, RunFolder, as_written, is_benchmark, open_run
from painter_kit.report.source import Access, canvas_of, has_types, numerics_of, store_folder


class _Unknown(Exception):
    """Something is not in the store."""


@dataclass(frozen=True)
class Recalled:
    """What a run measured of one part at one number of shots; ``records`` by kind of prompt, each
    ``[k][j]`` of its k-th prompt on the j-th query. ``held`` as in ``measure.Asked``."""

    run: Path
    suite: Suite
    protocol: str
    planned: Planned
    groups: Sequence[str]
    categories: Sequence[str]
    held: Sequence[bool]
    records: Mapping[str, ByPrompt]

    @property
    def what(self) -> str:
        """The part, for messages."""
        return f"{self.planned.opened.part.name}, {self.planned.shots}-shot"


def benchmark_runs(path: Path) -> list[RunFolder]:
    """The run in a folder, or those in its sub-folders (one for each suite), by name.

    Empty when there are none. Raises ``InputError`` for one that has not ended.
    """
    if is_benchmark(path):
        return [open_run(path, (BENCHMARK,))]
    below = sorted(path.iterdir()) if path.is_dir() else []
    return [open_run(p, (BENCHMARK,)) for p in below if p.is_dir() and is_benchmark(p)]


def recall_run(run: RunFolder, access: Access) -> list[Recalled]:
    """Everything that the run measured under random, searched, learned and released prompts.

    Raises ``InputError`` when data or prompts are not where they were, when the data give other
    episodes than the run asked, and when the store lacks Records.
    """
    settings = load_config(BenchmarkSettings, run.path / CONFIG)
    suite, _ = load_suite(settings.suite)
    with as_written(run):
        noted = {tuple(name.rsplit("/", 1)): d for name, d in run.result["episodes"].items()}
    asked = replace(settings, parts=tuple(dict.fromkeys(part for part, _ in noted)))
    canvas = canvas_of(access.checkpoint or settings.checkpoint)
    planned = plan_suite(suite, asked, access.data_root, canvas)
    for one in planned:
        _check_episodes(run, one, noted.get((one.opened.part.name, str(one.shots))))
    single = len(choose_parts(suite, settings.parts)) == 1
    batch, folder = batch_of(planned, settings), store_folder(run, access)
    with Store(folder) as store:
        return [
            _recall(run, suite, settings, one, list(_judges(run, settings, one, store, batch)),
                    single, folder)
            for one in planned
        ]  # fmt: skip


def _check_episodes(run: RunFolder, one: Planned, noted: str | None) -> None:
    if one.episodes.digest != noted:
        raise InputError(
            f"run {run.path}: {one.opened.part.name}, {one.shots}-shot, has other episodes by now; "
            "give the --data-root that it was measured on, or run the benchmark again"
        )


def _judges(
    run: RunFolder, settings: BenchmarkSettings, one: Planned, store: AnyStore, batch: int
) -> Iterator[Judge]:
    """One for each class of numerics that the run may have had."""
    digest, kind = str(run.result["model_digest"]), settings.segment_type
    for numerics in numerics_of(settings.precision, kind, has_types(settings.checkpoint)):
        task, spec = one.opened.task, one.opened.spec
        yield Judge(task, spec, _no_paint, store, digest, numerics, batch)


def _no_paint(prompt: Any, images: Any, spec: Any) -> Any:
    raise _Unknown


def _recall(
    run: RunFolder,
    suite: Suite,
    settings: BenchmarkSettings,
    one: Planned,
    judges: Sequence[Judge],
    single: bool,
    folder: Path,
) -> Recalled:
    for judge in judges:
        try:
            asking = Asking(one.opened, one.episodes, judge, settings.how)
            records = _records(run, settings, one, asking, single)
        except _Unknown:
            continue
        return Recalled(
            run.path,
            suite,
            settings.protocol,
            one,
            asking.groups,
            [row.category for row in asking.first],
            held_of(asking, settings),
            records,
        )
    raise InputError(
        f"run {run.path}: the store {folder} lacks Records of {one.opened.part.name}, "
        f"{one.shots}-shot; give --store, the one that the run wrote to, or run it again"
    )


def _records(
    run: RunFolder, settings: BenchmarkSettings, one: Planned, asking: Asking, single: bool
) -> dict[str, ByPrompt]:
    found: dict[str, ByPrompt] = {RANDOM: asking.random()}
    for kind in one.kinds:
        folder = settings.wanted.folders[kind]
        prompts = kept_prompts(one.opened, kind, folder, run.path, asking.categories, single)
        found[kind] = [asking.fixed(prompts)]
    return found
