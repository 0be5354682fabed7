"""Reading back what was tracked."""

import socket
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.tracking import Tracking

PICTURE = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)


def read(opened: Tracking, run_id: str | None) -> Any:
    assert opened.client is not None
    return opened.client.get_run(run_id)


def artifact(here: Path, pattern: str) -> Path:
    (path,) = (here / "mlartifacts").glob(f"*/artifacts/{pattern}")
    return path


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
