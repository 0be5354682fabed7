"""What tuning found, as a value, as JSON, as words and as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.intervals import Interval
from painter_kit.evaluation.panel import Panel, median_index
from painter_kit.files import atomic, write_text
from painter_kit.inference.parted import AnyPrompt
from painter_kit.keys import ROBUSTNESS, gain_values, metric_values
from painter_kit.types import Reporter, Spec
from prompt_search.result import amount
from prompt_search.setting import join_names
from prompt_tuning.config import Pace, TuneConfig
from prompt_tuning.pictures import draw_learned
from prompt_tuning.robustness import Table
from prompt_tuning.sweep import JOURNAL
from prompt_tuning.tune import Learned
from prompt_tuning.verdict import rival_name

PROMPT_FOLDER, LEARNED_FOLDER = "prompt", "learned"


@dataclass(frozen=True)
class TuneResult:
    """The outcome of one tuning.

    ``learned`` is what happened for every part (under ``""`` for a task without); ``prompt`` is
    the learned one and ``select`` its metric on select. ``rival`` is the finished prompt that it
    has to beat: what a search found or the folder that was given as a start, None when there is
    none. ``chosen`` says which the confirm split prefers (``random``, ``searched`` or ``given``,
    which is the rival, or ``learned``) and ``chosen_prompt`` is it. ``gain`` compares the learned
    prompt with the panel mean, ``over_rival`` with the rival, all on confirm. ``robustness`` has a
    row per change of the pictures, on select.
    """

    spec: Spec[Any]
    config: TuneConfig
    pace: Pace
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
    rival: AnyPrompt | None
    over_rival: Gain | None
    chosen: str
    chosen_prompt: AnyPrompt
    robustness: Table
    checkpoint: str = ""
    folder: Path | None = None

    @property
    def median_prompt(self) -> AnyPrompt:
        """The panel's prompt of median value, to show what a random one looks like."""
        return self.panel_prompts[median_index(self.panel_values)]

    @property
    def rival_name(self) -> str:
        """What the rival is called; empty without one."""
        return rival_name(self.rival) if self.rival else ""

    @property
    def loss_is_not_metric(self) -> bool:
        """Whether of any part the loss fell while no learned prompt beat the start on select."""
        return any(learned.loss_is_not_metric for learned in self.learned.values())

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
            "rival": self.rival_name or None,
            "gain_over_rival": self.over_rival.to_json() if self.over_rival else None,
            "loss_is_not_metric": self.loss_is_not_metric,
            "prompt": str(self.folder / PROMPT_FOLDER) if self.folder else None,
            "init": self.init,
            "steps": self.pace.steps,
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
            f"best after {steps} of {self.pace.steps} steps ({self.seconds:.0f} s)",
            *(self._course(name, learned) for name, learned in self.learned.items()),
            *([f"  together: {spec.metric} {amount(self.select, spec)}"] if spec.parts else []),
            f"  {spec.metric} on {self.splits['confirm']} confirm images: "
            f"{amount(confirm.value, spec)} [{confirm.low:.4g}, {confirm.high:.4g}]",
            f"  {panel.size} random prompts: {amount(panel.mean, spec)}, sd {panel.sd:.2g} "
            f"[{panel.sd_ci_low:.2g}, {panel.sd_ci_high:.2g}]",
            f"  against random: {self.gain.sentence}",
        ]
        if self.over_rival:
            lines.append(f"  against {self.rival_name}: {self.over_rival.sentence}")
        lines += [*self._remarks(), *self._robust()]
        lines += [
            f"  chosen on confirm (read {self.prompt.confirm_touches} times for this): "
            f"{self.chosen}",
            f"  forwards: {self.forwards['panel']} panel, {self.forwards['select']} select, "
            f"{self.forwards['confirm']} confirm; {self.forwards['new']} new, "
            f"{self.forwards['reused']} reused; {self.steps_made * self.pace.batch} samples "
            "forward and backward",
        ]
        return "\n".join(line.rstrip() for line in lines)

    def _remarks(self) -> list[str]:
        """Where the loss misled, and what a sweep came to."""
        lines = []
        for name, learned in self.learned.items():
            part = f"  {name}: " if name else "  "
            if learned.loss_is_not_metric:
                lines.append(
                    f"{part}loss is not metric: the loss fell, yet no learned prompt beat the "
                    "start on select; the metric decides"
                )
            if swept := learned.swept:
                best = ", ".join(
                    f"{k} {_short(v)}" for k, v in swept.rows[swept.index].items() if v is not None
                )
                lines.append(f"{part}best of {len(swept.rows)} trials: {best}")
        return lines

    def _robust(self) -> list[str]:
        """The robustness table in a line."""
        if not self.robustness:
            return []
        kinds = [kind for kind in self.robustness[0] if kind != "change"]
        cells = [
            f"{row['change']} {' / '.join(_short(row[kind]) for kind in kinds)}"
            for row in self.robustness
        ]
        return [f"  robustness on select ({' / '.join(kinds)}): {', '.join(cells)}"]

    @property
    def steps_made(self) -> int:
        """Steps over all starts, trials and parts."""
        return sum(learned.steps for learned in self.learned.values())

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
            self._write_part(folder / part, learned, self.spec.part(part) if part else self.spec)
        decisions = [d for learned in self.learned.values() for d in learned.decisions]
        if decisions:
            lines = (json.dumps(d, sort_keys=True, allow_nan=False) for d in decisions)
            write_text(folder / "decisions.jsonl", "".join(f"{line}\n" for line in lines))
        if self.robustness:
            _write_table(folder / "robustness.csv", self.robustness)
        # The folder may still be moved to its final place, so the prompt's is told relative to it.
        content = {**self.to_json(), "prompt": PROMPT_FOLDER}
        write_text(folder / "result.json", json.dumps(content, indent=2) + "\n")

    def _write_part(self, folder: Path, learned: Learned, spec: Spec[Any]) -> None:
        rows = [(s.step, s.select, s.loss, s.prompt.digest) for s in learned.snapshots]
        _write_csv(folder / "snapshots.csv", ("step", spec.metric, "loss", "prompt"), rows)
        losses = list(enumerate(learned.losses, start=1))
        _write_csv(folder / "losses.csv", ("step", "loss"), losses)
        draw_learned(folder, learned, spec.metric)
        if learned.swept:
            rows = [dict(row) for row in learned.swept.rows]
            write_text(folder / "sweep.json", json.dumps(rows, indent=1, allow_nan=False) + "\n")
            _write_table(folder / "sweep.csv", learned.swept.rows)
            write_text(folder / JOURNAL, learned.swept.journal)


