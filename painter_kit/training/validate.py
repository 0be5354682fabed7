"""Figures of a trained model on every task of a dataset, under randomly chosen prompts."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from painter_kit.data.base import Dataset
from painter_kit.evaluation.evaluate import evaluate
from painter_kit.evaluation.order import keyed_order
from painter_kit.evaluation.painting import Predict
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.inference.predictor import Predictor
from painter_kit.model.painter import Painter
from painter_kit.tasks.base import Task, get_task
from painter_kit.training.draws import Resized, draw_prompts, draw_queries
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.switching import SWITCH_TASKS, Switching, task_switching
from painter_kit.types import Example, Size, Spec

logger = logging.getLogger(__name__)

_RESTORATION = ("denoise", "derain", "enhance")
_MEAN_OF = 128  # depth maps that the mean map averages


@dataclass(frozen=True)
class TaskFigures:
    """Every metric of one task, one number per prompt.

    ``baselines`` are numbers of no model: of the corrupted input for restoration, of the mean
    depth map of the training scenes for depth.
    """

    task: str
    metric: str
    direction: str
    unit: str
    prompts: tuple[str, ...]
    examples: int
    values: Mapping[str, tuple[float, ...]]
    baselines: Mapping[str, float] = field(default_factory=dict)

    def mean(self, name: str) -> float:
        """The metric's mean over prompts."""
        return float(np.mean(self.values[name]))

    def sd(self, name: str) -> float:
        """Its standard deviation over prompts (n - 1); NaN for one prompt."""
        values = self.values[name]
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Plain data; what is not finite becomes None."""
        metrics = {
            name: {"mean": _known(self.mean(name)), "sd": _known(self.sd(name))}
            for name in self.values
        }
        return {
            "task": self.task,
            "primary": self.metric,
            "direction": self.direction,
            "unit": self.unit,
            "prompts": list(self.prompts),
            "examples": self.examples,
            "metrics": metrics,
            "baselines": {name: _known(value) for name, value in self.baselines.items()},
        }


@dataclass(frozen=True)
class Validation:
    """The figures of all tasks on queries of a split of ``data``, and whether the prompt
    switches between tasks."""

    data: str
    figures: tuple[TaskFigures, ...]
    switching: Switching | None
    split: str = "select"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        switching = self.switching.to_json() if self.switching else None
        return {
            "data": self.data,
            "split": self.split,
            "tasks": [figures.to_json() for figures in self.figures],
            "task_switching": switching,
        }

    @property
    def numbers(self) -> dict[str, float]:
        """Finite means as flat names, for tracking."""
        named = {
            f"validation/{f.task}/{name}": f.mean(name) for f in self.figures for name in f.values
        }
        if self.switching:
            named["validation/task_switching"] = self.switching.share
        return {name: value for name, value in named.items() if np.isfinite(value)}

    @property
    def table(self) -> str:
        """The figures as a Markdown table, primary metric first."""
        return figures_table([figures.to_json() for figures in self.figures])


def figures_table(tasks: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table of tasks' figures as ``TaskFigures.to_json`` gives them."""
    heads = ("task", "metric", "mean", "sd over prompts", "no model", "other metrics")
    lines = [_line(heads), _line(["---"] * len(heads))]
    return "\n".join([*lines, *(_line(_cells(figures)) for figures in tasks)])


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(figures: Mapping[str, Any]) -> tuple[str, ...]:
    name, metrics, unit = figures["primary"], figures["metrics"], figures["unit"]
    baselines = "; ".join(f"{k} {_number(v, '.4g')}" for k, v in figures["baselines"].items())
    others = ", ".join(f"{k} {_number(v['mean'], '.4g')}" for k, v in metrics.items() if k != name)
    label = f"{name} ({unit})" if unit else name
    arrow = "higher is better" if figures["direction"] == "max" else "lower is better"
    values = _number(metrics[name]["mean"], ".4g"), _number(metrics[name]["sd"], ".2g")
    return figures["task"], f"{label}, {arrow}", *values, baselines, others


def _number(value: float | None, form: str) -> str:
    return format(float("nan") if value is None else value, form)


def validate(
    predictor: Predictor,
    dataset: Dataset,
    prompts: int = 4,
    examples: int = 64,
    seed: int = 0,
    split: str = "select",
    only: Collection[str] | None = None,
) -> Validation:
    """Measure every task of ``dataset`` (where ``only`` is given those that it names, and those
    all of whose parts it names): ``prompts`` prompts x ``examples`` queries each.

    Prompts are drawn from the pool's subset and queries from that of ``split``, by keyed order;
    tasks whose subsets share ids are given the same scenes. Pictures are painted at the model's
    own size. Raises ``InputError`` when there are fewer usable prompts or no query.
    """
    dataset = Resized(dataset, predictor.canvas)
    tasks = list(dataset.tasks) if only is None else tasks_among(dataset, only)
    drawn = {t: draw_prompts(dataset, t, prompts, seed) for t in tasks if not get_task(t).parts}
    queries = {t: draw_queries(dataset, t, split, examples, seed) for t in tasks}
    figures = []
    for name in tasks:
        logger.info("validating %s", name)
        chosen = drawn.get(name) or _parted_prompts(dataset, name, prompts, seed)
        figures.append(_figures(predictor, dataset, name, chosen, queries[name]))
    switched = [t for t in SWITCH_TASKS if t in tasks]
    same = len({tuple(e.id for e in queries[t]) for t in switched}) == 1
    switching = None
    if len(switched) > 1 and same:
        logger.info("validating task switching")
        switching = task_switching(
            predictor, dataset, {t: drawn[t] for t in switched}, {t: queries[t] for t in switched}
        )
    return Validation(dataset.name, tuple(figures), switching, split)


