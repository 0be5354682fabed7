"""Logging a run to MLflow after its store was lost or full, and looking whether all is there."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.faults.processes import last_line, run


def log_later(address: str, folder: Path) -> str:
    """Log ``folder/run`` to the store at ``address``; what is wrong with it, if anything."""
    command = [sys.executable, "-m", "painter_kit", "report", "--log", str(folder / "run")]
    command += ["--out", str(folder / "page"), "--store", str(folder / "store")]
    log = folder / "log-later.txt"
    code, said = run(command, folder, log, MLFLOW_TRACKING_URI=address)
    return f"not logged later: {last_line(said)}" if code else lacking(address, folder / "run")


def lacking(address: str, out: Path) -> str:
    """What the store lacks of the run in ``out`` that was logged to it."""
    from painter_kit.report.runs import TRAIN_NOTE, is_training, open_run
    from painter_kit.tracking.store import open_client

    client, note = open_client(address), out / TRAIN_NOTE
    noted = note.read_text().split() if note.is_file() else []
    run_ids = noted if is_training(out) else open_run(out).run_ids
    for run_id in run_ids:
        found = client.get_run(run_id)
        if found.info.status != "FINISHED" or not found.data.metrics or not found.data.params:
            return f"run {run_id} is {found.info.status} with {len(found.data.metrics)} metrics"
    return "" if run_ids else "no run was noted"
