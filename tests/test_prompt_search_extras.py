import pytest

from painter_kit.data.base import open_dataset
from painter_kit.tasks.base import get_task
from prompt_search.config import SearchConfig
from prompt_search.extras import OWN, extras_of, other_tasks
from prompt_search.plan import Extras, make_plan
from tests.toys import BOTH, TOY, Published, registered, toy_data

WORLD = open_dataset("world")


def test_other_tasks_have_no_parts_and_are_no_part():
    assert other_tasks(get_task("depth"), None) == []
    depth = other_tasks(get_task("depth"), WORLD)
    assert {"semantic", "instance", "keypoint", "denoise"} <= set(depth)
    assert not {"depth", "panoptic"} & set(depth)
    panoptic = other_tasks(get_task("panoptic"), WORLD)
    assert {"semantic", "depth"} <= set(panoptic)
    assert not {"coco-semantic", "instance", "panoptic"} & set(panoptic)


def test_nothing_more_is_measured_unless_asked_for_or_published():
    data = toy_data()
    assert extras_of(TOY, None, SearchConfig(), 9) == Extras()
    assert extras_of(TOY, data, SearchConfig(), 9) == Extras()
    published = Published(data.subsets)
    assert extras_of(TOY, published, SearchConfig(), 9) == Extras(released=True)
    assert extras_of(TOY, published, SearchConfig("released"), 9) == Extras()


@pytest.mark.parametrize("confirm", [9, 500])
def test_a_diagnosis_is_counted_with_every_other_task(confirm: int):
    config = SearchConfig(diagnose=True, shuffles=3)
    with registered():
        found = extras_of(TOY, toy_data(), config, confirm)
        assert found == Extras(False, 1 + 3 + 2, min(confirm, OWN))
        assert extras_of(BOTH, toy_data(), config, confirm).altered == 1 + 3 + 1


def test_extras_are_in_the_plan():
    plain = make_plan(SearchConfig(), [64], 96, 50, views=2)
    more = make_plan(SearchConfig(), [64], 96, 50, views=2, extras=Extras(True, 7, 32))
    assert more.confirm_forwards == 2 * plain.confirm_forwards
    assert more.sensitivity_forwards == 2 * (7 * 50 + 32)
    assert more.total == plain.total + 2 * 50 + more.sensitivity_forwards
    assert f"{more.sensitivity_forwards} sensitivity = {more.total}" in more.sentence
    assert "sensitivity" not in plain.sentence
    parted = make_plan(SearchConfig(), [64, 64], 96, 50, extras=Extras(False, 7, 32))
    assert parted.sensitivity_forwards == 2 * (7 * 50 + 32)


def test_the_released_prompt_costs_one_candidate():
    config = SearchConfig("released")
    one, two = (make_plan(config, [64] * parts, 96, 50) for parts in (1, 2))
    assert (one.select_forwards, one.confirm_forwards) == (96, 50)
    assert (two.select_forwards, two.confirm_forwards) == (2 * 96, 2 * 50)
    panel = make_plan(SearchConfig("panel"), [64], 96, 50)
    assert panel.select_forwards == 0
