"""What tuning found, as a value, as JSON, as words and as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.intervals import Interval
from painter_kit.evaluation.panel import Panel
from painter_kit.files import atomic, write_text
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Spec
from prompt_tuning.tune import Learned, TuneConfig

PROMPT_FOLDER, LEARNED_FOLDER = "prompt", "learned"


@dataclass(frozen=True)
class TuneResult:
    """The outcome of one tuning.

    ``prompt`` is the learned one; ``chosen`` says which kind the confirm split prefers
    (``random``, ``searched`` or ``learned``) and ``chosen_prompt`` is it. ``gain`` compares the
    learned prompt with the panel mean, ``over_searched`` with the searched one (None when there
    is none), all on confirm.
    """

    spec: Spec[Any]
    config: TuneConfig
    init: str
    model_digest: str
    splits: Mapping[str, int]
    forwards: Mapping[str, int]
    learned: Learned
    prompt: Prompt
    confirm: Interval
    panel: Panel
    panel_prompts: Sequence[Prompt]
    panel_values: Sequence[float]
    gain: Gain
    searched: Prompt | None
    over_searched: Gain | None
    chosen: str
    chosen_prompt: Prompt
    checkpoint: str = ""
    folder: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """One object of plain data; ``run_id`` is added by who keeps the run."""
        best = self.learned.best
        return {
            "task": self.spec.task,
            "data": self.spec.data,
            "checkpoint": self.checkpoint,
            "model_digest": self.model_digest,
            "strategy": "tune",
            "seed": self.config.seed,
            "metric": self.spec.metric,
            "direction": self.spec.direction,
            "splits": dict(self.splits),
            "forwards": dict(self.forwards),
            "winner": {
                "id": f"step {best.step}",
                "select": best.select,
                "confirm": self.confirm.value,
            },
            "panel": self.panel.to_json(),
            "gain": self.gain.to_json(),
            "prompt": str(self.folder / PROMPT_FOLDER) if self.folder else None,
            "init": self.init,
            "steps": self.config.steps,
            "seconds": self.learned.seconds,
            "chosen": self.chosen,
        }

    @property
    def summary(self) -> str:
        """The result in a few lines for people."""
        spec, learned, confirm, panel = self.spec, self.learned, self.confirm, self.panel
        start, best = learned.snapshots[0], learned.best
        lines = [
            f"learned prompt for {spec.task} on {spec.data}: started from {self.init}, "
            f"best after {best.step} of {self.config.steps} steps ({learned.seconds:.0f} s)",
            f"  {spec.metric} on {self.splits['select']} select images: {start.select:.4g} -> "
            f"{best.select:.4g} {spec.unit}; loss {learned.losses[0]:.4g} -> "
            f"{learned.losses[-1]:.4g}",
            f"  {spec.metric} on {self.splits['confirm']} confirm images: {confirm.value:.4g} "
            f"{spec.unit} [{confirm.low:.4g}, {confirm.high:.4g}]",
            f"  {panel.size} random prompts: {panel.mean:.4g} {spec.unit}, sd {panel.sd:.2g} "
            f"[{panel.sd_ci_low:.2g}, {panel.sd_ci_high:.2g}]",
            f"  against random: {self.gain.sentence}",
        ]
        if self.over_searched:
            lines.append(f"  against searched: {self.over_searched.sentence}")
        lines += [
            f"  chosen on confirm (read {self.prompt.confirm_touches} times for this): "
            f"{self.chosen}",
            f"  forwards: {self.forwards['panel']} panel, {self.forwards['select']} select, "
            f"{self.forwards['confirm']} confirm; {self.forwards['new']} new, "
            f"{self.forwards['reused']} reused; {self.config.steps} x {self.config.batch} "
            "samples forward and backward",
        ]
        return "\n".join(line.rstrip() for line in lines)

    def write(self, folder: Path) -> None:
        """Write the learned and the chosen prompt, snapshots and losses into ``folder``."""
        self.prompt.save(folder / LEARNED_FOLDER)
        self.chosen_prompt.save(folder / PROMPT_FOLDER)
        rows = [(s.step, s.select, s.prompt.digest) for s in self.learned.snapshots]
        _write_csv(folder / "snapshots.csv", ("step", self.spec.metric, "prompt"), rows)
        losses = list(enumerate(self.learned.losses, start=1))
        _write_csv(folder / "losses.csv", ("step", "loss"), losses)
        # The folder may still be moved to its final place, so the prompt's is told relative to it.
        content = {**self.to_json(), "prompt": PROMPT_FOLDER}
        write_text(folder / "result.json", json.dumps(content, indent=2) + "\n")


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
