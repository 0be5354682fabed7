"""What of a prompt the model uses: the right prompt against blank, shuffled, wrong and own ones.

Measured on confirm, which did not choose the prompt; nothing is chosen from it, and the reading
is counted. Two kinds of prompts are told apart when the 95 % interval of their difference excludes
zero. They count as equal only when the interval contains zero and lies within -+ ``margin`` of it
(an equivalence test at 2.5 % per side); otherwise nothing is said.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from painter_kit.evaluation.evaluate import orientation
from painter_kit.evaluation.gain import limits_of, resample_prompts
from painter_kit.evaluation.intervals import Bootstrap, Interval, bootstrap
from painter_kit.files import atomic
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.keys import SENSITIVITY
from painter_kit.types import Record, Reporter, Spec, Subset
from prompt_search.altered import blank, changed, own_prompts, shuffled, wrong_tasks
from prompt_search.extras import OWN
from prompt_search.setting import Setting
from prompt_search.share import in_unit

RIGHT, BLANK, SHUFFLED, WRONG, OWN_TRUTH = "right", "blank", "shuffled target", "wrong task", "own"
State = Literal["worse", "equal", "better", "unclear"]
Records = Sequence[Sequence[Record]]


@dataclass(frozen=True)
class Reading:
    """One kind of prompt: mean metric over ``prompts`` on ``images``, in the metric's direction.

    ``gain`` is over the panel's mean and ``lost`` is how much better the right prompt is, both
    positive when better. All with 95 % limits over image groups and prompts.
    """

    kind: str
    prompts: int
    images: int
    value: Interval
    gain: Interval
    lost: Interval

    def state(self, margin: float) -> State:
        """How this kind does beside the right prompt."""
        low, high = self.lost.low, self.lost.high
        if low > 0 or high < 0:
            return "worse" if low > 0 else "better"
        return "equal" if max(-low, high) <= margin else "unclear"

    def to_json(self) -> dict[str, Any]:
        """Flat plain data, as a row of a table."""
        parts = {"": self.value, "gain_": self.gain, "lost_": self.lost}
        numbers = {f"{p}{k}": v for p, i in parts.items() for k, v in i.to_json().items()}
        return {"kind": self.kind, "prompts": self.prompts, "images": self.images, **numbers}


@dataclass(frozen=True)
class Sensitivity:
    """Readings of all kinds, the right prompt first; ``margin`` in the metric's unit."""

    spec: Spec[Any]
    readings: Sequence[Reading]
    margin: float

    @property
    def verdicts(self) -> list[str]:
        """What the readings say, in plain words."""
        return list(_verdicts(self.readings, self.margin))

    def to_json(self) -> dict[str, Any]:
        """Plain data: margin, verdicts and one row per kind."""
        rows = [{**r.to_json(), "state": r.state(self.margin)} for r in self.readings]
        return {"margin": self.margin, "verdicts": self.verdicts, "rows": rows}

    def write(self, folder: Path) -> None:
        """The rows as ``sensitivity.csv``; ``result.json`` has them with the verdicts."""
        rows = self.to_json()["rows"]
        with (
            atomic(folder / "sensitivity.csv") as path,
            path.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def report(self, reporter: Reporter) -> None:
        """The table, the verdicts as a tag, and by how much the right prompt is better."""
        reporter.table(SENSITIVITY, self.to_json()["rows"])
        reporter.tags({"painterkit.sensitivity": "; ".join(self.verdicts)})
        for reading in self.readings[1:]:
            name = reading.kind.replace(": ", "_").replace(" ", "_")
            numbers = {"": reading.lost.value, "_ci_low": reading.lost.low}
            numbers["_ci_high"] = reading.lost.high
            known = {f"sensitivity/{name}{k}": v for k, v in numbers.items() if np.isfinite(v)}
            reporter.metrics(known)

    @property
    def summary(self) -> list[str]:
        """Lines for people."""
        spec, sign = self.spec, "lower" if self.spec.direction == "min" else "higher"
        head = f"sensitivity ({spec.metric} {spec.unit}".rstrip() + f", {sign} is better):"
        width = max(len(r.kind) for r in self.readings)
        lines = [f"{r.kind:<{width}}  {_words(r)}" for r in self.readings]
        return [head, *(f"  {line}" for line in lines), *(f"  = {v}" for v in self.verdicts)]


def _words(reading: Reading) -> str:
    value, gain, lost = reading.value, reading.gain, reading.lost
    text = (
        f"{value.value:.4g} [{value.low:.4g}, {value.high:.4g}], "
        f"gain {gain.value:+.3g} [{gain.low:+.3g}, {gain.high:+.3g}]"
    )
    if reading.kind == RIGHT:
        return text
    return f"{text}, right is better by {lost.value:+.3g} [{lost.low:+.3g}, {lost.high:+.3g}]"


def _verdicts(readings: Sequence[Reading], margin: float) -> Iterator[str]:
    states: dict[str, State] = {r.kind: r.state(margin) for r in readings}
    wrong: list[State] = [states[kind] for kind in states if kind.startswith(WRONG)]
    yield _use(states[BLANK], states.get(SHUFFLED), wrong)
    others = (states.get(SHUFFLED), *wrong)
    if states[BLANK] == "equal" and any(s not in ("equal", None) for s in others):
        yield "does as well with a blank prompt, on these images"
    for kind, state in states.items():
        if state == "better" and kind not in (OWN_TRUTH, RIGHT):
            yield f"is worse than the {kind} prompt"
    if states.get(OWN_TRUTH) == "better":
        yield "an image's own truth as prompt does better: there is room above this prompt"


def _use(nothing: State, shuffle: State | None, wrong: Sequence[State]) -> str:
    """What of the prompt is used."""
    others = [s for s in (nothing, shuffle, *wrong) if s is not None]
    if all(state == "equal" for state in others):
        known = ["blank", *(["shuffled"] if shuffle else []), *(["wrong"] if wrong else [])]
        return f"the model ignores this prompt: {' and '.join(known)} ones do as well"
    if shuffle == "worse":
        return "the model reads the target: with another one beside the same input it does worse"
    if "worse" in wrong:
        fit = "not how it fits the input" if shuffle == "equal" else "how it fits is not decided"
        return f"the model reads what kind of target it is shown; {fit}"
    if nothing == "worse" and shuffle == "equal" and all(s == "equal" for s in wrong):
        return "the model reads only that there is a prompt: a wrong one does as well"
    return "not decided: intervals are wider than the margin; take more --confirm images"


def sensitivity(setting: Setting, prompt: AnyPrompt, panel: Sequence[AnyPrompt]) -> Sensitivity:
    """Measure ``prompt`` and altered ones on confirm, beside the ``panel``.

    ``prompt`` and panel have been judged there before. Kinds: ``blank`` (two black pictures),
    ``shuffled target`` (its input with targets of other candidates), ``wrong task: NAME`` (its
    input painted for another task), ``own`` (each of the first 32 images with its own truth as
    the prompt, an upper reference). Kinds that the data cannot give are left out.
    """
    judge, confirm, config = setting.judge, setting.splits.confirm, setting.config
    kinds = {BLANK: [changed(prompt, lambda part, own: blank(own))]}
    kinds[SHUFFLED] = shuffled(setting, prompt, config.shuffles)
    kinds |= {f"{WRONG}: {name}": [p] for name, p in wrong_tasks(setting, prompt).items()}
    measured = {k: judge.table(made, confirm) for k, made in kinds.items() if made}
    measured = {RIGHT: [judge.recall(prompt, confirm)], **measured}
    others = [judge.recall(p, confirm) for p in panel]
    readings = list(_readings(setting, measured, others, confirm.groups))
    own = list(own_prompts(setting, prompt, OWN))
    if len(own) > 1:
        readings.append(_own_reading(setting, own, measured[RIGHT], others))
    mean = readings[0].value.value - orientation(judge.spec) * readings[0].gain.value
    return Sensitivity(judge.spec, readings, in_unit(config.margin, mean))


def touched(prompt: AnyPrompt) -> AnyPrompt:
    """The prompt and its parts with one more reading of confirm noted."""

    def once_more(_: str, own: Prompt) -> Prompt:
        return replace(own, confirm_touches=own.confirm_touches + 1)

    made = changed(prompt, once_more)
    whole = made if isinstance(made, PartedPrompt) else None
    return replace(whole, confirm_touches=whole.confirm_touches + 1) if whole else made


def _own_reading(
    setting: Setting, own: Sequence[tuple[int, AnyPrompt]], right: Records, panel: Records
) -> Reading:
    """The images that can be their own prompt, beside right prompt and panel on the same ones."""
    judge, confirm = setting.judge, setting.splits.confirm
    records = [judge.records(prompt, Subset(confirm, (i,)))[0] for i, prompt in own]

    def there(rows: Records) -> list[list[Record]]:
        return [[row[i] for i, _ in own] for row in rows]

    groups = [confirm.groups[i] for i, _ in own]
    measured = {RIGHT: there(right), OWN_TRUTH: [records]}
    return list(_readings(setting, measured, there(panel), groups))[1]


def _readings(
    setting: Setting, measured: Mapping[str, Records], panel: Records, groups: Sequence[str]
) -> Iterator[Reading]:
    """One reading per kind of ``measured`` (Records by prompt), the right prompt first."""
    judge, config = setting.judge, setting.config
    rows = [row for of_kind in measured.values() for row in of_kind]
    boot = bootstrap(judge.task, judge.spec, [*rows, *panel], groups, config.seed, config.resamples)
    baseline, start = _Mean.of(boot, judge.spec, slice(len(rows), None), config.seed), 0
    right = _Mean.of(boot, judge.spec, slice(0, 1), config.seed)
    for kind, of_kind in measured.items():
        # Another seed than the panel's, so that both are drawn independently.
        mine = _Mean.of(boot, judge.spec, slice(start, start + len(of_kind)), config.seed + 1)
        start += len(of_kind)
        sign = orientation(judge.spec)
        gain, lost = mine.minus(baseline, sign), right.minus(mine, sign)
        yield Reading(kind, mine.prompts, len(groups), mine.limits, gain.limits, lost.limits)


@dataclass(frozen=True)
class _Mean:
    """A mean over prompts: its value, draws (R,) that resample images and prompts, and others
    that resample images alone; ``prompts`` is the smallest sample of prompts in it."""

    value: float
    drawn: np.ndarray
    fixed: np.ndarray
    prompts: int
    groups: int

    @classmethod
    def of(cls, boot: Bootstrap, spec: Spec[Any], places: slice, seed: int) -> _Mean:
        values, draws = boot.values[spec.metric][places], boot.draws[spec.metric][:, places]
        drawn, fixed = resample_prompts(draws, seed), draws.mean(1)
        return cls(float(values.mean()), drawn, fixed, len(values), boot.groups)

    def minus(self, other: _Mean, sign: int) -> _Mean:
        counts = [mean.prompts for mean in (self, other) if mean.prompts > 1]
        return _Mean(
            sign * (self.value - other.value),
            sign * (self.drawn - other.drawn),
            sign * (self.fixed - other.fixed),
            min(counts, default=1),
            self.groups,
        )

    @property
    def limits(self) -> Interval:
        return limits_of(self.value, self.drawn, self.fixed, (self.groups, self.prompts))
