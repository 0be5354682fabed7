"""Reading back what was tracked."""

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
