from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.search_replay.figure import draw_curves
from benchmarks.search_replay.regret import GRID, Regrets


def test_a_picture_with_two_panels_per_matrix(tmp_path: Path):
    falling = np.linspace(1, 0, len(GRID))[None] * np.array([[1.0], [0.8]])
    one = Regrets(falling, falling, np.array([1.0, 1.0]))
    short = Regrets(falling**2, falling**2, np.array([0.05, 0.05]))
    late = Regrets(falling, falling, np.array([0.2, 0.2]))
    sizes = []
    for count in (1, 2):
        path = tmp_path / f"{count}.png"
        curves = {f"m{i}": {"long": one, "short": short} for i in range(count)}
        curves[f"m{count - 1}"]["only in the last"] = late
        draw_curves(path, curves)
        picture = np.asarray(Image.open(path).convert("RGB"))
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
        sizes.append(picture.shape)
    assert sizes[0][1] == sizes[1][1]
    assert sizes[1][0] > 1.8 * sizes[0][0]
