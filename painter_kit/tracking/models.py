"""Models in MLflow's registry: files made elsewhere become a version with aliases.

The code of a model is a file that MLflow runs (models from code), so nothing is pickled.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from painter_kit.keys import KIND
from painter_kit.tracking.session import Tracking
from painter_kit.tracking.store import mlflow_exception, reachable, silence


@dataclass(frozen=True)
class Pyfunc:
    """What a model is made of.

    ``code`` is the file that MLflow runs, ``artifacts`` the folders that it is given by name.
    ``inputs`` and ``outputs`` name text columns, ``more`` columns of any plain data; ``example``
    is a row of input.
    """

    code: Path
    artifacts: Mapping[str, Path]
    inputs: Sequence[str]
    outputs: Sequence[str]
    more: Sequence[str]
    example: Mapping[str, str]
    requirements: Sequence[str]
    metadata: Mapping[str, str]


def save_pyfunc(model: Pyfunc, folder: Path) -> None:
    """Write the model as a folder that ``mlflow models serve`` takes; it must not exist."""
    silence()
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.type_hints import AnyType

    taken: list[Any] = [ColSpec(DataType.string, name) for name in model.inputs]
    given: list[Any] = [ColSpec(DataType.string, name) for name in model.outputs]
    given += [ColSpec(AnyType(), name, required=False) for name in model.more]
    signature = ModelSignature(inputs=Schema(taken), outputs=Schema(given))
    with warnings.catch_warnings(record=True):  # MLflow undoes a filter
        mlflow.pyfunc.save_model(
            path=str(folder),
            python_model=str(model.code),
            artifacts={name: path.as_uri() for name, path in model.artifacts.items()},
            signature=signature,
            input_example=dict(model.example),
            pip_requirements=list(model.requirements),
            metadata=dict(model.metadata),
        )


@dataclass(frozen=True)
class Version:
    """A registered version; ``tags`` are what was said of it."""

    name: str
    number: str
    tags: Mapping[str, str]

    @property
    def uri(self) -> str:
        """What ``mlflow models serve -m`` takes."""
        return f"models:/{self.name}/{self.number}"


def register(
    tracking: Tracking, name: str, folder: Path, tags: Mapping[str, str], run_id: str | None
) -> Version:
    """A new version of the model ``name`` from a folder that ``save_pyfunc`` wrote.

    ``run_id`` is the run that the model comes from. Raises ``PainterKitError`` when the store
    cannot be used.
    """
    client: Any = tracking.client
    with reachable(tracking.uri), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = client.create_logged_model(
            tracking.experiment_id, name=name, source_run_id=run_id, tags=dict(tags)
        )
        client.log_model_artifacts(made.model_id, str(folder))
        client.finalize_logged_model(made.model_id, "READY")
        with suppress(mlflow_exception()):  # it is there already
            client.create_registered_model(name)
        version = client.create_model_version(
            name, made.artifact_location, run_id, tags=dict(tags), model_id=made.model_id
        )
    return Version(name, str(version.version), dict(tags))


def holder(tracking: Tracking, name: str, alias: str) -> Version | None:
    """The version that has the alias now; None if none has."""
    client: Any = tracking.client
    with suppress(mlflow_exception()):
        found = client.get_model_version_by_alias(name, alias)
        return Version(name, str(found.version), dict(found.tags))
    return None


def give_alias(tracking: Tracking, version: Version, alias: str) -> None:
    """Let the alias name this version alone."""
    client: Any = tracking.client
    with reachable(tracking.uri):
        client.set_registered_model_alias(version.name, alias, version.number)


def run_of_prompt(tracking: Tracking, digest: str) -> str | None:
    """The latest run that evaluated the prompt with this digest."""
    client: Any = tracking.client
    wanted = f"tags.`{KIND}` = 'prompt' AND params.prompt_digest = '{digest}'"
    with reachable(tracking.uri):
        found = client.search_runs([tracking.experiment_id], wanted, max_results=1)
    return found[0].info.run_id if found else None
