"""Reporting to MLflow; the only module that imports it, late, because that takes seconds.

Runs are flat and addressed by explicit ids, so nothing depends on MLflow's active run. A fresh
SQLite store would spend more than ten seconds in migrations: a migrated template is kept in the
user's cache folder, one per MLflow version, and copied.
"""

from __future__ import annotations

import logging
import math
import os
import re
import shutil
import sqlite3
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import atomic
from painter_kit.types import Image, Reporter, SilentReporter, check_image

log = logging.getLogger(__name__)

EXPERIMENT = "painterkit"
DATABASE = "mlflow.db"
ARTIFACTS = "mlartifacts"
KIND = "painterkit.kind"
# MLflow's own limits and units.
LONGEST_PARAM = 6000
LARGEST_BATCH = 1000
FLUSH_SECONDS = 5.0
# After this many failures in a row a run stops reporting: the work goes on without.
MOST_FAILURES = 3


class Run(Reporter, Protocol):
    """A Reporter that knows the id of its MLflow run."""

    @property
    def run_id(self) -> str | None:
        """The id, None when nothing is tracked."""
        ...


class SilentRun(SilentReporter):
    """A run that is not tracked."""

    run_id: str | None = None


def store_uri() -> str:
    """Where runs are kept: ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in the working folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path(DATABASE).resolve()}"


def experiment_name() -> str:
    """``MLFLOW_EXPERIMENT_NAME``, else ``painterkit``."""
    return os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT


def runs_link(server: str, experiment_id: str) -> str:
    """The page that compares runs as charts; MLflow's own landing page shows none of them."""
    query = "compareRunsMode=CHART&workflowType=machine_learning"
    return f"{server.rstrip('/')}/#/experiments/{experiment_id}/runs?{query}"


class Tracking:
    """An open MLflow store and experiment, or nothing at all when ``client`` is None."""

    def __init__(self, client: Any | None, uri: str = "", experiment_id: str = "") -> None:
        self.client = client
        self.uri = uri
        self.experiment_id = experiment_id

    @contextmanager
    def run(
        self,
        kind: str,
        name: str,
        group: str = "",
        tags: Mapping[str, str] | None = None,
        resume: str | None = None,
        system_metrics: bool = False,
    ) -> Iterator[Run]:
        """A run for the length of a block; its status tells how the block ended.

        ``kind`` is train, search, tune, prompt or benchmark; runs that belong together share
        ``group``. ``resume`` continues the run of this id if the store still has it.
        ``system_metrics`` logs the load of processors, memory and GPUs every ten seconds; raises
        ``InputError`` when the packages for it are not installed.
        """
        if self.client is None:
            yield SilentRun()
            return
        if system_metrics:
            _check_monitor()
        run = MlflowRun(self.client, self._start(kind, name, group, tags or {}, resume))
        try:
            with _monitor(run.run_id, self.uri, bool(resume)) if system_metrics else nullcontext():
                yield run
        except BaseException as error:
            run.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
            raise
        run.end("FINISHED")

    def _start(
        self, kind: str, name: str, group: str, tags: Mapping[str, str], resume: str | None
    ) -> str:
        client: Any = self.client
        if resume:
            with suppress(_mlflow_exception()):
                client.update_run(resume, status="RUNNING")
                return resume
        labels = {KIND: kind, "mlflow.source.name": f"painterkit {kind}", **tags}
        if group:
            labels["group"] = group
        with _plain_failure(self.uri):
            return client.create_run(self.experiment_id, tags=labels, run_name=name).info.run_id


def _check_monitor() -> None:
    if find_spec("psutil") is None:
        raise InputError(
            "system_metrics needs the package psutil, which painterkit installs; install it, or "
            "leave system_metrics out"
        )


@contextmanager
def _monitor(run_id: str | None, uri: str, resumed: bool) -> Iterator[None]:
    """Log the machine's load to the run for the length of a block."""
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    monitor = SystemMetricsMonitor(run_id, resume_logging=resumed, tracking_uri=uri)
    monitor.start()
    try:
        yield
    finally:
        monitor.finish()


def start_tracking(enabled: bool = True) -> Tracking:
    """Open the store, made if need be. Raises ``PainterKitError`` when it cannot be reached.

    With ``enabled`` False nothing is tracked and MLflow is not imported.
    """
    if not enabled:
        return Tracking(None)
    uri = store_uri()
    if uri.startswith("file:") or not re.search(":|^databricks$", uri):
        raise InputError(
            f"MLFLOW_TRACKING_URI={uri}: MLflow no longer keeps runs in plain folders; "
            f"use sqlite:///{DATABASE} or the address of a server"
        )
    with _plain_failure(uri), _impatient():
        client = _client(uri)
        return Tracking(client, uri, _experiment(client, uri))


