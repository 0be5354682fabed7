"""Real samples in the official layouts, found through ``PAINTERKIT_SAMPLES``."""

import os
import shutil
from pathlib import Path

import pytest


def copy_samples(name: str, root: Path) -> Path:
    """Copy the sample folder ``name`` to ``root/name``, which may be written to; the new folder.

    Skips the test when the samples are not there.
    """
    samples = os.environ.get("PAINTERKIT_SAMPLES")
    if not samples:
        pytest.skip("needs PAINTERKIT_SAMPLES, the folder of sample data")
    source = Path(samples).resolve() / name
    if not source.is_dir():
        pytest.skip(f"PAINTERKIT_SAMPLES has no {name}")
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        target = root / name / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return root / name
