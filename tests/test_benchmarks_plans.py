"""The table of costs on the real sets against sums that are made by hand."""

import pytest
from click.testing import CliRunner

from benchmarks.plans import SETS, Row, command, in_hours, planned_rows
from painter_kit.data.base import open_dataset
from painter_kit.data.specs import released_spec
from painter_kit.evaluation.effort import Effort
from painter_kit.evaluation.painting import has_views
from painter_kit.tasks.base import get_task

PANEL = 16


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], Effort]:
    """By task and the first word of the work."""
    chosen = [one for one in SETS if one.task in ("depth", "panoptic", "enhance")]
    made = planned_rows(chosen, select=500, confirm=400)
    return {
        (row.what.partition(",")[0], row.work.split()[0].strip(",")): row.effort for row in made
    }


def test_exhaustive_is_pool_times_select(rows: dict[tuple[str, str], Effort]):
    """Half of the training pairs are candidates; the panel is asked on select beside."""
    pool = 12_116
    beside = PANEL * 500 + (PANEL + 2) * 400  # panel, winner and released prompt on confirm
    assert rows["depth", "exhaustive"].forwards == pool * 500 + beside


def test_halving_is_a_small_part_of_it(rows: dict[tuple[str, str], Effort]):
    assert 5000 * 8 < rows["depth", "halving"].forwards < 0.05 * 12_116 * 500
    assert rows["enhance", "halving"].forwards < rows["enhance", "exhaustive"].forwards


def test_small_sets_have_no_five_hundred_pictures(rows: dict[tuple[str, str], Effort]):
    select, confirm = 152, 91  # 25 and 15 of 80 parts of 485
    assert rows["enhance", "exhaustive"].forwards == (242 + PANEL) * select + (PANEL + 2) * confirm


def test_tuning_goes_back_through_two_thousand_steps(rows: dict[tuple[str, str], Effort]):
    depth, panoptic = rows["depth", "tuning"], rows["panoptic", "tuning"]
    assert (depth.samples, depth.each) == (2000 * 32, 3.0)
    assert panoptic.samples == 2 * depth.samples


def test_evaluation_is_one_forward_per_picture_and_part(rows: dict[tuple[str, str], Effort]):
    assert rows["depth", "evaluation"].forwards == 654
    assert rows["panoptic", "evaluation"].forwards == 2 * 5000


def test_training_is_that_of_the_recipe(rows: dict[tuple[str, str], Effort]):
    training = rows["all lists", "training"]
    assert training.equivalents == 54_000 * 2048 * 3 + 48_640
    assert training.storage["weights"] == 4 * 370_721_155
    assert training.storage["state"] == 3 * training.storage["weights"]  # Adam's two moments


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.task)
def test_sets_are_those_of_the_tasks(one):
    """Sides and parts as the released specs say."""
    task = get_task(one.task)
    assert len(one.sides) == max(1, len(task.parts))
    if not task.parts:
        assert one.sides == (released_spec("d", one.task, ("a", "b")).canvas,)
    world = open_dataset("world")
    assert not has_views(task, world.spec(one.task)) or one.views > 1


def test_hours_are_those_of_the_pace():
    cells = Row("set", "work", Effort(36_000, storage={"store": 2_000_000})).cells([1.0, 10.0])
    assert cells["device-hours at 1/s"] == "10"
    assert cells["device-hours at 10/s"] == "1"
    assert cells["on disk"] == "2.00MB"
    assert [in_hours(h) for h in (12_345.6, 99.94, 0.01234)] == ["12,346", "99.9", "0.0123"]


def test_the_command():
    run = CliRunner().invoke(command, ["--task", "enhance", "--throughput", "3"])
    assert run.exit_code == 0, run.output
    assert "device-hours at 3/s" in run.output
    assert len(run.output.splitlines()) == 2 + 4 + 1
    assert "there are depth," in CliRunner().invoke(command, ["--task", "colour"]).output
