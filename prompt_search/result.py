"""What a search found, as a value, as JSON, as words and as files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.intervals import Interval
from painter_kit.evaluation.panel import Components, Panel, median_index
from painter_kit.files import atomic, write_rows, write_text
from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Spec
from prompt_search.alternatives import Alternative, verdicts
from prompt_search.cap import CapRisk
from prompt_search.config import SearchConfig
from prompt_search.refined import Refined
from prompt_search.released import Released
from prompt_search.sensitivity import Sensitivity
from prompt_search.setting import WHOLE, prompt_of
from prompt_search.sieve import told

PROMPT_FOLDER = "prompt"
INTERCHANGEABLE = "interchangeable"  # the event of a search that ended after the panel


def amount(value: float, spec: Spec[Any]) -> str:
    """A value of the primary metric with its unit."""
    return f"{value:.4g} {spec.unit}".rstrip()


@dataclass(frozen=True)
class Winner:
    """The chosen candidate: its name, metric on select, and metric on confirm with interval."""

    id: str
    select: float
    confirm: Interval


def stops(decisions: Sequence[Mapping[str, Any]]) -> str:
    """Why races ended early, each reason once; empty if none did."""
    reasons = [str(d["reason"]) for d in decisions if d["event"] == "stopped"]
    return ", ".join(dict.fromkeys(reasons))


@dataclass(frozen=True)
class Trace:
    """What happened on the way: decisions, one row per candidate, every judged cell.

    ``forwards`` are those of the races of each part, if there are parts, with those of the fixed
    other parts; a picture that was painted when the search was ended counts, so that they are no
    decisions. ``finalists`` of every race by all metrics (``pareto.by_all_metrics``).
    """

    decisions: Sequence[Mapping[str, Any]]
    candidates: Sequence[Mapping[str, object]]
    cells: Mapping[str, Sequence[Any]]
    forwards: Mapping[str, int] = field(default_factory=dict)
    finalists: Sequence[Mapping[str, Any]] = ()

    @property
    def stopped(self) -> str:
        """Why races ended early, each reason once; empty if none did."""
        return stops(self.decisions)

    def noting(self, decision: Mapping[str, Any]) -> Trace:
        """The same with one more decision."""
        return replace(self, decisions=[*self.decisions, decision])

    @property
    def judged(self) -> int:
        """How many candidates were judged on at least one image."""
        return sum(row["images"] != 0 for row in self.candidates)

    @classmethod
    def of_parts(cls, traces: Sequence[Trace]) -> Trace:
        """One after the other; their entries say which part they are of."""
        forwards: Counter[str] = Counter()
        for trace in traces:
            forwards.update(trace.forwards)
        return cls(
            [decision for trace in traces for decision in trace.decisions],
            [row for trace in traces for row in trace.candidates],
            {name: [c for t in traces for c in t.cells[name]] for name in traces[0].cells},
            dict(forwards),
            [row for trace in traces for row in trace.finalists],
        )


@dataclass(frozen=True)
class SearchResult:
    """The outcome of one search.

    ``splits`` and ``forwards`` are counts by name, candidates and forwards those of all parts;
    ``exhaustive_forwards`` would judge every candidate on every select image. ``panel`` is
    measured on confirm and ``components`` on select; ``panel_prompts`` and ``panel_values``
    (metric on confirm) are the panel's; ``dropped`` counts unusable pairs by reason; ``folder``
    is where it was written; ``cap_risks`` say what capped pools may have cost. ``released``
    compares with the authors' prompt where the data have one, ``sensitivity`` is there when it was
    asked for; ``metrics`` are all of the task's on confirm, of the winner and of the panel's mean;
    ``alternatives``, which were not chosen from, are there when they were asked for; ``skipped``
    names what was not measured of all this, because the search was ``ended`` from outside, and why.
    """

    spec: Spec[Any]
    config: SearchConfig
    model_digest: str
    splits: Mapping[str, int]
    forwards: Mapping[str, int]
    exhaustive_forwards: int
    winner: Winner
    prompt: AnyPrompt
    panel: Panel
    panel_prompts: Sequence[AnyPrompt]
    panel_values: Sequence[float]
    components: Components
    gain: Gain
    dropped: Mapping[str, int]
    trace: Trace = field(repr=False)
    alternatives: Sequence[Alternative] = ()
    checkpoint: str = ""
    folder: Path | None = None
    cap_risks: Sequence[CapRisk] = ()
    refined: Refined | None = None
    released: Released | None = None
    sensitivity: Sensitivity | None = None
    metrics: Mapping[str, tuple[Interval, Interval]] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    ended: str = ""

    @property
    def decisions(self) -> list[Mapping[str, Any]]:
        """All that was decided, in order."""
        return [*self.trace.decisions, *(self.refined.decisions if self.refined else ())]

    @property
    def stopped(self) -> str:
        """Why races ended early; empty if none did."""
        return stops(self.decisions)

    @property
    def interchangeable(self) -> bool:
        """Whether the search ended after the panel because no prompt is better than another."""
        return any(d["event"] == INTERCHANGEABLE for d in self.trace.decisions)

    @property
    def outlooks(self) -> list[Mapping[str, Any]]:
        """Variance components and expected gain before the race, of every part."""
        return [d for d in self.trace.decisions if d["event"] == "outlook"]

    @property
    def certificates(self) -> list[Mapping[str, Any]]:
        """What is certain of the candidates that the pools' races chose; empty if the strategy does
        not say. ``of_prompt`` tells whether this speaks of the prompt that was found at last."""
        return [self._certified(d) for d in self.trace.decisions if d["event"] == "certificate"]

    def _certified(self, decision: Mapping[str, Any]) -> Mapping[str, Any]:
        """A certificate of a race of the pool, beside the prompt that was found at last."""
        prompt = prompt_of(self.prompt, decision.get("part", WHOLE))
        if prompt.digest == decision["prompt"]:
            return {**decision, "of_prompt": True}
        found, of = prompt.provenance.get("candidate"), decision["id"]
        last = "an edit of it" if found == of else f"{found}, the better one by {self.spec.metric}"
        beside = f"{decision['sentence']}; the prompt is {last}, of which this says nothing"
        return {**decision, "sentence": beside, "of_prompt": False}

    @property
    def _together(self) -> list[str]:
        """What racing the parts together changed, in words; nothing if the winners stayed."""
        changed = [d for d in self.trace.decisions if d["event"] == "together"]
        values = [list(d["metric"].values()) for d in changed if d["id"] == list(d["metric"])[1]]
        return [
            f"  raced together by {self.spec.metric}, the parts go from {before:.4g} to "
            f"{after:.4g} on select"
            for before, after in values
            if None not in (before, after)
        ]

    @property
    def median_prompt(self) -> AnyPrompt:
        """The panel's prompt of median value, to show what a random one looks like."""
        return self.panel_prompts[median_index(self.panel_values)]

    def to_json(self) -> dict[str, Any]:
        """One object of plain data; ``run_id`` is added by who keeps the run."""
        winner = self.winner
        sure = {"certificates": [dict(c) for c in self.certificates]} if self.certificates else {}
        others = [one.to_json() for one in self.alternatives]
        return {
            "task": self.spec.task,
            "data": self.spec.data,
            "checkpoint": self.checkpoint,
            "model_digest": self.model_digest,
            "strategy": self.config.strategy,
            "seed": self.config.seed,
            "metric": self.spec.metric,
            "direction": self.spec.direction,
            "splits": dict(self.splits),
            "forwards": dict(self.forwards),
            **({"forwards_by_part": dict(raced)} if (raced := self.trace.forwards) else {}),
            "exhaustive_forwards": self.exhaustive_forwards,
            "winner": {"id": winner.id, "select": winner.select, "confirm": winner.confirm.value},
            "panel": self.panel.to_json(),
            "gain": self.gain.to_json(),
            "metrics": {
                name: {"searched": ours.to_json(), "panel": panel.to_json()}
                for name, (ours, panel) in self.metrics.items()
            },
            "prompt": str(self.folder / PROMPT_FOLDER) if self.folder else None,
            "outlook": [dict(outlook) for outlook in self.outlooks],
            **({"interchangeable": True} if self.interchangeable else {}),
            "finalists": [dict(row) for row in self.trace.finalists],
            **sure,
            **({"stopped": self.stopped} if self.stopped else {}),
            **({"dropped": dict(self.dropped)} if self.dropped else {}),
            **({"caps": [risk.to_json() for risk in self.cap_risks]} if self.cap_risks else {}),
            **({"refined": self.refined.to_json()} if self.refined else {}),
            **({"over_released": self.released.over.to_json()} if self.released else {}),
            **({"sensitivity": self.sensitivity.to_json()} if self.sensitivity else {}),
            **({"alternatives": others} if others else {}),
            **({"skipped": list(self.skipped)} if self.skipped else {}),
        }

    @property
    def summary(self) -> str:
        """The result in a few lines for people."""
        confirm, panel, forwards = self.winner.confirm, self.panel, self.forwards
        spec, sensed = self.spec, self.sensitivity
        share = forwards["select"] / self.exhaustive_forwards
        pool, stopped = self.splits["pool"], self.stopped
        early = f"  stopped early ({stopped}): {self.trace.judged} of {pool} candidates judged"
        touches = self.prompt.confirm_touches
        also = f", {forwards['alternatives']} alternatives" if self.alternatives else ""
        left_out = ", ".join(self.skipped)
        by_part = "".join(f"; races of {p} {n}" for p, n in self.trace.forwards.items())
        lines = [
            self._headline,
            *([early] if stopped else ()),
            f"  {spec.metric} on {self.splits['confirm']} confirm images "
            f"(read {'once' if touches == 1 else f'{touches} times'} for this prompt): "
            f"{amount(confirm.value, spec)} [{confirm.low:.4g}, {confirm.high:.4g}]",
            f"  {panel.size} random prompts: {amount(panel.mean, spec)}, sd {panel.sd:.2g} "
            f"[{panel.sd_ci_low:.2g}, {panel.sd_ci_high:.2g}]",
            f"  {self.gain.sentence}",
            *self._together,
            *([f"  {self.refined.sentence}"] if self.refined else []),
            *(
                [f"  against the released prompt: {self.released.over.sentence}"]
                if self.released
                else []
            ),
            *("  " + f"{c.get('part', '')} {c['sentence']}".lstrip() for c in self.certificates),
            *("  " + risk.sentence for risk in self.cap_risks),
            *([f"  left out of the pool: {told(self.dropped)}"] if self.dropped else []),
            f"  optimism of the select images: {self.gain.optimism or 0:+.3g} {spec.unit}",
            f"  forwards: {forwards['select']} to select ({share:.1%} of exhaustive{by_part}), "
            f"{forwards['panel']} panel, {forwards['confirm']} confirm{also}; "
            f"{forwards['new']} new, {forwards['reused']} reused",
            *(f"  {line}" for line in (sensed.summary if sensed else [])),
            *(f"  {line}" for line in verdicts(self.alternatives)),
            *(
                [f"  not measured, because the search was ended ({self.ended}): {left_out}"]
                if left_out
                else []
            ),
        ]
        return "\n".join(line.rstrip() for line in lines)

    @property
    def _headline(self) -> str:
        spec, pool = self.spec, self.splits["pool"]
        where = f"{spec.task} on {spec.data}"
        if self.interchangeable:
            return (
                f"prompts are interchangeable for {where} with this model (none can be expected "
                f"to gain {self._least}): stopped after the panel, which {self.winner.id} is of "
                f"(of {pool} candidates)"
            )
        if self.prompt.kind == "released":
            return f"released prompt for {where}"
        considered = sum(o["candidates"] for o in self.outlooks if not o.get("round"))
        best = f"best of {considered}" + (f" of {pool}" if considered < pool else "")
        strategy = self.config.strategy
        return f"searched prompt for {where}: {self.winner.id} ({strategy}, {best})"

    @property
    def _least(self) -> str:
        """The least gain that matters, of every part."""
        return ", ".join(
            f"{o.get('part', WHOLE)} {o['least_gain']:.2g} {self.spec.unit}".strip()
            for o in self.outlooks
            if o["least_gain"] is not None
        )

    def write(self, folder: Path) -> None:
        """Write the prompt folder, decisions, candidates and judged cells into ``folder``.

        So are the diagnosis, the prompts of alternatives that help, and what was retrieved for
        each query, where they were asked for.
        """
        self.prompt.save(folder / PROMPT_FOLDER)
        if self.refined:
            self.refined.write(folder)
        if self.sensitivity:
            self.sensitivity.write(folder)
        lines = (json.dumps(d, sort_keys=True, allow_nan=False) for d in self.decisions)
        for one in self.alternatives:
            one.write(folder)
        write_text(folder / "decisions.jsonl", "".join(f"{line}\n" for line in lines))
        write_rows(folder / "candidates.csv", self.trace.candidates)
        import pandas as pd

        with atomic(folder / "scores.parquet") as path:
            pd.DataFrame(dict(self.trace.cells)).to_parquet(path, index=False)
        # The folder may still be moved to its final place, so the prompt's is told relative to it.
        content = {**self.to_json(), "prompt": PROMPT_FOLDER}
        write_text(folder / "result.json", json.dumps(content, indent=2) + "\n")
