"""The picture of what the model paints."""

from types import SimpleNamespace

import numpy as np

from benchmarks.abilities.picture import HEADS, ROWS, draw, show
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.evaluate import primary
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import Resized, draw_prompts, draw_queries


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


def colours(prompt: Prompt) -> int:
    return len(set(map(tuple, prompt.pair.target.reshape(-1, 3).tolist())))


def test_prompts_are_chosen_without_the_query():
    """The first that is drawn; for classes the one of eight that shows most of them."""
    for (_, data, task), row in zip(ROWS, SHOWN, strict=True):
        drawn = draw_prompts(Resized(open_dataset(data), 64), task, 8)
        if task != "semantic":
            assert row.prompt.digest == drawn[0].digest
        else:
            assert row.prompt.digest in {prompt.digest for prompt in drawn}
            assert colours(row.prompt) == max(map(colours, drawn))


def test_queries_are_the_first_and_for_restoration_a_middling_one():
    for (_, data, name), row in zip(ROWS, SHOWN, strict=True):
        dataset = Resized(open_dataset(data), 64)
        queries = draw_queries(dataset, name, "test", 8)
        if name not in ("denoise", "derain", "enhance"):
            assert row.query.id == queries[0].id
            continue
        task, spec = get_task(name), dataset.spec(name)
        measured = [[task.measure(e.image, e.truth, spec)] for e in queries]
        found = {e.id: primary(task, spec, m) for e, m in zip(queries, measured, strict=True)}
        assert sum(value < found[row.query.id] for value in found.values()) == 3


def test_new_shapes_are_shown_to_the_model_by_new_shapes():
    for row in (r for r in SHOWN if r.label.endswith("new shapes")):
        assert row.prompt.provenance["data"] == "world-unseen"


def test_the_sheet_holds_every_row_enlarged():
    sheet = draw(SHOWN, scale=2)
    assert sheet.dtype == np.uint8
    assert sheet.shape[0] == 22 + len(ROWS) * 132 - 4
    right = sheet[:, -(5 * 132 - 4) :]
    painted = right[22 : 22 + 128 : 2, 4 * 132 :: 2]
    np.testing.assert_array_equal(painted, SHOWN[0].pictures()[4])
    left = sheet[22:, : -(5 * 132)]
    assert (left < 128).any()  # labels
