"""The work of ``painterkit evaluate``: weights and prompts, Records, and MLflow runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.cli.evaluate_out import Output
from painter_kit.cli.folders import locked_folder
from painter_kit.cli.given_prompt import RANDOM, RELEASED, check_coding, given_prompt
from painter_kit.cli.kept_queries import keep_queries
from painter_kit.cli.prompting import ALL, is_quiet
from painter_kit.cli.supports import join_supports
from painter_kit.errors import InputError

if TYPE_CHECKING:
    from benchmarks.comparable import Setting
    from benchmarks.evaluation import Evaluation
    from painter_kit.cli.evaluate import EvaluateSettings, Job
    from painter_kit.data.base import Dataset
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.shared import AnyStore
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.tracking import Tracking
    from painter_kit.types import Image, Record, Spec


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """A job with the spec that fits the model, and its prompt."""

    job: Job
    spec: Spec[Any]
    prompt: AnyPrompt


def run_jobs(
    settings: EvaluateSettings,
    dataset: Dataset,
    jobs: Sequence[Job],
    out: Path,
    flags: Mapping[str, Any],
    tell: Callable[[Evaluation], object],
) -> list[Evaluation]:
    """Evaluate the jobs one after the other, ``tell`` of each, and write ``out``.

    Nothing is written before the weights and all prompts have proved usable. What is finished
    when something fails stays: Records in the store, files of finished tasks in ``out``.
    """
    from painter_kit.evaluation.shared import open_store
    from painter_kit.evaluation.store import default_store_dir
    from painter_kit.tracking import start_tracking

    predictor, works = _prepare(settings, dataset, jobs, flags["device"])
    tracking = start_tracking(flags["mlflow"])
    group = f"evaluate {settings.data} {time.strftime('%Y-%m-%d %H:%M:%S')}"
    with (
        locked_folder(out, "evaluate", flags["overwrite"]) as folder,
        open_store(default_store_dir(flags["store"])) as store,
    ):
        output = Output(folder, settings, resumed=flags["resume"])
        for work in works:
            one, judge = _evaluate(work, settings, predictor, store, output, tracking, group)
            tell(one)
            prompts = [work.prompt]
            keep_queries(predictor, judge, store, dataset, work.job.examples, prompts)
        return output.evaluations


def throughput(
    settings: EvaluateSettings, dataset: Dataset, jobs: Sequence[Job], device: str | None
) -> float:
    """Forwards per second of this machine over all the jobs, timed on a few batches of each.

    Raises ``InputError`` as ``run_jobs``; nothing is kept.
    """
    from painter_kit.evaluation.cost import measure_throughput
    from painter_kit.inference.parted import forwards_of

    predictor, works = _prepare(settings, dataset, jobs, device)
    seconds = 0.0
    for work in works:
        job, painting = work.job, (predictor.pictures, predictor.batch_size)
        pace = measure_throughput(job.task, work.spec, work.prompt, job.examples, *painting)
        seconds += job.cost.forwards / (pace * forwards_of(work.prompt))
    return sum(job.cost.forwards for job in jobs) / seconds


def _prepare(
    settings: EvaluateSettings, dataset: Dataset, jobs: Sequence[Job], device: str | None
) -> tuple[Predictor, list[Work]]:
    """Weights and prompts, both proved usable."""
    from painter_kit.cli.runtime import use_device
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter

    place = use_device(device or "auto", settings.precision, settings.threads)
    predictor = Predictor(
        load_painter(settings.checkpoint, place),
        settings.forward_batch,
        settings.precision,
        compile=settings.compile,
        attention=settings.attention,
        segment_type=settings.segment_type,
    )
    names = prompt_names(settings, [job.task.name for job in jobs])
    works = [_work(job, names[job.task.name], settings, dataset, predictor) for job in jobs]
    return predictor, works


def prompt_names(settings: EvaluateSettings, tasks: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What ``given_prompt`` is asked for, by task: the prompt, then its supports.

    Raises ``InputError`` when a task has none.
    """
    named = [
        _names_by_task(settings, name, tasks) for name in (settings.prompt, *settings.supports)
    ]
    return {task: tuple(names[task] for names in named) for task in tasks}


def _names_by_task(settings: EvaluateSettings, name: str, tasks: Sequence[str]) -> dict[str, str]:
    """One prompt by task; of several tasks, each has a sub-folder."""
    if settings.task != ALL or name == RELEASED or name.partition(":")[0] == RANDOM:
        return dict.fromkeys(tasks, name)
    lacking = [task for task in tasks if not (Path(name) / task).is_dir()]
    if lacking:
        raise InputError(
            f"--prompt {name} has no folder {', '.join(lacking)}; for --task {ALL} give a folder "
            "with one prompt per task, or --task NAME for a single one"
        )
    return {task: str(Path(name) / task) for task in tasks}


