"""What a training will cost, in passes through the network, time and disk space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from painter_kit.cli.output import emit, say
from painter_kit.cli.planned import find_rate

if TYPE_CHECKING:
    from painter_kit.training.recipe import TrainSettings


def show_effort(settings: TrainSettings, flags: Mapping[str, Any]) -> None:
    """Print what the recipe costs on its processes here or on other hardware.

    Of a recipe in epochs nothing is known before its lists are read: ``--dry-run`` does that.
    """
    from painter_kit.cli.runtime import use_device
    from painter_kit.training.effort import forward_rate, planned_config, train_effort

    as_json = flags["as_json"]
    about = {
        "model": settings.model,
        "data": settings.data,
        "init": settings.init or settings.init_mae,
        "tasks": list(settings.trained),
        "iterations": settings.iterations,
        "epochs": settings.epochs,
        "samples_per_iteration": settings.samples_per_iteration,
        "processes": settings.processes,
        "threads": settings.threads,
    }
    if settings.epochs is not None:
        say("--dry-run reads the lists and tells how many iterations the epochs are", as_json)
        if as_json:
            emit(about)
        return
    config = planned_config(settings)
    effort = train_effort(settings, config)

    def measure() -> float:
        device = use_device(flags["device"] or "auto", threads=settings.threads)
        return forward_rate(settings, config, device)

    flags = {**flags, "devices": flags["devices"] or settings.processes}
    rate = find_rate(flags, measure)
    say(f"plan: {effort.forwards} forwards to validate; {effort.words(rate)}", as_json)
    if as_json:
        counts = {"samples": effort.samples, "forwards": effort.forwards}
        emit({**about, **counts, **effort.to_json(rate)})
