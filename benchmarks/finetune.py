"""``python -m benchmarks.finetune``: does fine-tuning teach a task that training never showed?

The embedded model is fine-tuned by the recipe ``finetune-one-cpu`` on the pool of a task that is
not in its own mix (keypoints of a quadruped), and compared with itself on test scenes, under the
same random prompts.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.output import markdown_table
from painter_kit.config import dump_config, load_config
from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.evaluate import evaluate
from painter_kit.evaluation.gain import Comparison, compare
from painter_kit.files import write_text
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import load_painter
from painter_kit.tasks.base import get_task
from painter_kit.training.continuation import CONFIG_FILE, check_continuation
from painter_kit.training.draws import Resized, draw_prompts, draw_queries
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.run import TrainResult, train
from painter_kit.training.state import STATE_FILE
from painter_kit.types import Example, Record, Spec, sum_records

RECIPE = "finetune-one-cpu"


@dataclass(frozen=True)
class Outcome:
    """Before and after fine-tuning, on ``examples`` queries under each of ``prompts`` prompts."""

    settings: TrainSettings
    trained: TrainResult
    comparison: Comparison
    metric: str
    examples: int
    prompts: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "task": self.settings.trained[0],
            "data": self.settings.data,
            "metric": self.metric,
            "before": self.comparison.baseline.to_json(),
            "after": self.comparison.ours.to_json(),
            "gain": self.comparison.gain.to_json(),
            "examples": self.examples,
            "prompts": self.prompts,
            "iterations": self.trained.iterations,
            "samples": self.trained.samples,
            "seconds": self.trained.seconds,
            "model_digest": self.trained.model_digest,
        }

    @property
    def table(self) -> str:
        """One row for people."""
        before, after = self.comparison.baseline, self.comparison.ours
        row = {
            "task": self.settings.trained[0],
            "data": self.settings.data,
            "metric": self.metric,
            "before": f"{before.value:.3f} [{before.low:.3f}, {before.high:.3f}]",
            "after": f"{after.value:.3f} [{after.low:.3f}, {after.high:.3f}]",
            "n": f"{self.examples} x {self.prompts} prompts",
            "training": f"{self.trained.samples} samples, {self.trained.seconds:.0f} s",
        }
        return f"{markdown_table([row])}\n\n{self.comparison.gain.sentence}"


def fine_tune(
    settings: TrainSettings, out: Path, cache: Path, examples: int, prompts: int
) -> Outcome:
    """Fine-tune into ``out/training``, from its state if there is one, and measure on test.

    The interval is paired and over scenes: both models paint the same queries under the same
    prompts of the pool. Raises ``InputError`` when the recipe trains no or several tasks.
    """
    if len(settings.trained) != 1 or not settings.init:
        raise InputError("the recipe must start from a checkpoint and train one task")
    name = settings.trained[0]
    base = Predictor(load_painter(settings.init))
    dataset = Resized(open_dataset(settings.data, settings.data_root), base.canvas)
    shown = draw_prompts(dataset, name, prompts, settings.seed)
    queries = draw_queries(dataset, name, "test", examples, settings.seed)
    folder = out / "training"
    check_continuation(settings, folder)
    write_text(folder / CONFIG_FILE, dump_config(settings))
    resume = (folder / STATE_FILE).is_file()
    result = train(settings, folder, cache, resume=resume)
    tuned = Predictor(load_painter(result.weights))
    spec = dataset.spec(name)
    before, after = (_records(p, spec, shown, queries) for p in (base, tuned))
    groups = [example.group for example in queries] * prompts
    reference = sum_records(before)
    found = compare(get_task(name), spec, after, [before], groups, reference, seed=settings.seed)
    return Outcome(settings, result, found, spec.metric, len(queries), prompts)


def _records(
    predictor: Predictor, spec: Spec[Any], prompts: Sequence[Prompt], queries: Sequence[Example]
) -> list[Record]:
    """The Records of all queries under the first prompt, then under the second, and so on."""
    task, found = get_task(spec.task), list[Record]()
    for prompt in prompts:
        found += evaluate(
            task,
            prompt.effective(spec),
            queries,
            lambda images, part, prompt=prompt: predictor.pictures(prompt, images, part),
            predictor.batch_size,
        )
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.finetune",
        description="Fine-tune the embedded model on a task that it was not trained on.",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of weights and figures")
    parser.add_argument("--recipe", default=RECIPE, help=f"recipe or YAML file [{RECIPE}]")
    parser.add_argument("--set", action="append", default=[], dest="sets", metavar="KEY=VALUE")
    parser.add_argument("--examples", type=int, default=200, help="test queries [200]")
    parser.add_argument("--prompts", type=int, default=4, help="random prompts [4]")
    parser.add_argument("--threads", type=int, help="CPU threads [torch's]")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, measure, print and write; returns the exit code, 1 without an improvement."""
    parser = _parser()
    flags = parser.parse_args(arguments)
    if flags.examples < 2 or flags.prompts < 1:
        parser.error("--examples must be at least 2 and --prompts at least 1")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        if flags.threads:
            import torch

            torch.set_num_threads(flags.threads)
        settings = load_config(TrainSettings, flags.recipe, ["validation_examples=0", *flags.sets])
        cache = flags.out / "world"
        outcome = fine_tune(settings, flags.out, cache, flags.examples, flags.prompts)
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    write_text(flags.out / "finetune.json", json.dumps(outcome.to_json(), indent=2) + "\n")
    write_text(flags.out / "finetune.md", outcome.table + "\n")
    print(outcome.table)
    return 0 if outcome.comparison.gain.confirmed else 1


if __name__ == "__main__":
    sys.exit(main())