def _client(uri: str) -> Any:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
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


def _experiment(client: Any, uri: str) -> str:
    """The id of the experiment, made if need be."""
    name, path = experiment_name(), database_of(uri)
    location = (path.parent / ARTIFACTS).as_uri() if path else None
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name, artifact_location=location)
        except _mlflow_exception():  # another process was faster
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage != "active":
        raise InputError(
            f"MLflow experiment {name!r} is deleted; restore it or set MLFLOW_EXPERIMENT_NAME"
        )
    return found.experiment_id


def _mlflow_exception() -> type[Exception]:
    from mlflow.exceptions import MlflowException

    return MlflowException


@contextmanager
def _plain_failure(uri: str) -> Iterator[None]:
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
def _impatient() -> Iterator[None]:
    """Let a request to a server that is away fail in seconds; MLflow would retry for minutes."""
    short = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
    added = {name: value for name, value in short.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


class MlflowRun:
    """A Reporter that writes to one MLflow run.

    Numbers are sent in batches; what is not finite is left out with a warning. A store that
    fails does not stop the work: the failure is logged, and after ``MOST_FAILURES`` in a row
    nothing more is sent.
    """

    def __init__(self, client: Any, run_id: str) -> None:
        self.client = client
        self.run_id: str | None = run_id
        self._metrics: list[Any] = []
        self._flushed = time.monotonic()
        self._warned: set[str] = set()
        self._failures = 0

    def params(self, values: Mapping[str, object]) -> None:
        """Settings, written once; long ones are cut at MLflow's limit."""
        from mlflow.entities import Param

        made = [Param(_key(k), _cut(str(v))) for k, v in values.items()]
        for start in range(0, len(made), 100):
            self._send("params", "log_batch", params=made[start : start + 100])

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Finite numbers, as a series when ``step`` is given."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        for name, value in values.items():
            if math.isfinite(value):
                self._metrics.append(Metric(_key(name), float(value), now, step or 0))
            elif name not in self._warned:
                self._warned.add(name)
                log.warning("metric %s is %s and was not logged", name, value)
        waited = time.monotonic() - self._flushed
        if len(self._metrics) >= LARGEST_BATCH or waited >= FLUSH_SECONDS:
            self._flush()

    def image(self, key: str, image: Image, step: int | None = None) -> None:
        """A uint8 (H, W, 3) picture under an ASCII key, with a step for the slider."""
        check_image(image, f"picture {key!r}")
        self._send("picture", "log_image", image, key=_key(key), step=step or 0)

    def table(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Rows of equal keys under a file name; uint8 pictures in cells become images."""
        from mlflow import Image as Picture

        columns = {key: [row[key] for row in rows] for key in rows[0]} if rows else {}
        shown = {k: [Picture(v) if _is_picture(v) else v for v in c] for k, c in columns.items()}
        self._send("table", "log_table", data=shown, artifact_file=name)

    def artifact(self, path: Path, folder: str = "") -> None:
        """A file or a folder kept with the run."""
        method = "log_artifacts" if path.is_dir() else "log_artifact"
        self._send("artifact", method, str(path), folder or None)

    def tags(self, values: Mapping[str, str]) -> None:
        """Labels that runs are found by."""
        from mlflow.entities import RunTag

        self._send("tags", "log_batch", tags=[RunTag(k, v) for k, v in values.items()])

    def end(self, status: str) -> None:
        """Send what is left and close the run as FINISHED, FAILED or KILLED."""
        self._flush()
        self._send("status", "set_terminated", status)

    def _flush(self) -> None:
        waiting, self._metrics = self._metrics, []
        self._flushed = time.monotonic()
        for start in range(0, len(waiting), LARGEST_BATCH):
            self._send("metrics", "log_batch", metrics=waiting[start : start + LARGEST_BATCH])

    def _send(self, what: str, method: str, *args: Any, **options: Any) -> None:
        if self._failures >= MOST_FAILURES:
            return
        try:
            with warnings.catch_warnings(), _impatient():
                warnings.simplefilter("ignore")
                getattr(self.client, method)(self.run_id, *args, **options)
            self._failures = 0
        except Exception as error:
            self._failures += 1
            over = "; nothing more is sent" if self._failures >= MOST_FAILURES else ""
            log.warning("MLflow took no %s: %s%s", what, " ".join(str(error).split())[:300], over)


def _is_picture(value: object) -> bool:
    return getattr(value, "ndim", 0) == 3


def _key(name: str) -> str:
    """``name`` in the letters that MLflow takes for metrics, params and pictures alike."""
    return re.sub(r"[^A-Za-z0-9_\-./ ]", "_", name)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_PARAM else f"{text[: LONGEST_PARAM - 3]}..."
