"""What a search found, as a value, as JSON, as words and as files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.intervals import Interval
from painter_kit.evaluation.panel import Components, Panel, median_index
from painter_kit.files import atomic, write_rows, write_text
from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Spec
from prompt_search.alternatives import Alternative, told
from prompt_search.plan import SearchConfig

PROMPT_FOLDER = "prompt"


def amount(value: float, spec: Spec[Any]) -> str:
    """A value of the primary metric with its unit."""
    return f"{value:.4g} {spec.unit}".rstrip()


@dataclass(frozen=True)
class Winner:
    """The chosen candidate: its name, metric on select, and metric on confirm with interval."""

    id: str
    select: float
    confirm: Interval


@dataclass(frozen=True)
class Trace:
    """What happened on the way: decisions, one row per candidate, every judged cell."""

    decisions: Sequence[Mapping[str, Any]]
    candidates: Sequence[Mapping[str, object]]
    cells: Mapping[str, Sequence[Any]]

    @classmethod
    def of_parts(cls, traces: Sequence[Trace]) -> Trace:
        """One after the other; their entries say which part they are of."""
        return cls(
            [decision for trace in traces for decision in trace.decisions],
            [row for trace in traces for row in trace.candidates],
            {name: [c for t in traces for c in t.cells[name]] for name in traces[0].cells},
        )


@dataclass(frozen=True)
class SearchResult:
    """The outcome of one search.

    ``splits`` and ``forwards`` are counts by name, candidates and forwards those of all parts;
    ``exhaustive_forwards`` would judge every candidate on every select image. ``panel`` is
    measured on confirm and ``components`` on select; ``panel_prompts`` and ``panel_values``
    (metric on confirm) are the panel's; ``dropped`` counts unusable pairs by reason;
    ``alternatives`` to the one prompt were measured but not chosen from; ``folder`` is where it
    was written.
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

    @property
    def certificates(self) -> list[Mapping[str, Any]]:
        """What is certain of the winner, or of each part's; empty if the strategy does not say."""
        return [d for d in self.trace.decisions if d["event"] == "certificate"]

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
            "exhaustive_forwards": self.exhaustive_forwards,
            "winner": {"id": winner.id, "select": winner.select, "confirm": winner.confirm.value},
            "panel": self.panel.to_json(),
            "gain": self.gain.to_json(),
            "prompt": str(self.folder / PROMPT_FOLDER) if self.folder else None,
            **sure,
            **({"alternatives": others} if others else {}),
        }

    @property
    def summary(self) -> str:
        """The result in a few lines for people."""
        confirm, panel, forwards = self.winner.confirm, self.panel, self.forwards
        spec, strategy = self.spec, self.config.strategy
        share = forwards["select"] / self.exhaustive_forwards
        also = f", {forwards['alternatives']} alternatives" if self.alternatives else ""
        lines = [
            f"searched prompt for {spec.task} on {spec.data}: {self.winner.id} "
            f"({strategy}, best of {self.splits['pool']})",
            f"  {spec.metric} on {self.splits['confirm']} confirm images: "
            f"{amount(confirm.value, spec)} [{confirm.low:.4g}, {confirm.high:.4g}]",
            f"  {panel.size} random prompts: {amount(panel.mean, spec)}, sd {panel.sd:.2g} "
            f"[{panel.sd_ci_low:.2g}, {panel.sd_ci_high:.2g}]",
            f"  {self.gain.sentence}",
            *("  " + f"{c.get('part', '')} {c['sentence']}".lstrip() for c in self.certificates),
            f"  optimism of the select images: {self.gain.optimism or 0:+.3g} {spec.unit}",
            f"  forwards: {forwards['select']} to select ({share:.1%} of exhaustive), "
            f"{forwards['panel']} panel, {forwards['confirm']} confirm{also}; "
            f"{forwards['new']} new, {forwards['reused']} reused",
            *(f"  {line}" for line in told(self.alternatives)),
        ]
        return "\n".join(line.rstrip() for line in lines)

    def write(self, folder: Path) -> None:
        """Write the prompt folder, decisions, candidates and judged cells into ``folder``.

        So are the prompts of alternatives that help, and what was retrieved for each query.
        """
        self.prompt.save(folder / PROMPT_FOLDER)
        for one in self.alternatives:
            one.write(folder)
        lines = (json.dumps(d, sort_keys=True, allow_nan=False) for d in self.trace.decisions)
        write_text(folder / "decisions.jsonl", "".join(f"{line}\n" for line in lines))
        write_rows(folder / "candidates.csv", self.trace.candidates)
        import pandas as pd

        with atomic(folder / "scores.parquet") as path:
            pd.DataFrame(dict(self.trace.cells)).to_parquet(path, index=False)
        # The folder may still be moved to its final place, so the prompt's is told relative to it.
        content = {**self.to_json(), "prompt": PROMPT_FOLDER}
        write_text(folder / "result.json", json.dumps(content, indent=2) + "\n")
