"""The MLflow run of one evaluated prompt: always the same keys, so that pages line up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from painter_kit.errors import InputError
from painter_kit.evaluation.painted import painted_pictures
from painter_kit.evaluation.painting import paint_examples
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.pictures import grid, thumbnail
from painter_kit.keys import (
    PER_IMAGE,
    PROMPT_INPUT,
    PROMPT_PARAMS,
    PROMPT_TARGET,
    QUERY_PICTURES,
    gain_values,
    metric_values,
    query_key,
)
from painter_kit.tasks.base import decode_example
from painter_kit.types import Example, Image, Painted, Record, Reporter, Spec

if TYPE_CHECKING:
    from painter_kit.evaluation.gain import Gain
    from painter_kit.evaluation.intervals import Interval
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.inference.prompt import Prompt
    from painter_kit.tasks.base import Task

THUMBNAIL = 320  # pixels of a cell of MLflow's table view


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
    that are unknown are left out. ``shots`` of the params paint ``together``; the pictures of parts
    and of an ensemble's members stand side by side.
    """
    own = {"task": prompt.task, "prompt_kind": prompt.kind, "prompt_digest": prompt.digest}
    several = prompt if isinstance(prompt, EnsemblePrompt) else None
    own |= {
        "shots": len(several.members) if several else 1,
        "together": several.how if several else "alone",
    }
    params = {**own, **asdict(about)}
    run.params({name: params[name] for name in PROMPT_PARAMS})
    run.metrics(dict(_numbers(prompt.task, metrics, gain)))
    pairs = [part.pair for part in prompts_in(prompt)]
    run.image(PROMPT_INPUT, grid([[pair.image for pair in pairs]]))
    run.image(PROMPT_TARGET, grid([[pair.target for pair in pairs]]))
    for index, query in enumerate(queries):
        for what, picture in asdict(query).items():
            run.image(query_key(index, what), picture)
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
    for name, interval in metrics.items():
        yield from metric_values(task, name, interval.to_json()).items()
    if gain:
        yield from gain_values(gain.to_json()).items()


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
    painted = painted_pictures(task, spec, example, output).get("painted")
    if painted is None:
        painted = task.render(decode_example(task, spec, output, example), spec)
    return Query(example.image, painted, truth)


def per_image(
    task: Task,
    spec: Spec[Any],
    ids: Sequence[str],
    records: Sequence[Record],
    queries: Sequence[Query] = (),
) -> list[dict[str, object]]:
    """Rows of the table of images: id, primary metric, and the pictures of the first ones.

    None stands where there is no value or no picture. For people who look for the pictures that
    go wrong; a mean over the rows is not the metric of tasks whose counts are summed over images.
    """
    shown = [{k: thumbnail(v, THUMBNAIL) for k, v in asdict(one).items()} for one in queries]
    nothing: dict[str, Image | None] = dict.fromkeys(QUERY_PICTURES) if queries else {}
    return [
        {"id": name, spec.metric: _alone(task, spec, record), **(pictures or nothing)}
        for name, record, pictures in zip_longest(ids, records, shown)
    ]


def _alone(task: Task, spec: Spec[Any], record: Record) -> float | None:
    try:
        return task.summarise([record], spec)[spec.metric]
    except InputError:  # nothing in this picture counts
        return None
