"""Tiles of a small picture whose truth is known by construction."""

import numpy as np

from painter_kit.data.tiles import Photograph, Tiles

SIDE = 10


def picture() -> Photograph:
    """20 x 30: depth is known in the upper half and in three columns of one tile below it; an
    object covers the left tiles, another one lies across the border of the middle ones, and a
    third covers one pixel."""
    image = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
    depth = np.zeros((20, 30), np.float32)
    depth[:10] = 2.0
    depth[10:, :3] = 1.0
    masks = np.zeros((3, 20, 30), bool)
    masks[0, :, :10] = True
    masks[1, 6:14, 12:17] = True
    masks[2, 0, 29] = True
    return Photograph("toy", image, depth, masks)


def test_tiles_with_enough_depth():
    tiles = Tiles.of(picture(), "depth", SIDE)
    assert list(tiles.ids) == ["toy-0-0", "toy-0-1", "toy-0-2"]
    assert list(tiles.groups) == ["column-0", "column-1", "column-2"]
    example = tiles[1]
    np.testing.assert_array_equal(example.image, picture().image[:10, 10:20])
    assert (example.truth["depth_m"] == 2).all()
    assert [e.id for e in tiles] == list(tiles.ids)


def test_foreground_leaves_background():
    """A tile that an object fills, and one where nothing is, say nothing."""
    tiles = Tiles.of(picture(), "foreground", SIDE)
    assert list(tiles.ids) == ["toy-0-1", "toy-1-1"]
    mask = tiles[0].truth["mask"]
    assert mask.dtype == np.uint8
    assert mask.sum() == 4 * 5


def test_instances_are_pieces_within_the_tile():
    tiles = Tiles.of(picture(), "instance", SIDE)
    assert list(tiles.ids) == ["toy-0-0", "toy-0-1", "toy-1-0", "toy-1-1"]
    assert tiles[0].truth["masks"].shape == (1, SIDE, SIDE)
    assert tiles[0].truth["masks"].all()
    assert tiles[3].truth["masks"].sum() == 4 * 5


def test_the_largest_instance_comes_first():
    masks = np.zeros((2, SIDE, SIDE), bool)
    masks[0, :2], masks[1, 2:9] = True, True
    one = Photograph("two", np.zeros((SIDE, SIDE, 3), np.uint8), masks=masks)
    areas = Tiles.of(one, "instance", SIDE)[0].truth["masks"].sum(axis=(1, 2))
    assert areas.tolist() == [70, 20]
