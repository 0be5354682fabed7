import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.edits import Box, crop_example, mirror_example
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Subset
from prompt_search.variants import Edit, Variants, edits_of, painted_variants

WORLD = open_dataset("world")
SPEC = WORLD.spec("instance")
POOL = Subset(WORLD.examples("instance", "train"), (5, 9, 2))


def variants(seed: int = 0, pool: Subset = POOL) -> Variants:
    return Variants(pool, SPEC, crops=2, flips=True, seed=seed)


def test_pairs_come_first_then_flips_then_crops():
    made = variants()
    assert made.ids == [
        *("train/000005", "train/000009", "train/000002"),
        *("train/000005+flip", "train/000009+flip", "train/000002+flip"),
        *("train/000005+crop1", "train/000009+crop1", "train/000002+crop1"),
        *("train/000005+crop2", "train/000009+crop2", "train/000002+crop2"),
    ]
    assert made.groups == list(POOL.groups) * 4
    assert [example.id for example in made] == made.ids
    assert len(made) == 12
    with pytest.raises(IndexError, match="between 0 and 11"):
        made[12]


def test_each_is_what_its_name_says():
    made = variants()
    assert made[1] is POOL[1] or made[1].digest == POOL[1].digest
    assert made[4].digest == mirror_example(POOL[1], SPEC).digest
    box = Box(*made.about(10)["box"])
    assert made[10].digest == crop_example(POOL[1], box).digest
    assert made.about(1) == {}
    assert made.about(4) == {"parent": "train/000009", "flip": True}
    assert made.about(10) == {"parent": "train/000009", "flip": False, "box": box.to_json()}


def test_crops_follow_seed_and_name_alone():
    boxes = [variants().about(i)["box"] for i in range(6, 12)]
    assert boxes == [variants().about(i)["box"] for i in range(6, 12)]
    assert len({tuple(b) for b in boxes}) == 6
    other = Subset(POOL.source, (2, 5))
    assert variants(pool=other).about(4)["box"] == boxes[2]  # train/000002+crop1
    assert variants(1).about(6)["box"] != boxes[0]


def test_without_edits_it_is_the_pool():
    plain = Variants(POOL, SPEC)
    assert plain.edits == (Edit(),)
    assert (list(plain.ids), len(plain)) == (list(POOL.ids), 3)


@pytest.mark.parametrize(
    ("task", "expected"),
    [("depth", ["+flip", "+crop1"]), ("keypoint", ["+crop1"]), ("instance", [])],
)
def test_painted_pictures_are_edited_as_far_as_they_can(task: str, expected: list[str]):
    pair = make_pair(get_task(task), WORLD.spec(task), WORLD.examples(task, "train")[0])
    edits = edits_of(1, True)[1:]
    made = painted_variants(get_task(task), "included:1234", pair, edits, 0)
    assert [edit.suffix for edit, _, _ in made] == expected
    for edit, edited, done in made:
        assert done["parent"] == "included:1234"
        if edit.flip:
            np.testing.assert_array_equal(edited.target, pair.target[:, ::-1])
        else:
            box = Box(*done["box"])
            np.testing.assert_array_equal(edited.target, box.cut(pair.target))
