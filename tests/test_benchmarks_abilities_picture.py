"""The picture of what the model paints."""

from types import SimpleNamespace

import numpy as np

from benchmarks.abilities.picture import HEADS, ROWS, draw, show
from painter_kit.data.base import open_dataset
from painter_kit.tasks.base import get_task


def negative(prompt, images, spec=None) -> np.ndarray:
    return 1 - np.stack(images).astype(np.float32) / 255


SHOWN = show(SimpleNamespace(canvas=64, pictures=negative))  # pyright: ignore


def test_a_row_has_what_its_heads_say():
    row = next(r for r in SHOWN if r.label == "depth, new ramp")
    pictures = row.pictures()
    assert len(pictures) == len(HEADS)
    np.testing.assert_array_equal(pictures[0], row.prompt.pair.image)
    np.testing.assert_array_equal(pictures[1], row.prompt.pair.target)
    np.testing.assert_array_equal(pictures[4], 255 - row.query.image)
    spec = open_dataset("world-shifted").spec("depth")
    truth = get_task("depth").encode(row.query.truth, spec, (64, 64))
    np.testing.assert_array_equal(pictures[3], truth)


def test_prompts_of_classes_show_the_colours_of_the_query():
    for row in (r for r in SHOWN if r.label.startswith("semantic")):
        prompt, truth = (set(map(tuple, row.pictures()[i].reshape(-1, 3).tolist())) for i in (1, 3))
        assert len(truth & prompt) >= len(truth) - 1


def test_the_sheet_holds_every_row_enlarged():
    sheet = draw(SHOWN, scale=2)
    assert sheet.dtype == np.uint8
    assert sheet.shape[0] == 22 + len(ROWS) * 132 - 4
    right = sheet[:, -(5 * 132 - 4) :]
    painted = right[22 : 22 + 128 : 2, 4 * 132 :: 2]
    np.testing.assert_array_equal(painted, SHOWN[0].pictures()[4])
    left = sheet[22:, : -(5 * 132)]
    assert (left < 128).any()  # labels
