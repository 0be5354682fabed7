from pathlib import Path

import numpy as np

from painter_kit.data.coco_categories import IDS, INDEX, NAMES, THINGS

COLOURS = np.load(Path(__file__).parent / "golden" / "colours.npz")


def test_ids_are_the_recorded_ones_things_first():
    np.testing.assert_array_equal(IDS, COLOURS["coco133_category_id"])
    isthing = COLOURS["coco133_isthing"].astype(bool)
    assert isthing[:THINGS].all()
    assert not isthing[THINGS:].any()


def test_names_and_indices():
    assert len(IDS) == len(set(IDS)) == len(NAMES) == len(set(NAMES)) == 133
    assert (NAMES[0], NAMES[79], NAMES[80], NAMES[132]) == (
        "person",
        "toothbrush",
        "banner",
        "rug-merged",
    )
    assert [INDEX[number] for number in (1, 90, 92, 200)] == [0, 79, 80, 132]
