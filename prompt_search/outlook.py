"""What is left to find: how much prompts differ, and what the best of so many should gain.

Taken from the panel on select, before any candidate is raced. Prompts count as interchangeable
when even the upper limit of their deviation promises no more than ``least_gain``. Identical outputs
under all prompts always do; with noise, it takes so many select images that a gain that matters
would have shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from painter_kit.evaluation.evaluate import primary, scores
from painter_kit.evaluation.intervals import Interval
from painter_kit.evaluation.panel import Components, components
from painter_kit.types import Reporter, Spec
from prompt_search.config import SearchConfig
from prompt_search.maximum import expected_maximum
from prompt_search.result import INTERCHANGEABLE, Trace
from prompt_search.setting import WHOLE, Part, Setting, Yardstick
from prompt_search.share import in_unit


@dataclass(frozen=True)
class Outlook:
    """Variance components of a panel on select and what they promise, in the score's unit.

    ``candidates`` are those that the search takes the best of; ``least``: gains below it do not
    matter. ``part`` names the part of the task, empty for a task without.
    """

    spec: Spec[Any]
    components: Components
    candidates: int
    least: float
    part: str = ""

    @property
    def expected(self) -> Interval:
        """How much better the best candidate should be than a random one, with 95 % limits, if
        prompts' effects are normal; where few are bad and none is outstanding, it is less."""
        times, found = expected_maximum(self.candidates), self.components
        deviations = found.prompt_sd, found.prompt_sd_low, found.prompt_sd_high
        return Interval(*(times * deviation for deviation in deviations))

    @property
    def interchangeable(self) -> bool:
        """Whether no candidate can be expected to be better than another by what matters."""
        return bool(self.expected.high <= self.least)

    @property
    def sentence(self) -> str:
        """The numbers in one line."""
        found, gain, unit = self.components, self.expected, self.spec.unit
        limits = f"[{found.prompt_sd_low:.2g}, {found.prompt_sd_high:.2g}]"
        where = f"{self.part}: " if self.part else ""
        return " ".join(
            f"{where}{self.spec.metric} varies by (sd) {found.prompt_sd:.2g} {limits} {unit} "
            f"between prompts, {found.image_sd:.2g} between images, {found.interaction_sd:.2g} "
            f"between both together; the best of {self.candidates} is expected to gain "
            f"{gain.value:.2g} [{gain.low:.2g}, {gain.high:.2g}] {unit} over a random one if "
            "prompts' effects are normal".split()
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data; what is not a finite number is None."""
        gain = {f"expected_gain_{k}": v for k, v in self.expected.to_json().items()}
        numbers = {**self.components.to_json(), "least_gain": self.least}
        finite = {k: v if np.isfinite(v) else None for k, v in numbers.items()}
        return {**finite, "candidates": self.candidates, **gain}


def foresee(setting: Setting, panels: Sequence[Yardstick]) -> list[Outlook]:
    """The outlook of every part; ``panels`` are those of the parts."""
    return [
        _outlook(part, panel, setting.config)
        for part, panel in zip(setting.parts, panels, strict=True)
    ]


def _outlook(part: Part, panel: Yardstick, config: SearchConfig) -> Outlook:
    judge, pool = part.judge, len(part.candidates)
    table = np.array([scores(judge.task, row, panel.reference) for row in panel.on_select])
    mean = np.mean([primary(judge.task, judge.spec, row) for row in panel.on_select])
    candidates = {"random": min(config.k, pool), "panel": len(panel.names)}
    known = components(table) if np.isfinite(table).all() else _unknown()
    least = in_unit(config.least_gain, float(mean))
    considered = candidates.get(config.strategy, pool)
    return Outlook(judge.spec, known, considered, least, part.name)


def _unknown() -> Components:
    """Where the model painted no numbers."""
    return Components(*[float("nan")] * 9)


def tell(outlooks: Sequence[Outlook], reporter: Reporter) -> None:
    """Report every finite number of the outlooks."""
    for outlook in outlooks:
        prefix = "/".join(filter(None, ("outlook", outlook.part)))
        values = {k: v for k, v in outlook.to_json().items() if v is not None}
        reporter.metrics({f"{prefix}/{name}": float(value) for name, value in values.items()})


def nothing_to_choose(setting: Setting, outlooks: Sequence[Outlook]) -> bool:
    """Whether a race would be in vain: prompts are interchangeable in every part."""
    wanted = setting.config.races and setting.config.stop_interchangeable
    return wanted and all(outlook.interchangeable for outlook in outlooks)


def noted(trace: Trace, outlooks: Sequence[Outlook], stopped: bool) -> Trace:
    """The trace with the outlook of every part after its start, and whether it ended there."""
    found = {outlook.part: outlook for outlook in outlooks}
    decisions = []
    for decision in trace.decisions:
        decisions.append(decision)
        if decision["event"] == "start":
            part = decision.get("part", WHOLE)
            about = {key: decision[key] for key in ("part", "round") if key in decision}
            decisions.append({"event": "outlook", **about, **found[part].to_json()})
            if stopped:
                decisions.append({"event": INTERCHANGEABLE, **about})
    return replace(trace, decisions=decisions)


def settled(setting: Setting) -> Setting:
    """The same with a strategy that forwards no more: the best of the panel."""
    return replace(setting, config=replace(setting.config, strategy="panel", rounds=0, refine=0))
