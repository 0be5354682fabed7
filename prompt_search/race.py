"""A strategy's table of cells, filled through the judge, with every decision taken down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from painter_kit.evaluation.evaluate import orientation, primary, scores
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.loaded import window
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Examples, Record, Reporter, silent
from prompt_search.budget import Budget
from prompt_search.certificate import Certificate, is_linearised
from prompt_search.outcome import Outcome, Strategy
from prompt_search.result import Trace

Floats = npt.NDArray[np.float64]


def number(value: float) -> float | None:
    """A JSON number; what is not finite becomes None."""
    return float(value) if np.isfinite(value) else None


class Pairs(Protocol):
    """What is raced: named prompts, made when asked for."""

    @property
    def ids(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def groups(self) -> Sequence[str]: ...  # noqa: D102
    def prompt(self, index: int) -> Prompt: ...  # noqa: D102


class Race:
    """Answers a strategy's questions about ``candidates`` on the images of ``select``.

    Scores are first-order at ``reference`` (the panel's Records on all of select, summed).
    ``decisions`` depend on what was asked and answered, not on what the store held. ``part``
    names the part of the task that is searched; it and further ``labels`` stand in every decision
    and row. What is answered is counted in ``budget``.
    """

    def __init__(
        self,
        judge: Judge,
        candidates: Pairs,
        select: Examples,
        reference: Record,
        reporter: Reporter = silent,
        part: str = "",
        budget: Budget | None = None,
        **labels: Any,
    ) -> None:
        self.budget = budget or Budget()
        self.decisions: list[dict[str, Any]] = []
        self.cells: list[tuple[int, int, Floats]] = []  # candidate, first image, scores
        self.known: dict[int, Floats] = {}
        self.asked = 0
        self.finalists: list[dict[str, Any]] = []  # by all metrics (pareto.py)
        self._judge, self._candidates, self._select = judge, candidates, select
        self._reference, self._reporter = reference, reporter
        self._ids = candidates.ids
        self._labels: dict[str, Any] = ({"part": part} if part else {}) | labels

    def know(self, names: Sequence[str], records: Sequence[Sequence[Record]]) -> None:
        """Take candidates as known that were measured on all of select, such as the panel."""
        for name, row in zip(names, records, strict=True):
            self.known[self._ids.index(name)] = scores(self._judge.task, row, self._reference)

    def ask(self, candidates: Sequence[int], start: int, stop: int) -> Floats:
        """float64 (n, stop - start): scores of candidates on images start to stop.

        Raises ``Stopped`` when the budget ends the search meanwhile; then nothing of it counts.
        """
        images = window(self._select, start, stop)
        prompts = map(self._candidates.prompt, candidates)
        rows = np.empty((len(candidates), stop - start))
        for row, records in zip(rows, self._judge.table(prompts, images), strict=True):
            row[:] = scores(self._judge.task, records, self._reference)
        self.cells += [(c, start, row) for c, row in zip(candidates, rows, strict=True)]
        self.asked += rows.size
        self.budget.spend(rows.size)
        return rows

    def run(self, strategy: Strategy, order: Sequence[int]) -> Outcome:
        """What a strategy finds that sees the candidates in this ``order``."""
        place = {candidate: number for number, candidate in enumerate(order)}

        def ask(candidates: Sequence[int], start: int, stop: int) -> Floats:
            return self.ask([order[c] for c in candidates], start, stop)

        def log(judged: Sequence[int], means: Floats, images: int, kept: Sequence[int]) -> None:
            self.log([order[c] for c in judged], means, images, [order[c] for c in kept])

        known = {place[candidate]: row for candidate, row in self.known.items()}
        shape = len(order), len(self._select)
        found = strategy.run(ask, log, *shape, known, self.budget.may)
        return replace(found, finalists=[order[c] for c in found.finalists])

    def log(self, judged: Sequence[int], means: Floats, images: int, kept: Sequence[int]) -> None:
        """Take down one decision."""
        order = sorted(zip(judged, means, strict=True), key=lambda item: (-item[1], item[0]))
        self.decide(
            "rung",
            images=images,
            cells=self.asked,
            scores={self._ids[c]: number(mean) for c, mean in order},
            kept=[self._ids[c] for c in kept],
        )
        best = number(order[0][1])
        values = {"candidates": float(len(judged)), "images": float(images)}
        if best is not None:
            values["best_score"] = best
        prefix = "/".join(("search", *map(str, self._labels.values())))
        named = {f"{prefix}/{name}": value for name, value in values.items()}
        self._reporter.metrics(named, step=self.asked)

    def decide(self, event: str, **what: Any) -> None:
        """Take down what happened, as plain data."""
        self.decisions.append({"event": event, **self._labels, **what})

    def certify(
        self, certificate: Certificate, finalists: Sequence[int], values: Floats, best: int
    ) -> None:
        """Take down what is certain of ``finalists[best]``, chosen by the exact metric.

        ``values`` are the finalists' metric, oriented so that more is better.
        """
        means = [self.mean_score(candidate) for candidate in finalists]
        linearised, spec = self._is_linearised(finalists, values, means), self._judge.spec
        found, name = certificate.about(means[best]), self._ids[finalists[best]]
        said = {
            "id": name,
            "prompt": self._candidates.prompt(finalists[best]).digest,
            "linearised": linearised,
            "sentence": found.sentence(name, spec.metric, spec.unit, linearised),
        }
        self.decide("certificate", **found.to_json(), **said)

    def _is_linearised(
        self, finalists: Sequence[int], values: Floats, means: Sequence[float]
    ) -> bool:
        """By the finalists and whoever was known before: a single finalist would not tell."""
        judge, select = self._judge, self._select
        others = [candidate for candidate in self.known if candidate not in finalists]
        prompts = [self._candidates.prompt(candidate) for candidate in others]
        exact = [primary(judge.task, judge.spec, judge.recall(p, select)) for p in prompts]
        oriented = [*values, *(orientation(judge.spec) * np.array(exact))]
        return is_linearised(oriented, [*means, *map(self.mean_score, others)])

    def mean_score(self, candidate: int) -> float:
        """Mean score of a candidate on the images that it was judged on; NaN if on none."""
        row = self.rows().get(candidate)
        return float(row.mean()) if row is not None else float("nan")

    def rows(self) -> dict[int, Floats]:
        """Scores of every candidate that was judged or known, in the order of images."""
        found: dict[int, list[Floats]] = {}
        for candidate, _, row in self._judged():
            found.setdefault(candidate, []).append(row)
        return {candidate: np.concatenate(parts) for candidate, parts in found.items()}

    def trace(self) -> Trace:
        """All that was decided and measured."""
        finalists = [{**self._labels, **row} for row in self.finalists]
        columns = self._cell_columns()
        return Trace(self.decisions, self._candidate_rows(), columns, finalists=finalists)

    def _judged(self) -> list[tuple[int, int, Floats]]:
        """What was asked for, and the known rows of candidates that nobody asked for."""
        asked = {candidate for candidate, _, _ in self.cells}
        return [*self.cells, *((c, 0, row) for c, row in self.known.items() if c not in asked)]

    def _candidate_rows(self) -> list[dict[str, object]]:
        """One row per candidate: name, group, how far it came, mean score (None if not judged)."""
        seen: dict[int, list[Floats]] = {}
        for candidate, _, row in self._judged():
            seen.setdefault(candidate, []).append(row)
        rows: list[dict[str, object]] = []
        for index, (name, group) in enumerate(zip(self._ids, self._candidates.groups, strict=True)):
            parts = seen.get(index, [])
            judged = np.concatenate(parts) if parts else np.empty(0)
            mean = number(judged.mean()) if parts else None
            row = {"id": name, "group": group, "rung": len(parts), "images": len(judged)}
            rows.append({**self._labels, **row, "mean_score": mean})
        return rows

    def _cell_columns(self) -> dict[str, list[Any]]:
        """Every judged cell as columns ``candidate``, ``image``, ``score``, for later analysis."""
        images = list(self._select.ids)
        columns: dict[str, list[Any]] = {
            name: [] for name in (*self._labels, "candidate", "image", "score")
        }
        for candidate, start, row in self._judged():
            for name, label in self._labels.items():
                columns[name] += [label] * len(row)
            columns["candidate"] += [self._ids[candidate]] * len(row)
            columns["image"] += images[start : start + len(row)]
            columns["score"] += row.tolist()
        return columns
