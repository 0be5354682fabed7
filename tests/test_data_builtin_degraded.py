"""Tiles of built-in pictures with noise, rain and darkness."""

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.builtin_degraded import PICTURES, TILE, DegradedTiles, middle
from painter_kit.data.specs import RESTORATION
from painter_kit.evaluation.evaluate import measure_painted
from painter_kit.evaluation.splits import make_splits
from painter_kit.tasks.base import get_task


def test_pictures_are_eight_different_ones():
    pictures = [middle(name) for name in PICTURES]
    assert {p.shape for p in pictures} == {(3 * TILE, 4 * TILE, 3)}
    assert {p.dtype for p in pictures} == {np.dtype(np.uint8)}
    assert len({p.tobytes() for p in pictures}) == len(PICTURES) == 8


def test_tiles_cover_the_middle_of_each_picture():
    tiles = DegradedTiles("denoise")
    assert len(tiles) == len(set(tiles.ids)) == 96
    assert (tiles.ids[0], tiles.ids[-1]) == ("astronaut-0-0", "stereo_motorcycle-2-3")
    assert [i.rpartition("-")[0].rpartition("-")[0] for i in tiles.ids] == list(tiles.groups)
    rows = [
        np.concatenate([tiles[12 + i].truth["clean"] for i in range(r, r + 4)], axis=1)
        for r in (0, 4, 8)
    ]
    np.testing.assert_array_equal(np.concatenate(rows), middle("chelsea"))
    assert [tiles[i].id for i in (0, 13, 95)] == [tiles.ids[i] for i in (0, 13, 95)]


@pytest.mark.parametrize("task", RESTORATION)
def test_degradation_is_each_tiles_own_and_always_the_same(task: str):
    first, again, other = (DegradedTiles(task)[i] for i in (5, 5, 6))
    assert first.digest == again.digest
    assert first.truth["clean"].flags.owndata
    changes = [e.image.astype(int) - e.truth["clean"] for e in (first, other)]
    assert np.any(changes[0] != changes[1])
    mean = changes[0].mean()
    assert {"denoise": abs(mean) < 10, "derain": mean > 2, "enhance": mean < -5}[task]


@pytest.mark.parametrize("task", RESTORATION)
def test_pictures_need_restoring_and_their_truth_does_not(task: str):
    data, functions = open_dataset("builtin"), get_task(task)
    spec, examples = data.spec(task), data.examples(task, "all")
    tiles = [examples[i] for i in range(0, len(examples), 5)]
    idle, perfect = (
        functions.summarise(
            [measure_painted(functions, spec, pick(e) / 255, e) for e in tiles],
            spec,
        )
        for pick in (lambda e: e.image, lambda e: e.truth["clean"])
    )
    assert 15 < idle["psnr"] < 20
    assert idle["ssim"] < 0.95
    assert perfect["psnr"] == 100
    assert spec.protocol.convention == "plain"


def test_there_are_pictures_for_every_split():
    splits = make_splits(open_dataset("builtin"), "derain")
    groups = [
        set(part.groups) for part in (splits.pool, splits.select, splits.confirm, splits.test)
    ]
    assert [len(g) for g in groups] == [3, 2, 2, 1]
    assert len(set.union(*groups)) == 8
