"""What an evaluation will cost, in forwards, time and disk space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from painter_kit.cli.output import emit, say
from painter_kit.cli.planned import rate_if_known

if TYPE_CHECKING:
    from painter_kit.cli.evaluate import EvaluateSettings, Job
    from painter_kit.data.base import Dataset
    from painter_kit.evaluation.effort import Effort


def plan_words(settings: EvaluateSettings, jobs: Sequence[Job]) -> str:
    """What is asked for, task by task."""
    prompts = " + ".join((settings.prompt, *settings.supports))
    how = f" ({settings.together} together)" if settings.supports else ""
    lines = [f"evaluate on {settings.data} ({settings.split}), prompt {prompts}{how}"]
    lines += [f"  {job.task.name}: {job.cost}" for job in jobs]
    total = sum(job.cost.forwards for job in jobs)
    return "\n".join([*lines, f"plan: {total} forwards; those in the store are not repeated"])


def show_plan(
    settings: EvaluateSettings, dataset: Dataset, jobs: Sequence[Job], flags: Mapping[str, Any]
) -> None:
    """Print what the evaluation costs here or on other hardware."""
    from painter_kit.cli.evaluate_run import throughput

    rate = rate_if_known(flags, lambda: throughput(settings, dataset, jobs, flags["device"]))
    effort = evaluate_effort(settings, jobs)
    say(f"{plan_words(settings, jobs)}; {effort.words(rate)}", flags["as_json"])
    if flags["as_json"]:
        rows = [
            {"task": job.task.name, "n": job.cost.examples, "forwards": job.cost.forwards}
            for job in jobs
        ]
        names = {"data": settings.data, "split": settings.split, "rows": rows}
        emit({**names, "forwards": effort.forwards, **effort.to_json(rate)})


def evaluate_effort(settings: EvaluateSettings, jobs: Sequence[Job]) -> Effort:
    """Forwards of all tasks, and the space that Records, prompts and kept pictures take."""
    from painter_kit.evaluation.effort import Effort
    from painter_kit.evaluation.storage import picture_bytes, record_bytes

    forwards = sum(job.cost.forwards for job in jobs)
    store = sum(job.cost.examples * record_bytes(job.task, job.spec, job.examples) for job in jobs)
    storage = {"store": round(store)}
    storage["prompts"] = sum(picture_bytes(job.spec.canvas, 2) for job in jobs)
    for what in ("painted", "predictions"):
        if getattr(settings, f"keep_{what}"):
            storage[what] = sum(picture_bytes(job.spec.canvas, job.cost.forwards) for job in jobs)
    return Effort(forwards, storage=storage)
