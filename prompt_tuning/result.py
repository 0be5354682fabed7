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
from painter_kit.evaluation.panel import Panel, median_index
from painter_kit.files import atomic, write_text
from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Spec
from prompt_search.result import amount
from prompt_search.setting import join_names
from prompt_tuning.tune import Learned, TuneConfig

PROMPT_FOLDER, LEARNED_FOLDER = "prompt", "learned"


@dataclass(frozen=True)
class TuneResult:
    """The outcome of one tuning.

    ``learned`` is what happened for every part (under ``""`` for a task without); ``prompt`` is
    the learned one and ``select`` its metric on select. ``chosen`` says which kind the confirm
    split prefers (``random``, ``searched`` or ``learned``) and ``chosen_prompt`` is it. ``gain``
    compares the learned prompt with the panel mean, ``over_searched`` with the searched one
    (None when there is none), all on confirm.
    """

    spec: Spec[Any]
    config: TuneConfig
    init: str
    model_digest: str
    splits: Mapping[str, int]
    forwards: Mapping[str, int]
    learned: Mapping[str, Learned]
    prompt: AnyPrompt
    select: float
    confirm: Interval
    panel: Panel
    panel_prompts: Sequence[AnyPrompt]
    panel_values: Sequence[float]
    gain: Gain
    searched: AnyPrompt | None
    over_searched: Gain | None
    chosen: str
    chosen_prompt: AnyPrompt
    checkpoint: str = ""
    folder: Path | None = None

    @property
    def median_prompt(self) -> AnyPrompt:
        """The panel's prompt of median value, to show what a random one looks like."""
        return self.panel_prompts[median_index(self.panel_values)]

    @property
    def seconds(self) -> float:
        """How long learning took, over all parts."""
        return sum(learned.seconds for learned in self.learned.values())

    def to_json(self) -> dict[str, Any]:
        """One object of plain data; ``run_id`` is added by who keeps the run."""
        steps = {name: f"step {learned.best.step}" for name, learned in self.learned.items()}
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
                "id": join_names(steps),
                "select": self.select,
                "confirm": self.confirm.value,
            },
            "panel": self.panel.to_json(),
            "gain": self.gain.to_json(),
            "prompt": str(self.folder / PROMPT_FOLDER) if self.folder else None,
            "init": self.init,
            "steps": self.config.steps,
            "seconds": self.seconds,
            "chosen": self.chosen,
        }

    @property
    def summary(self) -> str:
        """The result in a few lines for people."""
        spec, confirm, panel = self.spec, self.confirm, self.panel
        steps = join_names({name: str(one.best.step) for name, one in self.learned.items()})
        lines = [
            f"learned prompt for {spec.task} on {spec.data}: started from {self.init}, "
            f"best after {steps} of {self.config.steps} steps ({self.seconds:.0f} s)",
            *(self._course(name, learned) for name, learned in self.learned.items()),
            *([f"  together: {spec.metric} {amount(self.select, spec)}"] if spec.parts else []),
            f"  {spec.metric} on {self.splits['confirm']} confirm images: "
            f"{amount(confirm.value, spec)} [{confirm.low:.4g}, {confirm.high:.4g}]",
            f"  {panel.size} random prompts: {amount(panel.mean, spec)}, sd {panel.sd:.2g} "
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
            f"{self.forwards['reused']} reused; "
            f"{len(self.learned) * self.config.steps * self.config.batch} samples forward and "
            "backward",
        ]
        return "\n".join(line.rstrip() for line in lines)

    def _course(self, part: str, learned: Learned) -> str:
        """How the metric on select and the loss of one part went."""
        spec = self.spec.part(part) if part else self.spec
        start, best = learned.snapshots[0], learned.best
        return (
            f"  {f'{part}: ' if part else ''}{spec.metric} on {self.splits['select']} select "
            f"images: {start.select:.4g} -> {amount(best.select, spec)}; "
            f"loss {learned.losses[0]:.4g} -> {learned.losses[-1]:.4g}"
        )

    def write(self, folder: Path) -> None:
        """Write the learned and the chosen prompt, snapshots and losses into ``folder``.

        Snapshots and losses of parts go into folders of their names.
        """
        self.prompt.save(folder / LEARNED_FOLDER)
        self.chosen_prompt.save(folder / PROMPT_FOLDER)
        for part, learned in self.learned.items():
            spec = self.spec.part(part) if part else self.spec
            rows = [(s.step, s.select, s.prompt.digest) for s in learned.snapshots]
            _write_csv(folder / part / "snapshots.csv", ("step", spec.metric, "prompt"), rows)
            losses = list(enumerate(learned.losses, start=1))
            _write_csv(folder / part / "losses.csv", ("step", "loss"), losses)
        # The folder may still be moved to its final place, so the prompt's is told relative to it.
        content = {**self.to_json(), "prompt": PROMPT_FOLDER}
        write_text(folder / "result.json", json.dumps(content, indent=2) + "\n")


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
