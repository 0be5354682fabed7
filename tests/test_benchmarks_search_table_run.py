import pytest

from benchmarks.search_table.run import CELLS, TableSettings, chosen_cells, plan_text
from painter_kit.data.world.truth import WORLD_TASKS
from painter_kit.errors import InputError
from prompt_search.config import SearchConfig

SMALL = TableSettings(8, SearchConfig(panel=4))


def test_the_table_has_every_task_of_the_world_and_three_shifted():
    assert [task for task, data in CELLS if data == "world"] == list(WORLD_TASKS)
    shifted = {task for task, data in CELLS if data == "world-shifted"}
    assert shifted == {"depth", "semantic", "foreground"}
    cells = chosen_cells([], 32, SMALL)
    assert [(cell.task.name, cell.spec.data) for cell in cells] == list(CELLS)


def test_cells_are_at_the_models_size_and_the_asked_number():
    (cell,) = chosen_cells(["enhance"], 32, SMALL)
    assert (cell.name, cell.spec.canvas) == ("enhance-world", 32)
    counts = cell.splits.counts
    assert [counts[name] for name in ("pool", "select", "confirm", "test")] == [8, 8, 8, 1]


def test_plans_add_up_and_tell_the_time():
    cells = chosen_cells(["panoptic", "enhance"], 32, SMALL)
    plans = {cell.name: cell.plan for cell in cells}
    assert plans["panoptic-world"].parts == 2
    assert plans["enhance-world"].panel_forwards == 4 * (8 + 8)
    total = sum(plan.total for plan in plans.values())
    text = plan_text(cells, pace=3.6)
    assert (
        f"panoptic-world: 16 candidates, 8 select, 8 confirm; {plans['panoptic-world'].total}"
        in text
    )
    assert f"plan: {total} forwards, about {total / 1000:.2f} h at 0.3 forwards/s" in text


def test_unknown_tasks_are_named():
    with pytest.raises(InputError, match="--tasks colour: the table has depth, semantic"):
        chosen_cells(["depth", "colour"], 32, SMALL)