def validate_all(
    model: Painter,
    datasets: Sequence[Dataset],
    settings: TrainSettings,
    batch_size: int = 16,
    split: str = "select",
) -> Validation:
    """The figures of all trained tasks of some datasets, as many examples as ``settings`` say.

    Leaves the model in evaluation mode.
    """
    predictor = Predictor(model, batch_size)
    sizes = settings.validation_prompts, settings.validation_examples
    found = [
        validate(predictor, dataset, *sizes, split=split, only=settings.trained)
        for dataset in datasets
    ]
    if len(found) == 1:
        return found[0]
    figures = tuple(figures for one in found for figures in one.figures)
    return Validation(", ".join(one.data for one in found), figures, None, split)


def tasks_among(dataset: Dataset, names: Collection[str]) -> list[str]:
    """The dataset's tasks that are named, and those all of whose parts are."""

    def painted(task: str) -> bool:
        if not get_task(task).parts:
            return task in names
        return all(part.task in names for _, part in dataset.spec(task).parts)

    return [task for task in dataset.tasks if painted(task)]


def _parted_prompts(dataset: Dataset, name: str, count: int, seed: int) -> list[PartedPrompt]:
    """Prompts of a task with parts: each part has those that it has as a task of its own."""
    spec = dataset.spec(name)
    parts = {n: draw_prompts(dataset, part.task, count, seed) for n, part in spec.parts}
    found = []
    for index in range(count):
        chosen = {n: prompts[index] for n, prompts in parts.items()}
        shown = " + ".join(str(p.provenance["candidate"]) for p in chosen.values())
        made = {"data": dataset.name, "candidate": shown}
        found.append(
            PartedPrompt(chosen, name, kind="random", spec_digest=spec.digest, provenance=made)
        )
    return found


def _figures(
    predictor: Predictor,
    dataset: Dataset,
    name: str,
    prompts: Sequence[AnyPrompt],
    examples: Sequence[Example],
) -> TaskFigures:
    task, spec = get_task(name), dataset.spec(name)
    rows = []
    for prompt in prompts:
        coded = prompt.effective(spec)
        records = evaluate(
            task, coded, examples, _painting(predictor, prompt), predictor.batch_size
        )
        rows.append(task.summarise(records, coded))
    names = [spec.metric, *(k for k in rows[0] if k != spec.metric)]
    return TaskFigures(
        task=name,
        metric=spec.metric,
        direction=spec.direction,
        unit=spec.unit,
        prompts=tuple(str(p.provenance["candidate"]) for p in prompts),
        examples=len(examples),
        values={k: tuple(row[k] for row in rows) for k in names if all(k in r for r in rows)},
        baselines=no_model(task, spec, dataset, examples),
    )


def _painting(predictor: Predictor, prompt: AnyPrompt) -> Predict:
    if isinstance(prompt, PartedPrompt):
        return lambda images, part: predictor.pictures(prompt.of(part), images, part)
    return lambda images, part: predictor.pictures(prompt, images, part)


def no_model(
    task: Task, spec: Spec[Any], dataset: Dataset, examples: Sequence[Example]
) -> dict[str, float]:
    """What no model reaches: the corrupted pictures' metric for restoration, rmse and abs_rel of
    the mean depth map of training scenes for depth; nothing for other tasks."""
    if task.name in _RESTORATION:
        records = [task.measure(e.image, e.truth, spec) for e in examples]
        return {f"input {spec.metric}": task.summarise(records, spec)[spec.metric]}
    shapes = {e.image.shape for e in examples}
    if task.name != "depth" or len(shapes) > 1:
        return {}
    mean = _mean_depth(dataset, examples[0].image.shape[:2])
    if mean is None:
        return {}
    values = task.summarise([task.measure(mean, e.truth, spec) for e in examples], spec)
    return {f"mean map {name}": values[name] for name in ("rmse", "abs_rel") if name in values}


def _mean_depth(dataset: Dataset, size: Size) -> np.ndarray | None:
    """Mean depth (H, W) in metres of some training scenes, 0 where none has one.

    None when no training scene has this size.
    """
    source = dataset.examples("depth", dataset.sources["pool"])
    chosen = keyed_order(source.ids, "mean depth")[:_MEAN_OF]
    maps = [m for m in (source[i].truth["depth_m"] for i in chosen) if m.shape == size]
    if not maps:
        return None
    known = np.sum([m > 0 for m in maps], axis=0)
    return (np.sum(maps, axis=0, dtype=np.float64) / np.maximum(known, 1)).astype(np.float32)
