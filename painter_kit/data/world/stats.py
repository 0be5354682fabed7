"""How strong the world's corruptions are: ``python -m painter_kit.data.world.stats``."""

from __future__ import annotations

import numpy as np

from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.data.world.dataset import HELD_BACK, WorldDataset

TEXT = "{task}: mean input PSNR {mean:.2f} dB over {count} {subset} pictures of the world"


def corruption_psnr(task: str, subset: str = "test", count: int = HELD_BACK) -> float:
    """Mean PSNR (dB) of the corrupted against the clean pictures of a restoration task."""
    examples = WorldDataset("world").examples(task, subset)
    values = []
    for index in range(count):
        example = examples[index]
        error = np.subtract(example.image, example.truth["clean"], dtype=np.float64)
        values.append(10 * np.log10(255**2 / np.mean(error**2)))
    return float(np.mean(values))


def main(count: int = HELD_BACK) -> None:
    """Print the mean input PSNR of every restoration task over the first test pictures."""
    for task in RESTORATION_TASKS:
        print(
            TEXT.format(
                task=task, mean=corruption_psnr(task, count=count), count=count, subset="test"
            )
        )


if __name__ == "__main__":
    main()
