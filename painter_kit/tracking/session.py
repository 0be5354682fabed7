"""An open store, and runs for the length of a block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from importlib.util import find_spec
from typing import Any

from painter_kit.errors import InputError
from painter_kit.keys import GROUP, KIND
from painter_kit.tracking.run import MlflowRun, Run, SilentRun
from painter_kit.tracking.sending import Sender
from painter_kit.tracking.store import (
    check_uri,
    impatient,
    mlflow_exception,
    open_client,
    open_experiment,
    reachable,
    store_uri,
)


class Tracking:
    """An open MLflow store and experiment, or nothing at all when ``client`` is None."""

    def __init__(self, client: Any | None, uri: str = "", experiment_id: str = "") -> None:
        self.client = client
        self.uri = uri
        self.experiment_id = experiment_id
        self.sender = Sender(client, uri)

    @property
    def failed(self) -> bool:
        """Whether the store lacks anything that was sent to it."""
        return self.sender.failed

    def open_run(self, run_id: str) -> MlflowRun:
        """A run that the store has already, to add to it; its status stays as it is."""
        return MlflowRun(self.sender, run_id)

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
        ``InputError`` when the packages for it are not installed. When the store takes
        no run, the work goes on with one that is not tracked.
        """
        if self.client is None:
            yield SilentRun()
            return
        if system_metrics:
            _check_monitor()
        run_id = self._start(kind, name, group, tags or {}, resume)
        if run_id is None:
            yield SilentRun()
            return
        run = self.open_run(run_id)
        try:
            with _monitor(run.run_id, self.uri, bool(resume)) if system_metrics else nullcontext():
                yield run
        except BaseException as error:
            run.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
            raise
        run.end("FINISHED")

    def _start(
        self, kind: str, name: str, group: str, tags: Mapping[str, str], resume: str | None
    ) -> str | None:
        """The id of the run; None when the store takes none."""
        client: Any = self.client
        if resume and not self.sender.lost:
            with suppress(mlflow_exception()), impatient():
                client.update_run(resume, status="RUNNING")
                return resume
        labels = {KIND: kind, "mlflow.source.name": f"painterkit {kind}", **tags}
        if group:
            labels[GROUP] = group
        made = {"tags": labels, "run_name": name}
        run = self.sender.send("run", "create_run", self.experiment_id, **made)
        return run and run.info.run_id


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
    check_uri(uri)
    with reachable(uri):
        client = open_client(uri)
        return Tracking(client, uri, open_experiment(client, uri))
