"""A benchmark from a suite to its results: plan, ask, resample; everything through the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.suites.base import Part, Suite, choose_parts
from benchmarks.suites.cells import OpenPart, open_part
from benchmarks.suites.chosen import (
    Bench,
    check_given,
    check_makers,
    chosen_prompts,
    held_out,
    lacks_released,
)
from benchmarks.suites.episodes import Episodes, draw_episodes, read_episodes
from benchmarks.suites.figures import Figures
from benchmarks.suites.measure import RANDOM, Asked, Asking, forwards
from benchmarks.suites.novelty import Audited, Training, audit
from benchmarks.suites.resample import per_category
from benchmarks.suites.settings import RELEASED, BenchmarkSettings
from benchmarks.suites.split import Split, figures_of, shown_by, split_by_novelty
from painter_kit.errors import MissingError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.shared import AnyStore
from painter_kit.inference.predictor import Predictor
from painter_kit.model.painter import Painter

SMALLEST_BATCH, LARGEST_BATCH = 1, 16

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Planned:
    """A part with its episodes at one number of shots, and what asking them takes.

    ``kinds`` of chosen prompts are asked beside random ones; ``notes`` say what is not, and why.

    ``comparable`` says whether the episodes are those of the suite's own list (None: none is
    stated)."""

    opened: OpenPart
    shots: int
    episodes: Episodes
    forwards: int
    stated: bool | None
    all_queries: int
    kinds: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def one_shot(self) -> bool:
        """Whether prompts are of one pair, as controls, searched and learned ones are."""
        return self.shots == 1


@dataclass(frozen=True)
class PartResult:
    """What one part gave at one number of shots.

    ``splits`` are figures by status of novelty, where there are several; ``on_held`` those of
    searched and learned prompts where they are measured on fewer queries than the others.
    """

    planned: Planned
    asked: Asked
    figures: Figures
    on_held: Figures | None
    audit: Sequence[Audited]
    splits: Mapping[str, Split]
    categories: Mapping[str, float]


@dataclass(frozen=True)
class SuiteResult:
    """The outcome of a benchmark; ``means`` are the mean of the parts by shots, if it has one."""

    suite: Suite
    digest: str
    settings: BenchmarkSettings
    training: Training
    model_digest: str
    parameters: int
    parts: Sequence[PartResult]
    means: Mapping[int, PartResult]
    new: int
    reused: int


def plan_suite(
    suite: Suite, settings: BenchmarkSettings, root: Path | None, canvas: int
) -> list[Planned]:
    """Open every part and draw its episodes; only lists and a few supports are read.

    A part whose data are not there is left out unless it was asked for by name or there is no
    other. Raises ``InputError`` for what cannot be asked, given prompts among it.
    """
    protocol, parts = suite.protocol(settings.protocol), choose_parts(suite, settings.parts)
    planned, errors = [], []
    for part in parts:
        seed = protocol.seed if protocol.supports == "own" else settings.seed
        try:
            wanted = settings.shots or protocol.shots
            filed = any(protocol.episode_file(part.name, shots) for shots in wanted)
            opened = open_part(part, root, canvas, None if filed else settings.count, seed)
            for shots in wanted:
                planned.append(_plan(suite, settings, part, opened, shots))
        except MissingError as error:
            errors.append(error)
            if settings.parts:
                raise
            log.warning("part %s is left out: %s", part.name, error)
    if not planned:
        raise errors[0]
    for one in filter(lambda one: one.one_shot, planned):
        check_given(one.opened, one.episodes, settings, len(parts) == 1)
    return planned


def _plan(
    suite: Suite, settings: BenchmarkSettings, part: Part, opened: OpenPart, shots: int
) -> Planned:
    protocol, wanted = suite.protocol(settings.protocol), settings.wanted
    if path := protocol.episode_file(part.name, shots):
        groups = opened.shown.group_of()
        known = opened.asked, groups
        episodes = read_episodes(path, *known, shots, wanted.random, settings.count)
    else:
        episodes = draw_episodes(
            protocol,
            opened.asked,
            opened.shown.group_of(),
            opened.usable,
            wanted.random,
            shots,
        )
    if not episodes.rows:
        raise MissingError(
            f"part {part.name}: no category has {shots + 1} pictures, one to ask and the others "
            "to show; add pictures or ask for fewer shots"
        )
    kinds, notes = _kinds(opened, settings, shots)
    controls = settings.controls if shots == 1 else 0
    count = forwards(episodes, settings.how, controls, len(kinds), part.by == "class")
    stated = suite.digests.get(settings.protocol, {}).get(f"{part.name}/{shots}")
    same = None if stated is None else stated == episodes.digest
    queries = len(opened.asked.ids)
    return Planned(opened, shots, episodes, count, same, queries, kinds, notes)


def _kinds(
    opened: OpenPart, settings: BenchmarkSettings, shots: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Kinds of chosen prompts that the part is asked under, and notes on those that it is not."""
    if shots > 1:
        return (), ()
    kinds = tuple(settings.wanted.folders)
    why = lacks_released(opened) if RELEASED in kinds else ""
    if not why:
        return kinds, ()
    kept = tuple(kind for kind in kinds if kind != RELEASED)
    return kept, (f"{opened.part.name}: not asked under a released prompt: {why}",)


