"""Evaluated prompts of finished runs, as their MLflow runs would have told of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from painter_kit.cli.prompt_run import About, Query, per_image, query_of
from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.intervals import Interval
from painter_kit.report.gallery import Shown
from painter_kit.report.illustrated import Illustrated
from painter_kit.report.runs import EVALUATE, SEARCH
from painter_kit.report.source import measured_on

if TYPE_CHECKING:
    from painter_kit.evaluation.loaded import Loaded
    from painter_kit.inference.parted import AnyPrompt

QUERIES = 4
_UNKNOWN = float("nan")


@dataclass(frozen=True)
class Late:
    """One evaluated prompt: ``name`` within its run, and what ``report_prompt`` takes.

    ``queries`` and ``rows`` are there as far as outputs and Records are still kept.
    """

    name: str
    prompt: AnyPrompt
    about: About
    metrics: Mapping[str, Interval]
    gain: Gain | None
    queries: Sequence[Query]
    rows: Sequence[Mapping[str, object]]


def late_prompts(about: Illustrated) -> list[Late]:
    """The prompt that a result is of, with its numbers."""
    return list(_evaluated(about) if about.run.verb == EVALUATE else _compared(about))


def _evaluated(about: Illustrated) -> Iterator[Late]:
    row = about.row
    prompt = about.prompt(f"prompts/{row['task']}")
    if prompt is not None:
        metrics = {name: _interval(value) for name, value in row["metrics"].items()}
        yield _late(about, str(row["task"]), prompt, metrics, None)


def _compared(about: Illustrated) -> Iterator[Late]:
    """The searched or learned prompt, on confirm."""
    row = about.row
    kind, folder = ("searched", "prompt") if about.run.verb == SEARCH else ("learned", "learned")
    prompt = about.prompt(folder)
    if prompt is not None:
        noted = {"value": row["winner"]["confirm"], **(prompt.scores.get("confirm") or {})}
        yield _late(about, kind, prompt, {row["metric"]: _interval(noted)}, _gain(row))


def _late(
    about: Illustrated,
    name: str,
    prompt: AnyPrompt,
    metrics: Mapping[str, Interval],
    gain: Gain | None,
) -> Late:
    row = about.row
    split, count = measured_on(about.run, row)
    made = prompt.provenance.get("search", {})
    told = About(
        data=str(row["data"]),
        split=split,
        checkpoint=str(row["checkpoint"]),
        model_digest=str(row["model_digest"]),
        strategy=str(row.get("strategy") or made.get("strategy") or prompt.kind),
        seed=int(about.run.settings.get("seed", 0)),
        n=count,
    )
    examples = about.measured()
    if examples is None:
        return Late(name, prompt, told, metrics, gain, (), ())
    shown = about.shown(name, prompt, examples)
    return Late(
        name,
        prompt,
        told,
        metrics,
        gain,
        _queries(about, shown, examples),
        _rows(about, shown, examples),
    )


def _queries(about: Illustrated, one: Shown, examples: Loaded) -> list[Query]:
    """The first queries as far as their painted outputs are kept."""
    if about.source is None or about.paintings is None:
        return []
    task, spec = about.source.task, one.prompt.effective(about.source.spec)
    first = [examples[place] for place in range(min(QUERIES, len(examples)))]
    painted = about.paintings.of(one.prompt, first)
    return [
        query_of(task, spec, example, output)
        for example, output in zip(first, painted, strict=True)
        if output is not None
    ]


def _rows(about: Illustrated, one: Shown, examples: Loaded) -> list[dict[str, object]]:
    if about.source is None or one.records is None:
        return []
    spec = one.prompt.effective(about.source.spec)
    return per_image(about.source.task, spec, examples.ids, one.records)


def _interval(value: Mapping[str, Any]) -> Interval:
    numbers = (value.get(key) for key in ("value", "ci_low", "ci_high"))
    return Interval(*(_UNKNOWN if number is None else float(number) for number in numbers))


def _gain(row: Mapping[str, Any]) -> Gain:
    gain, known = row["gain"], _interval(row["gain"])
    return Gain(
        known.value,
        known.low,
        known.high,
        gain["p_value"],
        gain["confirmed"],
        gain.get("optimism"),
    )
