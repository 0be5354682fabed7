"""Lists and a painter for tests of suites by class: squares of one colour per category."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Pictures

from painter_kit.inference.prompt import Prompt

COLOURS = {"cat": 60, "dog": 120, "emu": 180}


def write_fss(root: Path, per_class: int = 5, size: int = 32) -> None:
    """An FSS-1000 of three classes: a square whose level says its category, anywhere."""
    folder = root / "fss1000"
    rng = np.random.default_rng(0)
    for name, level in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for number in range(1, per_class + 1):
            image = rng.integers(0, 30, (size, size, 3), np.uint8)
            mask = np.zeros((size, size), np.uint8)
            y, x = rng.integers(2, size // 2, 2)
            mask[y : y + size // 3, x : x + size // 3] = 255
            image[mask > 0] = level
            Pictures.fromarray(image).save(folder / name / f"{number}.jpg", quality=100)
            Pictures.fromarray(mask).save(folder / name / f"{number}.png")
    (folder / "fss_test_set.txt").write_text("\n".join(COLOURS) + "\n")


@dataclass
class LevelPainter:
    """Marks the level that the prompt marks, in its colours; counts (prompt, picture) cells."""

    side: int = 32
    cells: int = 0

    def __call__(self, prompt, images: Sequence[np.ndarray], spec) -> np.ndarray:
        own = prompt if isinstance(prompt, Prompt) else prompt.members[0]
        back, front = (np.array(c) for c in own.coding.palette)
        shown = np.abs(own.pair.target.astype(int) - front).sum(axis=2) < 30
        level = int(np.median(own.pair.image[shown])) if shown.any() else 255
        self.cells += len(images)
        outputs = []
        for image in images:
            found = np.abs(image.astype(int).mean(axis=2) - level) < 15
            outputs.append(np.where(found[..., None], front, back) / 255 + 1e-3)
        return np.stack(outputs).astype(np.float32)
