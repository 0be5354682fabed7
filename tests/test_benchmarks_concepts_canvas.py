"""The picture of canvases: what stands where."""

import numpy as np

from benchmarks.abilities.picture import Shown
from benchmarks.concepts.canvas import HEADS, draw_canvases
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.pool import draw_prompt
from painter_kit.evaluation.splits import Sizes, make_splits
from painter_kit.tasks.base import get_task

SIDE = 64


def shown() -> Shown:
    """A row whose painted output is red to the right and green downwards."""
    data, task = open_dataset("world"), get_task("depth")
    splits = make_splits(data, "depth", Sizes(2, 2, 2, 2))
    prompt = draw_prompt(task, data.spec("depth"), splits.pool, 0)
    painted = np.zeros((SIDE, SIDE, 3), np.float32)
    painted[..., 0] = np.linspace(0, 1, SIDE)
    painted[..., 1] = np.linspace(0, 1, SIDE)[:, None]
    return Shown("depth", prompt, splits.test[0], painted)


def places(sheet: np.ndarray, wanted: np.ndarray) -> list[tuple[int, int]]:
    """Corners at which ``wanted`` stands in the sheet, but for its border."""
    height, width = wanted.shape[:2]
    inner = wanted[2:-2, 2:-2].astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(sheet[..., 0], (height - 4, width - 4))
    rough = np.argwhere(
        (windows[:, :, 0, 0] == inner[0, 0, 0]) & (windows[:, :, -1, -1] == inner[-1, -1, 0])
    )
    found = []
    for y, x in rough:
        if np.array_equal(sheet[y : y + height - 4, x : x + width - 4].astype(int), inner):
            found.append((int(y) - 2, int(x) - 2))
    return found


def test_prompt_stands_above_query_and_outputs_beside_it():
    row = shown()
    sheet = draw_canvases([row], SIDE)
    image, target, query, truth, painted = row.pictures()
    assert image.shape[:2] == (SIDE, SIDE)
    ((y, x),) = places(sheet, image)
    assert (y + SIDE, x) in places(sheet, query)
    ((target_y, target_x),) = places(sheet, target)
    assert target_y == y
    assert target_x > x
    ((painted_y, painted_x),) = places(sheet, painted)
    ((truth_y, truth_x),) = places(sheet, truth)
    assert painted_y == truth_y == y + SIDE
    assert target_x < painted_x < truth_x


def test_the_hidden_half_shows_nothing_of_the_truth():
    row = shown()
    sheet = draw_canvases([row], SIDE)
    ((y, x),) = places(sheet, row.prompt.pair.target)
    hidden = sheet[y + SIDE + 1 : y + 2 * SIDE - 1, x + 1 : x + SIDE - 1]
    assert len(np.unique(hidden)) == 2
    assert (hidden[..., 0] == hidden[..., 1]).all()


def test_rows_stand_below_each_other():
    row = shown()
    one, two = draw_canvases([row], SIDE), draw_canvases([row, row], SIDE)
    assert one.shape[1] == two.shape[1] > len(HEADS) * SIDE
    assert len(places(two, row.prompt.pair.image)) == 2
