"""Which settings a training may change when it goes on, and which would make it another one."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from painter_kit.config import dump_config, load_config
from painter_kit.documents import parse_yaml
from painter_kit.errors import InputError
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.state import STATE_FILE

CONFIG_FILE = "config.yaml"

# Everything else says what was learnt from and how, and the optimiser's state keeps its own decay
# and betas: a change would be without effect, or make the recipe in the card untrue.
FREE = frozenset(
    (
        # How long, and the rate from here on: the schedule is made anew from these.
        *("iterations", "epochs", "optim.lr", "optim.min_lr", "optim.decay", "skips"),
        # How samples are spread, on what machine: they are counted, none comes twice.
        *("batch", "accumulate", "processes", "threads", "workers", "data_root"),
        *("precision", "tf32", "compile", "checkpoint_blocks", "auto_resume"),
        # What is kept and told.
        *("log_every", "save_every", "validate_every", "validation_examples"),
        *("validation_prompts", "validation_data", "validation_lists", "loss_examples"),
        "system_metrics",
    )
)


def changed(begun: TrainSettings, now: TrainSettings) -> dict[str, tuple[Any, Any]]:
    """The full names of the settings that differ, each with both values as plain data."""
    before, after = _named(begun), _named(now)
    pairs = {name: (old, after[name]) for name, old in before.items()}
    return {name: pair for name, pair in pairs.items() if _differ(name, *pair)}


def in_words(changes: dict[str, tuple[Any, Any]]) -> str:
    """What ``changed`` found, as it would be given to ``--set``."""
    return "; ".join(f"{k}={_shown(old)}, not {_shown(new)}" for k, (old, new) in changes.items())


def check_continuation(settings: TrainSettings, out: Path) -> None:
    """Raise ``InputError`` when the training that was begun in ``out`` is another one.

    Compares with ``out/config.yaml``; without a state there is nothing to go on with.
    """
    if not (out / STATE_FILE).is_file():
        return
    path = out / CONFIG_FILE
    if not path.is_file():
        raise InputError(
            f"--resume: {out} holds no {CONFIG_FILE}, which says how its training was begun; "
            "start anew with --overwrite, or in another --out"
        )
    changes = changed(load_config(TrainSettings, path), settings)
    refused = {name: pair for name, pair in changes.items() if name not in FREE}
    if refused:
        raise InputError(
            f"--resume: the training in {out} was begun with {in_words(refused)}; go on with "
            f"--config {path}, or start anew in another --out"
        )


def _named(settings: TrainSettings) -> dict[str, Any]:
    """Plain values by their full names; those of ``mask`` and ``optim`` one by one."""
    plain: dict[str, Any] = parse_yaml(dump_config(settings))
    inner = [f.name for f in fields(settings) if is_dataclass(getattr(settings, f.name))]
    for part in inner:
        plain |= {f"{part}.{name}": value for name, value in plain.pop(part).items()}
    return plain


def _differ(name: str, old: Any, new: Any) -> bool:
    # A draw falls on the tasks in their order, so that another order draws others.
    return old != new or (name == "mix" and list(old) != list(new))


def _shown(value: Any) -> str:
    import yaml

    flow = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, width=10**6)
    return flow.strip()[1:-1]
