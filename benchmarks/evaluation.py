"""One evaluated prompt beside the published rows: as JSON, as rows of a table, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.comparable import Setting, reasons, row_reasons
from benchmarks.output import markdown_table
from benchmarks.published import Column
from benchmarks.tables import PublishedRow, columns_for, rows_for
from painter_kit.evaluation.intervals import Interval

Cells = Mapping[str, object]


@dataclass(frozen=True)
class Evaluation:
    """What was measured of one prompt in one setting.

    ``metrics`` are by name in the task's own units; ``prompt`` is the prompt's folder.
    """

    setting: Setting
    metrics: Mapping[str, Interval] = field(hash=False)
    model_digest: str
    prompt: str
    run_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data; ``comparable`` with any published row, and ``why`` not, as a list."""
        setting, spec = self.setting, self.setting.spec
        why = reasons(setting)
        return {
            "task": spec.task,
            "data": spec.data,
            "split": setting.split,
            "checkpoint": setting.checkpoint,
            "model_digest": self.model_digest,
            "prompt": self.prompt,
            "n": setting.n,
            "primary": spec.metric,
            "direction": spec.direction,
            "metrics": {name: value.to_json() for name, value in self.metrics.items()},
            "comparable": not why,
            "why": why,
            "run_id": self.run_id,
        }

    def with_run(self, run_id: str | None) -> Evaluation:
        """The same with the MLflow run that reports it."""
        return replace(self, run_id=run_id)

    @property
    def title(self) -> str:
        """What was measured on what, in one line."""
        setting, spec = self.setting, self.setting.spec
        some = "" if setting.n == setting.available else f" of {setting.available}"
        return (
            f"{spec.task} on {spec.data}: {setting.n}{some} pictures of {setting.split}, "
            f"{setting.prompt_kind} prompt, {setting.checkpoint}"
        )

    @property
    def verdict(self) -> str:
        """Whether the numbers compare with published ones, in one line."""
        why = reasons(self.setting)
        if not why:
            return "comparable with published numbers where the table says so"
        return f"not comparable: {'; '.join(why)}"

    def metric_cells(self) -> list[Cells]:
        """A row per metric with its interval, the primary one marked and first."""
        spec = self.setting.spec
        names = sorted(self.metrics, key=lambda name: name != spec.metric)
        return [
            {
                "metric": _label(name, self),
                "value": f"{self.metrics[name].value:.4g}",
                "95 % interval": _limits(self.metrics[name], ".4g"),
            }
            for name in names
        ]

    def published_cells(self) -> list[Cells]:
        """This run and every published row, in the paper's units; empty when there is none."""
        columns = columns_for(self.setting.spec.task, self.setting.spec.data)
        if not columns:
            return []
        own = {c.label: self._in_paper_units(c) for c in columns}
        first = {"": f"this run ({self.setting.prompt_kind} prompt)", **own, "comparable": ""}
        return [first, *(self._row_cells(row, columns) for row in self._published())]

    def records(self) -> list[Cells]:
        """A row per number, measured and published, for programs.

        Metrics that the paper has are in its units (``unit`` is % where they are percentages).
        """
        spec, columns = self.setting.spec, {c.metric: c for c in self._columns()}
        made: list[Cells] = []
        for name, value in self.metrics.items():
            factor = columns[name].factor if name in columns else 1.0
            limits = (value.value * factor, value.low * factor, value.high * factor)
            made.append(self._record("this run", self.setting.prompt_kind, name, limits))
        for row in self._published():
            why = row_reasons(row, self.setting)
            judged = {"comparable": not why, "why": "; ".join(why)}
            for name, number in row.values.items():
                numbers = (number, None, None)
                made.append({**self._record(row.title, row.prompt, name, numbers), **judged})
        return [{"task": spec.task, "data": spec.data, **row} for row in made]

    def _record(
        self, source: str, prompt: str, metric: str, numbers: tuple[float | None, ...]
    ) -> dict[str, object]:
        setting, primary = self.setting, metric == self.setting.spec.metric
        own = source == "this run"
        value, low, high = (_finite(n) for n in numbers)
        return {
            "source": source,
            "prompt": prompt,
            "split": setting.split if own else "test",
            "n": setting.n if own else None,
            "metric": metric,
            "primary": primary,
            "unit": self._unit(metric),
            "value": value,
            "ci_low": low,
            "ci_high": high,
            "comparable": None,
            "why": "",
        }

    def _unit(self, metric: str) -> str:
        if any(c.metric == metric and c.factor == 100 for c in self._columns()):
            return "%"
        return self.setting.spec.unit if metric == self.setting.spec.metric else ""

    def _columns(self) -> tuple[Column, ...]:
        return columns_for(self.setting.spec.task, self.setting.spec.data)

    def _published(self) -> list[PublishedRow]:
        return rows_for(self.setting.spec.task, self.setting.spec.data)

    def _in_paper_units(self, column: Column) -> str:
        found = self.metrics[column.metric]
        scaled = Interval(*(column.factor * v for v in (found.value, found.low, found.high)))
        number = f".{column.digits}f"
        limits = _limits(scaled, number)
        return f"{scaled.value:{number}}" + (f" [{limits}]" if limits else "")

    def _row_cells(self, row: PublishedRow, columns: Sequence[Column]) -> Cells:
        values = {
            c.label: f"{row.values[c.metric]:.{c.digits}f}" if c.metric in row.values else "-"
            for c in columns
        }
        why, common = row_reasons(row, self.setting), reasons(self.setting)
        own = "; ".join(reason for reason in why if reason not in common)
        return {
            "": row.title,
            **values,
            "comparable": "yes" if not why else f"no: {own}" if own else "no",
        }


def summary_cells(evaluations: Sequence[Evaluation]) -> list[Cells]:
    """A row per evaluation: its primary metric."""
    return [
        {
            "task": one.setting.spec.task,
            "data": one.setting.spec.data,
            "metric": _label(one.setting.spec.metric, one).removesuffix(" *"),
            "value": f"{one.metrics[one.setting.spec.metric].value:.4g}",
            "95 % interval": _limits(one.metrics[one.setting.spec.metric], ".4g"),
            "n": one.setting.n,
            "prompt": one.setting.prompt_kind,
            "comparable": "no" if reasons(one.setting) else "yes",
        }
        for one in evaluations
    ]


def markdown(evaluations: Sequence[Evaluation]) -> str:
    """All evaluations as one Markdown page."""
    parts = []
    if len(evaluations) > 1:
        parts.append(markdown_table(summary_cells(evaluations)))
    for one in evaluations:
        parts += [f"## {one.title}", markdown_table(one.metric_cells())]
        if published := one.published_cells():
            parts.append(markdown_table(published))
        parts.append(f"{one.verdict[0].upper()}{one.verdict[1:]}.")
    return "\n\n".join(parts) + "\n"


def _label(metric: str, one: Evaluation) -> str:
    spec = one.setting.spec
    if metric != spec.metric:
        return metric
    better = "lower" if spec.direction == "min" else "higher"
    return f"{metric} ({', '.join(filter(None, (spec.unit, f'{better} is better')))}) *"


def _limits(value: Interval, form: str) -> str:
    known = np.isfinite(value.low) and np.isfinite(value.high)
    return f"{value.low:{form}}, {value.high:{form}}" if known else ""


def _finite(number: float | None) -> float | None:
    return None if number is None or not np.isfinite(number) else float(number)