def _work(
    job: Job,
    names: Sequence[str],
    settings: EvaluateSettings,
    dataset: Dataset,
    predictor: Predictor,
) -> Work:
    from painter_kit.data.specs import with_canvas
    from painter_kit.data.switches import switched

    spec = switched(with_canvas(job.spec, predictor.canvas), job.switches)
    _check_canvas(spec, predictor)
    digest, prompts = predictor.model_digest, []
    for name in names:
        prompt = given_prompt(name, job.task, dataset, spec, digest, settings.seed)
        check_coding(prompt, spec, f"--prompt {name}")
        prompts.append(prompt)
    prompt = join_supports(prompts[0], prompts[1:], settings.together)
    if settings.split == "confirm":
        prompt = prompt.with_scores(prompt.scores, prompt.confirm_touches + 1)
    return Work(job, spec, prompt)


def _check_canvas(spec: Spec[Any], predictor: Predictor) -> None:
    for part in [part for _, part in spec.parts] or [spec]:
        patch = predictor.model.patch_size
        if part.canvas < 1 or part.canvas % patch:
            raise InputError(
                f"--protocol canvas={part.canvas}: the side must be a multiple of the model's "
                f"patches of {patch} pixels"
            )


def _evaluate(
    work: Work,
    settings: EvaluateSettings,
    predictor: Predictor,
    store: AnyStore,
    output: Output,
    tracking: Tracking,
    group: str,
) -> tuple[Evaluation, Judge]:
    """One task from forwards to files and its run; who judged."""
    from benchmarks.evaluation import Evaluation
    from painter_kit.distributed import from_first, gather
    from painter_kit.evaluation.intervals import metric_intervals
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.likeness import Watched

    job, prompt = work.job, work.prompt
    examples = Watched(job.examples, pictures_of_prompt(prompt))
    judge = Judge.of(predictor, job.task, work.spec, store)
    place = output.save_prompt(prompt)
    kept = output.open_kept(prompt, judge, examples.ids)
    with judge.progress(job.cost.forwards, job.task.name, is_quiet()):
        records = judge.records(prompt, examples, kept)
    if kept:
        from_first(partial(kept.finish, examples.ids))
    # Each process has read some of the pictures.
    alike = {name: how for own in gather(examples.alike) for name, how in own.items()}
    if alike:
        log.warning(alike_warning(job.task.name, settings.split, alike))
    spec = judge.effective(prompt)
    metrics = metric_intervals(
        job.task, spec, records, examples.groups, settings.seed, settings.resamples
    )
    one = Evaluation(_setting(work, settings, predictor), metrics, judge.model_digest, str(place))
    run_id = output.known_run(one)
    if run_id is None:
        run_id = _report(work, settings, judge, predictor, one, records, tracking, group)
    one = one.with_run(run_id)
    output.add(one, job.task, spec, examples, records)
    return one, judge


def pictures_of_prompt(prompt: AnyPrompt) -> list[Image]:
    """What the prompt shows as input, of every part or member."""
    from painter_kit.inference.parted import plain_prompts

    return [part.pair.image for part in plain_prompts(prompt)]


def alike_warning(task: str, split: str, alike: Mapping[str, str]) -> str:
    """That some queries show the prompt's own picture, which flatters it."""
    named = ", ".join(f"{name} ({how})" for name, how in sorted(alike.items())[:3])
    more = ", ..." if len(alike) > 3 else ""
    return (
        f"{task}: {len(alike)} pictures of {split} are copies or near-copies of the prompt's own "
        f"picture and flatter it: {named}{more}"
    )


def _setting(work: Work, settings: EvaluateSettings, predictor: Predictor) -> Setting:
    from benchmarks.comparable import Setting
    from painter_kit.data.switches import switched

    job = work.job
    altering = [
        item
        for item in job.switches
        if item.partition("=")[0].rpartition(".")[2] != "canvas"
        and switched(job.spec, [item]) != job.spec
    ]
    return Setting(
        spec=work.spec,
        split=settings.split,
        n=len(job.examples),
        available=job.available,
        checkpoint=settings.checkpoint,
        parameters=sum(p.numel() for p in predictor.model.parameters()),
        precision=settings.precision,
        prompt_kind=work.prompt.kind,
        switches=tuple(altering),
    )


def _report(
    work: Work,
    settings: EvaluateSettings,
    judge: Judge,
    predictor: Predictor,
    one: Evaluation,
    records: Sequence[Record],
    tracking: Tracking,
    group: str,
) -> str | None:
    """The task's MLflow run, with pictures of some queries; its id."""
    if tracking.client is None:  # painting pictures that nobody keeps would be a waste
        return None
    from painter_kit.cli.measured import Reported, report_run
    from painter_kit.cli.prompt_run import About

    prompt, examples = work.prompt, work.job.examples
    about = About(
        settings.data,
        settings.split,
        settings.checkpoint,
        judge.model_digest,
        strategy_of(prompt),
        settings.seed,
        len(examples),
    )
    what = Reported(prompt, about, one.metrics)
    _, run_id = report_run(predictor, judge, tracking, group, what, examples, records)
    return run_id


def strategy_of(prompt: AnyPrompt) -> str:
    """How the prompt was come by: the strategy of its search, else its kind."""
    made = prompt.provenance.get("search", {})
    strategy = made.get("strategy") if isinstance(made, Mapping) else None
    return str(strategy or prompt.kind)
