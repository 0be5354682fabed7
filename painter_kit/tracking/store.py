"""Where runs are kept: the address, a migrated database, the experiment.

A fresh SQLite store would spend more than ten seconds in migrations: a migrated template is kept
in the user's cache folder, one per MLflow version, and copied.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import atomic
from painter_kit.tracking.notes import EXPERIMENT_NOTE, NOTE

log = logging.getLogger(__name__)

EXPERIMENT = "painterkit"
DATABASE = "mlflow.db"
ARTIFACTS = "mlartifacts"
# Nothing is sent home; progress is shown by painterkit's own bars, and stdout is for results.
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


def store_uri() -> str:
    """Where runs are kept: ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in the working folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path(DATABASE).resolve()}"


def experiment_name() -> str:
    """``MLFLOW_EXPERIMENT_NAME``, else ``painterkit``."""
    return os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT


def check_uri(uri: str) -> None:
    """Raise ``InputError`` for a plain folder, which MLflow no longer takes."""
    if uri.startswith("file:") or not re.search(":|^databricks$", uri):
        raise InputError(
            f"MLFLOW_TRACKING_URI={uri}: MLflow no longer keeps runs in plain folders; "
            f"use sqlite:///{DATABASE} or the address of a server"
        )


def silence() -> None:
    """Have MLflow send nothing home and draw no bars; to be called before it is imported."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def open_client(uri: str) -> Any:
    """MLflow's client of the store; an SQLite file is made if need be."""
    silence()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Its traceback of what is told in one line here.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    path = database_of(uri)
    if path is not None:
        prepare_database(path)
    return MlflowClient(tracking_uri=uri)


def database_of(uri: str) -> Path | None:
    """The file of an SQLite store; None for servers and other databases."""
    if not uri.startswith("sqlite:///"):
        return None
    return Path(uri.removeprefix("sqlite:///").partition("?")[0]).resolve()


def prepare_database(path: Path) -> None:
    """Put a migrated, empty database at ``path`` unless there is a file already."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        shutil.copyfile(_template(), fresh)
        with closing(sqlite3.connect(fresh)) as database, database:
            location = (path.parent / ARTIFACTS / "0").as_uri()
            database.execute("UPDATE experiments SET artifact_location = ?", (location,))
        os.link(fresh, path)  # unlike a move, this fails when another process was faster
    except (OSError, sqlite3.Error) as error:
        log.debug("no copy of the template (%s); MLflow makes the database itself", error)
    finally:
        fresh.unlink(missing_ok=True)


def _template() -> Path:
    import mlflow

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "painterkit"
    path = cache / f"mlflow-{mlflow.__version__}.db"
    if not path.exists():
        log.info("preparing MLflow's database (once, about 15 seconds)")
        with atomic(path) as fresh:
            mlflow.MlflowClient(tracking_uri=f"sqlite:///{fresh}").search_experiments()
    return path


def open_experiment(client: Any, uri: str) -> str:
    """The id of the experiment, made if need be."""
    name, path = experiment_name(), database_of(uri)
    location = (path.parent / ARTIFACTS).as_uri() if path else None
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            about = {NOTE: EXPERIMENT_NOTE}
            return client.create_experiment(name, artifact_location=location, tags=about)
        except mlflow_exception():  # another process was faster
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage != "active":
        raise InputError(
            f"MLflow experiment {name!r} is deleted; restore it or set MLFLOW_EXPERIMENT_NAME"
        )
    return found.experiment_id


def mlflow_exception() -> type[Exception]:
    """What MLflow raises."""
    from mlflow.exceptions import MlflowException

    return MlflowException


@contextmanager
def plain_failure(uri: str) -> Iterator[None]:
    """Let whatever the store raises become a one-line ``PainterKitError``."""
    try:
        yield
    except PainterKitError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise PainterKitError(
            f"MLflow at {uri} cannot be used ({reason}); set MLFLOW_TRACKING_URI or use --no-mlflow"
        ) from error


@contextmanager
def reachable(uri: str) -> Iterator[None]:
    """A block whose requests fail within seconds and in one line when the store is away."""
    with plain_failure(uri), impatient():
        yield


@contextmanager
def impatient() -> Iterator[None]:
    """Let a request to a server that is away fail in seconds; MLflow would retry for minutes."""
    short = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
    added = {name: value for name, value in short.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)  # a thread that began at the same time took it away
