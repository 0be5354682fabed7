"""Data roots with COCO in them: the written world, and real samples if there are any."""

import os
import shutil
from functools import lru_cache
from pathlib import Path

import pytest

from painter_kit.data.layouts import coco as layout
from painter_kit.data.layouts.base import LayoutOptions, write_layout

COUNT, SIZE = 4, (150, 200)


@lru_cache(maxsize=1)
def _written(base: Path) -> Path:
    root = base / "written-coco"
    write_layout(layout.LAYOUT, root, LayoutOptions(count=COUNT, size=SIZE))
    return root


def written_root(factory: pytest.TempPathFactory) -> Path:
    """A root with the world as COCO, four small pictures a split, to be read only."""
    return _written(factory.getbasetemp())


def copied_root(factory: pytest.TempPathFactory, source: Path) -> Path:
    """A root of one's own with the files of ``source/coco``."""
    root = factory.mktemp("root")
    # Contents alone: the originals may be read-only.
    shutil.copytree(source / "coco", root / "coco", copy_function=shutil.copyfile)
    for path in [root / "coco", *(root / "coco").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return root


def sample_folder() -> Path:
    """The folder of real samples; the test is skipped without it."""
    samples = os.environ.get("PAINTERKIT_SAMPLES")
    if not samples or not (Path(samples) / "coco").is_dir():
        pytest.skip("needs PAINTERKIT_SAMPLES, the folder of sample data")
    return Path(samples)
