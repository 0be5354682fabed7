"""Real samples in their official layouts, in the folder named by PAINTERKIT_SAMPLES."""

import os
import shutil
from pathlib import Path

import pytest


def copy_samples(name: str, root: Path) -> Path:
    """Copy the samples of one dataset folder below ``root``; skip the test without them."""
    folder = os.environ.get("PAINTERKIT_SAMPLES")
    if not folder:
        pytest.skip("needs PAINTERKIT_SAMPLES, the folder of sample data")
    source = Path(folder).resolve() / name
    if not source.is_dir():
        pytest.skip(f"PAINTERKIT_SAMPLES has no {name}")
    return Path(shutil.copytree(source, root / name))
