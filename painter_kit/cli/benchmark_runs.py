"""Pictures and MLflow runs of a benchmark: one run for the suite, one for every kind of prompt."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from painter_kit.cli.measured import Reported, report_run
from painter_kit.cli.prompt_run import About

if TYPE_CHECKING:
    from benchmarks.suites.figures import Figures
    from benchmarks.suites.run import PartResult, SuiteResult
    from painter_kit.evaluation.gain import Gain
    from painter_kit.evaluation.shared import AnyStore
    from painter_kit.inference.ensemble import How, WholePrompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.painter import Painter
    from painter_kit.tracking import Run, Tracking
    from painter_kit.types import Image

KINDS = ("random", "searched", "learned", "released")


def draw(result: SuiteResult, model: Painter, folder: Path) -> Image:
    """Write ``curves.png`` and ``pictures.png``; the latter as a picture."""
    from benchmarks.suites.curves import draw_curves
    from benchmarks.suites.gallery import gallery
    from painter_kit.data.pictures import write_png

    draw_curves(folder / "curves.png", result)
    sheet = gallery(_predictor(result, model), result)
    write_png(folder / "pictures.png", sheet)
    return sheet


def _predictor(result: SuiteResult, model: Painter) -> Predictor:
    from benchmarks.suites.run import predictor_of

    return predictor_of([one.planned for one in result.parts], result.settings, model)


def report(
    result: SuiteResult,
    model: Painter,
    store: AnyStore,
    tracking: Tracking,
    folder: Path,
    pictures: Image,
) -> list[str]:
    """The benchmark's own run and one per part and kind of prompt; their ids."""
    if tracking.client is None:
        return []
    suite = result.suite
    group = f"benchmark {suite.name} {time.strftime('%Y-%m-%d %H:%M:%S')}"
    with tracking.run("benchmark", f"benchmark {suite.name}", group) as run:
        _report_suite(run, result, folder, pictures)
    ids = [run.run_id]
    predictor = _predictor(result, model)
    for one in result.parts:
        for kind in KINDS:
            if kind in one.asked.records:
                what = _reported(result, one, kind)
                ids.append(_report_kind(predictor, one, store, tracking, group, what))
    return [run_id for run_id in ids if run_id]


def _report_suite(run: Run, result: SuiteResult, folder: Path, pictures: Image) -> None:
    from benchmarks.suites.report import numbers

    suite, settings = result.suite, result.settings
    run.params(
        {
            **{k: v for k, v in asdict(settings).items() if k not in ("search", "tune")},
            "version": suite.version,
            "suite_digest": result.digest,
            "model_digest": result.model_digest,
            "trained_on": result.training.name,
        }
    )
    values: dict[str, float] = {}
    for row in numbers(result):
        if row["quantity"] in ("mean", "gain") and row["status"] in ("all", "held out"):
            stem = f"{row['part']}/{row['shots']}-shot/{row['quantity']} {row['kind']}"
            key = f"{stem} {row['metric']}"
            for field, suffix in (("value", ""), ("ci_low", "_ci_low"), ("ci_high", "_ci_high")):
                if row[field] is not None:
                    values[f"{key}{suffix}"] = float(str(row[field]))
    run.metrics(values)
    run.image("pictures", pictures)
    for path in sorted(folder.iterdir()):
        if path.suffix in (".md", ".csv", ".json", ".png", ".yaml") or path.name == "episodes":
            run.artifact(path, path.name if path.is_dir() else "")


def _reported(result: SuiteResult, one: PartResult, kind: str) -> Reported:
    """What the run of one kind of prompt on one part says."""
    found = one.on_held if one.on_held and kind in one.on_held.kinds else one.figures
    if kind == "random":
        found = one.figures
    metric, task = found.spec.metric, found.spec.task
    about = About(
        found.spec.data,
        f"{result.suite.name}/{one.planned.opened.part.name}",
        result.settings.checkpoint,
        result.model_digest,
        kind,
        result.settings.seed,
        found.queries,
    )
    more = {f"{task}/{metric}_sd": found.panel.sd} if kind == "random" and found.panel else {}
    return Reported(
        _prompt(one, kind, result.settings.how),
        about,
        {metric: found.kinds[kind]},
        _gain(found, kind),
        more,
    )


def _prompt(one: PartResult, kind: str, how: How) -> WholePrompt:
    """A prompt of the kind: the median random one for its first query, else the first's own."""
    if kind == "random":
        row = one.planned.episodes.of_draw(one.figures.median)[0]
        return one.planned.opened.prompt(row.supports, how)
    return next(iter(one.asked.shown[kind].values()))


def _gain(found: Figures, kind: str) -> Gain | None:
    from painter_kit.evaluation.gain import Gain

    if kind not in found.over:
        return None
    gain = found.over[kind]
    return Gain(gain.value, gain.low, gain.high, float("nan"), bool(gain.low > 0))


def _report_kind(
    predictor: Predictor,
    one: PartResult,
    store: AnyStore,
    tracking: Tracking,
    group: str,
    what: Reported,
) -> str | None:
    """The run, with pictures of the first queries of the first category, and a row per query."""
    from painter_kit.evaluation.judge import Judge
    from painter_kit.types import Subset

    opened = one.planned.opened
    judge = Judge.of(predictor, opened.task, opened.spec, store)
    places = {name: place for place, name in enumerate(opened.asked.ids)}
    kind = what.about.strategy
    row = one.asked.records[kind][one.figures.median if kind == "random" else 0]
    first = one.asked.categories[0]
    kept = [j for j, category in enumerate(one.asked.categories) if category == first]
    kept += [j for j, category in enumerate(one.asked.categories) if category != first]
    examples = Subset(opened.queries, tuple(places[one.asked.queries[j]] for j in kept))
    _, run_id = report_run(
        predictor, judge, tracking, group, what, examples, [row[j] for j in kept]
    )
    return run_id
