"""The MLflow run of one evaluated prompt: always the same keys, so that pages line up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.evaluation.painting import paint_examples
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.pictures import grid
from painter_kit.tasks.base import decode_example
from painter_kit.tasks.colors import painted_colours
from painter_kit.types import Example, Image, Painted, Record, Reporter, Spec

if TYPE_CHECKING:
    from painter_kit.evaluation.gain import Gain
    from painter_kit.evaluation.intervals import Interval
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.inference.prompt import Prompt
    from painter_kit.tasks.base import Task

PER_IMAGE = "per_image.json"


@dataclass(frozen=True)
class About:
    """What a prompt was evaluated on, with what, and how it was come by; ``n`` counts images."""

    data: str
    split: str
    checkpoint: str
    model_digest: str
    strategy: str
    seed: int
    n: int


@dataclass(frozen=True)
class Query:
    """One query as pictures of its own size: what came in, what was painted, what was meant."""

    input: Image
    painted: Image
    truth: Image


def report_prompt(
    run: Reporter,
    prompt: AnyPrompt,
    about: About,
    metrics: Mapping[str, Interval],
    gain: Gain | None = None,
    queries: Sequence[Query] = (),
    rows: Sequence[Mapping[str, object]] = (),
) -> None:
    """Write params, metrics, pictures and the table of images of one prompt to its run.

    ``metrics`` are by plain name and get the task's prefix and their limits beside them; limits
    that are unknown are left out. The pictures of parts and of an ensemble's members stand side
    by side.
    """
    run.params(
        {
            "task": prompt.task,
            **asdict(about),
            "prompt_kind": prompt.kind,
            "prompt_digest": prompt.digest,
        }
    )
    run.metrics(dict(_numbers(prompt.task, metrics, gain)))
    pairs = [part.pair for part in prompts_in(prompt)]
    run.image("prompt_input", grid([[pair.image for pair in pairs]]))
    run.image("prompt_target", grid([[pair.target for pair in pairs]]))
    for index, query in enumerate(queries):
        for what, picture in asdict(query).items():
            run.image(f"query_{index:02d}_{what}", picture)
    if rows:
        run.table(PER_IMAGE, rows)


def prompts_in(prompt: AnyPrompt) -> Sequence[Prompt]:
    """The prompts of all parts, the distinct members of an ensemble, or the prompt itself."""
    if isinstance(prompt, EnsemblePrompt):
        return prompt.distinct
    return list(prompt.parts.values()) if isinstance(prompt, PartedPrompt) else [prompt]


def _numbers(
    task: str, metrics: Mapping[str, Interval], gain: Gain | None
) -> Iterator[tuple[str, float]]:
    named = {f"{task}/{name}": interval.to_json() for name, interval in metrics.items()}
    for name, values in named.items():
        for field, suffix in (("value", ""), ("ci_low", "_ci_low"), ("ci_high", "_ci_high")):
            if (value := values[field]) is not None:
                yield f"{name}{suffix}", value
    for field in ("value", "ci_low", "ci_high", "optimism"):
        if gain and (value := gain.to_json()[field]) is not None:
            yield f"gain/{field}", value


def paint_queries(
    predictor: Predictor,
    prompt: AnyPrompt,
    task: Task,
    spec: Spec[Any],
    examples: Sequence[Example],
) -> list[Query]:
    """The examples painted under the prompt, in its coding, beside their painted truth.

    Of a task with parts, and where crops are painted, ``painted`` is what was decoded of all of
    them, as a picture.
    """
    spec = prompt.effective(spec)
    painted = paint_examples(task, spec, prompt, examples, predictor.pictures, predictor.batch_size)
    return [query_of(task, spec, example, output) for example, output in painted]


def query_of(task: Task, spec: Spec[Any], example: Example, output: Painted) -> Query:
    """One example with what was painted for it, as pictures."""
    size = example.image.shape[0], example.image.shape[1]
    truth = task.encode(example.truth, spec, size)
    whole = whole_output(task, spec, example, output)
    if whole is None:
        painted = task.render(decode_example(task, spec, output, example), spec)
    else:
        painted = painted_colours(whole, size, spec.output_resize, "round")
    return Query(example.image, painted, truth)


def whole_output(
    task: Task, spec: Spec[Any], example: Example, output: Painted
) -> npt.NDArray[np.floating] | None:
    """What was painted for the example's picture as it is; None for parts, and for crops of it."""
    if isinstance(output, Mapping):
        return None
    if task.views is None:
        return output
    views = task.views(example, spec)
    return output[0] if len(views) and views[0] is example.image else None


def per_image(
    task: Task, spec: Spec[Any], ids: Sequence[str], records: Sequence[Record]
) -> list[dict[str, object]]:
    """Rows of the table of images: id and primary metric, None where it has no value.

    For people who look for the pictures that go wrong; a mean over the rows is not the metric
    of tasks whose counts are summed over images.
    """
    return [
        {"id": name, spec.metric: _alone(task, spec, record)}
        for name, record in zip(ids, records, strict=True)
    ]


def _alone(task: Task, spec: Spec[Any], record: Record) -> float | None:
    try:
        return task.summarise([record], spec)[spec.metric]
    except InputError:  # nothing in this picture counts
        return None
