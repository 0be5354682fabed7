"""Reporting to MLflow: the only package that imports it, late, because that takes seconds."""

from painter_kit.tracking.run import MlflowRun, Run, SilentRun
from painter_kit.tracking.session import Tracking, start_tracking
from painter_kit.tracking.store import database_of, experiment_name, store_uri

__all__ = [
    "MlflowRun",
    "Run",
    "SilentRun",
    "Tracking",
    "database_of",
    "experiment_name",
    "start_tracking",
    "store_uri",
]
