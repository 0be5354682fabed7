"""Published figures beside measured ones, and why they compare or do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.comparable import RELEASED_PARAMETERS, SEGGPT_PARAMETERS
from benchmarks.suites.base import PublishedFigure
from benchmarks.suites.run import PartResult, SuiteResult
from painter_kit.evaluation.intervals import Interval
from painter_kit.inference.ensemble import How

# Systems that a checkpoint can be, by the list of what it was trained on.
_SYSTEMS = {"painter": "Painter", "seggpt": "SegGPT"}
_PARAMETERS = {"Painter": RELEASED_PARAMETERS, "SegGPT": SEGGPT_PARAMETERS}


@dataclass(frozen=True)
class Beside:
    """A published figure with the measured one of the same meaning (None: not measured here)."""

    published: PublishedFigure
    measured: Interval | None
    reasons: tuple[str, ...]

    def cells(self) -> dict[str, object]:
        """The row of a table, in the paper's unit."""
        one = self.published
        return {
            "system": one.system,
            "part": one.part or "mean",
            "shots": one.shots,
            "metric": f"{one.metric} ({one.unit})",
            "published": f"{one.value:g}",
            "this run": self._words(),
            "comparable": "yes" if not self.reasons else f"no: {'; '.join(self.reasons)}",
            "trained on": one.training or "-",
            "source": one.source,
        }

    def record(self) -> dict[str, object]:
        """The row in numbers, for programs."""
        one = self.published
        return {
            "system": one.system,
            "part": one.part,
            "shots": one.shots,
            "metric": one.metric,
            "unit": one.unit,
            "published": one.value,
            "measured": None if self.measured is None else self._factor * self.measured.value,
            "comparable": not self.reasons,
            "why": "; ".join(self.reasons),
            "source": one.source,
        }

    @property
    def _factor(self) -> float:
        return 100.0 if self.published.unit == "%" else 1.0

    def _words(self) -> str:
        if self.measured is None:
            return "-"
        value, low, high = (self._factor * v for v in _numbers(self.measured))
        return f"{value:.1f} [{low:.1f}, {high:.1f}]"


def _numbers(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def beside(result: SuiteResult) -> list[Beside]:
    """Every published figure of the suite with the measured one and the reasons against."""
    return [_beside(result, one) for one in result.suite.published]


def _beside(result: SuiteResult, one: PublishedFigure) -> Beside:
    found = _measured_part(result, one)
    measured = None if found is None else _metric(found, one.metric)
    return Beside(one, measured, tuple(_reasons(result, one, found, measured)))


def _measured_part(result: SuiteResult, one: PublishedFigure) -> PartResult | None:
    if not one.part:
        alone = [r for r in result.parts if r.planned.shots == one.shots]
        single = alone[0] if len(result.suite.parts) == 1 and alone else None
        return result.means.get(one.shots, single)
    return next(
        (
            r
            for r in result.parts
            if (r.planned.opened.part.name, r.planned.shots) == (one.part, one.shots)
        ),
        None,
    )


def _metric(found: PartResult, metric: str) -> Interval | None:
    """``miou`` of parts by class is the primary metric, a mean over categories."""
    figures = found.figures
    primary = figures.spec.metric
    by_class = found.planned.opened.part.by == "class"
    if metric == primary or (metric == "miou" and by_class):
        return figures.kinds["random"]
    return figures.more.get(metric)


def _reasons(
    result: SuiteResult,
    one: PublishedFigure,
    found: PartResult | None,
    measured: Interval | None,
) -> Iterator[str]:
    suite, settings = result.suite, result.settings
    if found is None or measured is None:
        yield "not measured here"
        return
    own = _SYSTEMS.get(result.training.name)
    if own != one.system:
        yield f"the checkpoint is {own or settings.checkpoint}, not {one.system}"
    elif (wanted := _PARAMETERS[one.system]) != result.parameters:
        yield f"the checkpoint has {result.parameters:,} parameters, not {wanted:,}"
    if one.shots > 1:
        yield from _together(one, settings.how)
    if settings.protocol == "clean":
        yield "clean protocol, not the published one"
    if not one.part and {r.planned.opened.part.name for r in result.parts} < {
        p.name for p in suite.parts
    }:
        yield "not all parts were asked"
    if settings.count is not None:
        yield f"at most {settings.count} queries a part"
    if any(r.planned.stated is False for r in result.parts):
        yield "the episodes are not those of the whole official data"
    if found.figures.spec.canvas != suite.canvas:
        yield f"canvas {found.figures.spec.canvas}, not {suite.canvas}"
    if settings.precision != "fp32":
        yield f"precision {settings.precision}, not fp32"


def _together(one: PublishedFigure, how: How) -> Iterator[str]:
    if one.system == "SegGPT" and how != "features":
        yield f"the prompts paint together by {how}, SegGPT's by features (--how features)"
    elif one.system == "Painter":
        yield "how Painter's several prompts painted together was not published"
