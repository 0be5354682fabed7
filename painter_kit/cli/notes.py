"""Descriptions of runs in Markdown: what people read first when they open one in MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from painter_kit.cli.measured import Measured, Reported
    from painter_kit.evaluation.intervals import Interval
    from painter_kit.types import Spec


def comparison(measured: Sequence[Measured], spec: Spec[Any], split: str, n: int) -> str:
    """The prompts that were measured together as a table: value and gain over random ones."""
    from benchmarks.output import markdown_table

    rows = [
        {
            "prompt": one.prompt.kind,
            "made by": one.strategy,
            heading(spec): _value(one),
            **_gain(one),
        }
        for one in measured
    ]
    return f"**On {n} {split} images of {spec.data}**\n\n{markdown_table(rows)}"


def heading(spec: Spec[Any]) -> str:
    """The primary metric with its unit and which way is better."""
    better = "lower" if spec.direction == "min" else "higher"
    return f"{spec.metric} ({', '.join(filter(None, (spec.unit, f'{better} is better')))})"


def _value(one: Measured) -> str:
    if one.sd is not None:
        return f"{one.value.value:.4g} ± {one.sd:.2g} (sd of prompts)"
    return with_limits(one.value)


def with_limits(interval: Interval) -> str:
    """The value and, where they are known, its limits."""
    limits = f" [{interval.low:.4g}, {interval.high:.4g}]"
    return f"{interval.value:.4g}{limits if isfinite(interval.low) else ''}"


def _gain(one: Measured) -> dict[str, str]:
    if one.gain is None:
        return {"gain over random": "", "": ""}
    limits = f"{one.gain.value:+.4g} [{one.gain.ci_low:+.4g}, {one.gain.ci_high:+.4g}]"
    said = "better" if one.gain.confirmed else "no evidence of improvement"
    return {"gain over random": limits, "": said}


def prompt_note(what: Reported) -> str:
    """What is known of one prompt: how it was made, its metrics, and what it was compared with."""
    about, prompt = what.about, what.prompt
    parts = [
        f"### {prompt.kind} prompt for {prompt.task}",
        f"Made by {about.strategy}, measured on {about.n} {about.split} images of {about.data} "
        f"with {about.checkpoint}.",
        metrics_table(what.metrics, what.more),
    ]
    if what.gain:
        parts.append(f"Against random prompts: {what.gain.sentence}.")
    if what.beside:
        parts.append(what.beside)
    return "\n\n".join(parts)


def metrics_table(metrics: Mapping[str, Interval], more: Mapping[str, float]) -> str:
    """Metrics with 95 % limits, and further numbers by their keys, as a table."""
    from benchmarks.output import markdown_table

    rows = [
        {"metric": name, "value (95 % interval)": with_limits(i)} for name, i in metrics.items()
    ]
    rows += [{"metric": key, "value (95 % interval)": f"{v:.4g}"} for key, v in more.items()]
    return markdown_table(rows)


def work_note(title: str, table: str, summary: str) -> str:
    """What a search or a tuning came to: the table, and the words it ends with."""
    return f"### {title}\n\n{table}\n\n```\n{summary}\n```"