def batch_of(planned: Sequence[Planned], settings: BenchmarkSettings) -> int:
    """Pictures painted at once: as many as the rarest prompts have queries, so that few places
    are filled in vain; a power of two up to ``LARGEST_BATCH``."""
    if settings.forward_batch:
        return settings.forward_batch
    batch = LARGEST_BATCH
    for one in planned:
        asked = len(one.episodes.of_draw(0))
        prompts = len({row.supports for row in one.episodes.of_draw(0)})
        while batch > SMALLEST_BATCH and batch > asked / prompts:
            batch //= 2
    return batch


def predictor_of(
    planned: Sequence[Planned], settings: BenchmarkSettings, model: Painter
) -> Predictor:
    """What paints. Raises ``InputError`` for a type token of a model that has none."""
    return Predictor(
        model,
        batch_of(planned, settings),
        settings.precision,
        segment_type=settings.segment_type,
    )


def run_suite(
    suite: Suite,
    digest: str,
    settings: BenchmarkSettings,
    planned: Sequence[Planned],
    model: Painter,
    training: Training,
    store: AnyStore,
    out: Path,
    tell: Callable[[PartResult], object] = lambda part: None,
    quiet: bool = False,
) -> SuiteResult:
    """Ask everything that is planned; ``tell`` of every part as it is done.

    What was asked before is taken from the store, what was searched or learned from ``out``.
    """
    predictor = predictor_of(planned, settings, model)
    results, new, reused = [], 0, 0
    for one in planned:
        judge = Judge.of(predictor, one.opened.task, one.opened.spec, store)
        bench = Bench(settings, model, judge, out, len(choose_parts(suite, settings.parts)) == 1)
        check_makers(bench)
        with judge.progress(one.forwards, f"{one.opened.part.name}, {one.shots}-shot", quiet):
            asked = ask(bench, one)
        results.append(_result(one, asked, settings, training))
        new, reused = new + judge.new, reused + judge.reused
        tell(results[-1])
    means = _means(suite, results, settings, training)
    return SuiteResult(
        suite=suite,
        digest=digest,
        settings=settings,
        training=training,
        model_digest=predictor.model_digest,
        parameters=sum(p.numel() for p in model.parameters()),
        parts=results,
        means=means,
        new=new,
        reused=reused,
    )


def ask(bench: Bench, planned: Planned) -> Asked:
    """Records of all kinds of prompts on one part. Controls, searched, learned and released
    prompts are of one pair, and would not be fair beside several."""
    opened, settings = planned.opened, bench.settings
    asking = Asking(opened, planned.episodes, bench.judge, settings.how)
    records, shown = {RANDOM: asking.random()}, {}
    if planned.one_shot:
        found, shown = asking.controls(settings.controls)
        records |= found
        for kind in planned.kinds:
            chosen = chosen_prompts(bench, opened, kind, asking.categories)
            records[kind] = [asking.fixed(chosen)]
            shown[kind] = {asking.categories[0]: chosen[asking.categories[0]]}
    return Asked(
        opened=opened,
        shots=planned.shots,
        episodes=planned.episodes,
        queries=[row.query for row in asking.first],
        groups=asking.groups,
        categories=[row.category for row in asking.first],
        held=held_of(asking, settings),
        records=records,
        shown=shown,
    )


def held_of(asking: Asking, settings: BenchmarkSettings) -> list[bool]:
    """Which queries no searched or learned prompt can have been chosen on."""
    optimised = settings.wanted.optimised
    held = held_out(asking.opened, asking.categories) if optimised else None
    return [held is None or row.query in held for row in asking.first]


def _result(
    planned: Planned, asked: Asked, settings: BenchmarkSettings, training: Training
) -> PartResult:
    found, on_held = figures_of(asked, settings)
    middle = asked.records[RANDOM][found.median]
    opened = asked.opened
    by_class = opened.part.by == "class"
    categories = (
        per_category(opened.task, opened.spec, middle, asked.categories) if by_class else {}
    )
    shown = shown_by(asked)
    rows = audit(opened.part, list(dict.fromkeys(c for names in shown for c in names)), training)
    splits = split_by_novelty(asked, shown, settings, training)
    return PartResult(planned, asked, found, on_held, rows, splits, categories)


def _means(
    suite: Suite,
    results: Sequence[PartResult],
    settings: BenchmarkSettings,
    training: Training,
) -> dict[int, PartResult]:
    """All parts as one, by shots: of parts by class the mean over all their categories."""
    if not suite.mean or len({r.planned.opened.part.name for r in results}) < 2:
        return {}
    found = {}
    for shots in dict.fromkeys(r.planned.shots for r in results):
        parts = [r for r in results if r.planned.shots == shots]
        asked = join([r.asked for r in parts])
        planned = replace(parts[0].planned, forwards=sum(r.planned.forwards for r in parts))
        whole = _result(planned, asked, settings, training)
        found[shots] = replace(whole, audit=[row for r in parts for row in r.audit])
    return found


def join(parts: Sequence[Asked]) -> Asked:
    """Several parts of one task as one; of each kind as many prompts as the poorest part has."""
    first = parts[0]
    kinds = [k for k in first.records if all(k in part.records for part in parts)]
    records = {}
    for kind in kinds:
        count = min(len(part.records[kind]) for part in parts)
        records[kind] = [
            [record for part in parts for record in part.records[kind][k]] for k in range(count)
        ]
    return replace(
        first,
        queries=[q for part in parts for q in part.queries],
        groups=[g for part in parts for g in part.groups],
        categories=[c for part in parts for c in part.categories],
        held=[h for part in parts for h in part.held],
        records=records,
    )
