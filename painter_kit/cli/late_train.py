"""The MLflow run of a training whose tracking server was away, from what its folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import write_text
from painter_kit.report.runs import TRAIN_NOTE

if TYPE_CHECKING:
    from painter_kit.tracking import Tracking


def log_training(tracking: Tracking, folder: Path) -> str:
    """Log everything that the finished training in ``folder`` reported; the id of its run.

    The run that it had begun is continued where the store has it. Raises ``InputError`` when the
    training has not ended or its files are not as written, and ``PainterKitError`` when the store
    did not take everything.
    """
    from painter_kit.config import load_config
    from painter_kit.model.checkpoint import WEIGHTS_FILE
    from painter_kit.training.journal import replay
    from painter_kit.training.recipe import TrainSettings

    if not (folder / WEIGHTS_FILE).is_file():
        raise InputError(f"run {folder}: holds no {WEIGHTS_FILE}; finish it with --resume")
    config, note = folder / "config.yaml", folder / TRAIN_NOTE
    name = f"train {load_config(TrainSettings, config).model}"
    known = note.read_text(encoding="utf-8").strip() if note.is_file() else None
    with tracking.run("train", name, resume=known) as run:
        run.artifact(config)
        replay(folder, run)
    if run.run_id:
        write_text(note, f"{run.run_id}\n")
    if tracking.failed or run.run_id is None:
        raise PainterKitError(
            f"MLflow at {tracking.uri} did not take all of {folder}; "
            f"painterkit report --log {folder} goes on with the same run"
        )
    return run.run_id
