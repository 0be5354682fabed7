"""Fixtures that several test files share."""

from pathlib import Path

import pytest


@pytest.fixture
def mlflow_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> Path:
    """An empty working folder whose MLflow store costs no migration.

    The migrated template is kept in pytest's own cache folder between sessions.
    """
    assert pytestconfig.cache is not None
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytestconfig.cache.mkdir("mlflow")))
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path