def report_tuning(result: TuneResult, reporter: Reporter) -> None:
    """Final numbers, tables and the written files."""
    spec, confirm, gain = result.spec, result.confirm, result.gain
    values = {
        **metric_values(spec.task, spec.metric, confirm.to_json()),
        **gain_values(gain.to_json()),
        "panel/mean": result.panel.mean,
        "panel/sd": result.panel.sd,
        "tune/seconds": result.seconds,
    }
    if result.over_rival:
        over = f"gain_over_{result.rival_name}"
        values |= gain_values(result.over_rival.to_json(), over)
    reporter.metrics({name: value for name, value in values.items() if np.isfinite(value)})
    misled = str(result.loss_is_not_metric).lower()
    reporter.tags({"painterkit.chosen": result.chosen, "painterkit.loss_is_not_metric": misled})
    settings = {**asdict(result.config), **asdict(result.pace)}
    reporter.params({f"tune.{name}": value for name, value in settings.items()})
    if result.robustness:
        reporter.table(ROBUSTNESS, result.robustness)
    for part, learned in result.learned.items():
        if learned.swept:
            reporter.table(f"{part}_sweep.json".lstrip("_"), learned.swept.rows)
    if result.folder:
        for path in sorted(result.folder.iterdir()):
            if not path.name.startswith("."):
                reporter.artifact(path, path.name if path.is_dir() else "")


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _write_table(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    _write_csv(
        path, list(rows[0]), [["" if v is None else v for v in row.values()] for row in rows]
    )


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
