"""One MLflow run as a Reporter; MLflow is imported late, because that takes seconds.

Runs are addressed by explicit ids, so nothing depends on MLflow's active run.
"""

from __future__ import annotations

import json
import logging
import math
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from painter_kit.tracking.notes import NOTE
from painter_kit.tracking.sending import Sender
from painter_kit.tracking.tables import columns_of, picture_folder
from painter_kit.types import Image, Reporter, SilentReporter, check_image

log = logging.getLogger(__name__)

# MLflow's own limits and units.
LONGEST_PARAM = 6000
LARGEST_BATCH = 1000
DIGEST_SHOWN = 12  # characters; MLflow takes up to 36
FLUSH_SECONDS = 5.0


class Run(Reporter, Protocol):
    """A Reporter that knows the id of its MLflow run."""

    @property
    def run_id(self) -> str | None:
        """The id, None when nothing is tracked."""
        ...


class SilentRun(SilentReporter):
    """A run that is not tracked."""

    run_id: str | None = None


class MlflowRun:
    """A Reporter that writes to one MLflow run.

    Numbers are sent in batches; what is not finite is left out with a warning. A store that
    fails does not stop the work (see ``Sender``).
    """

    def __init__(self, sender: Sender, run_id: str) -> None:
        self.sender = sender
        self.run_id: str | None = run_id
        self._metrics: list[Any] = []
        self._flushed = time.monotonic()
        self._warned: set[str] = set()

    def params(self, values: Mapping[str, object]) -> None:
        """Settings, written once; long ones are cut at MLflow's limit."""
        from mlflow.entities import Param

        made = [Param(_key(k), _cut(str(_listed(v)))) for k, v in values.items()]
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
        with TemporaryDirectory() as folder:
            columns = columns_of(name, rows, Path(folder))
            if any(Path(folder).iterdir()):
                self._send("pictures of a table", "log_artifacts", folder, picture_folder(name))
            self._send("table", "log_table", data=columns, artifact_file=name)

    def artifact(self, path: Path, folder: str = "") -> None:
        """A file or a folder kept with the run."""
        method = "log_artifacts" if path.is_dir() else "log_artifact"
        self._send("artifact", method, str(path), folder or None)

    def data(self, name: str, digest: str, role: str, facts: Mapping[str, object]) -> None:
        """The examples that were read, as a dataset of the run with their role as its context."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        source = json.dumps({"data": name, "split": role})
        profile = json.dumps(dict(facts))
        dataset = Dataset(
            name, digest[:DIGEST_SHOWN], source_type="local", source=source, profile=profile
        )
        given = DatasetInput(dataset, [InputTag("mlflow.data.context", role)])
        self._send("dataset", "log_inputs", datasets=[given])

    def note(self, text: str) -> None:
        """Markdown that is shown as the run's description."""
        self.tags({NOTE: text})

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
        self.sender.send(what, method, self.run_id, *args, **options)


def _listed(value: object) -> object:
    """Tuples as the lists that they are in files: MLflow takes a param again only unchanged."""
    return [_listed(one) for one in value] if isinstance(value, tuple | list) else value


def _key(name: str) -> str:
    """``name`` in the letters that MLflow takes for metrics, params and pictures alike."""
    return re.sub(r"[^A-Za-z0-9_\-./ ]", "_", name)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_PARAM else f"{text[: LONGEST_PARAM - 3]}..."
