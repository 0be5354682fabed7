from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.store import Store
from prompt_search.budget import LEVELS, Budget, Wish, parse_budget
from prompt_search.table import BUDGET, Stopped
from tests.test_prompt_search_search import QUICK, decisions, search, search_both
from tests.toys import SPEC, TOY, Listed, ToyPainter, make_example, toy_data


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        (None, Wish()),
        ("", Wish()),
        (5000, Wish(forwards=5000)),
        ("5000", Wish(forwards=5000)),
        ("+200", Wish(forwards=200, more=True)),
        ("90s", Wish(seconds=90)),
        ("1.5m", Wish(seconds=90)),
        ("2h", Wish(seconds=7200)),
        *((level, Wish(level=level)) for level in LEVELS),
    ],
)
def test_budgets_are_read(text: str | int | None, wish: Wish):
    assert parse_budget(text) == wish


@pytest.mark.parametrize("text", ["0", 0, "-5", "5d", "+30s", "much", "1e4", "0s", "+0"])
def test_other_budgets_are_refused(text: str | int):
    with pytest.raises(InputError, match=r"--budget must be N forwards, Ns, Nm or Nh .* light"):
        parse_budget(text)


def test_without_a_limit_everything_is_granted():
    budget = Budget()
    budget.allot(1)
    assert budget.cells is None
    assert budget.may(10**9)
    assert budget.reason == ""


def test_a_limit_counts_what_is_set_aside_and_views():
    budget = Budget(limit=100, paid=40, views=3)
    budget.allot(1)
    assert budget.cells == 20
    assert budget.may(20)
    assert budget.promised == 100
    budget.spend(5)
    assert (budget.spent, budget.cells) == (55, 15)
    assert budget.may(15)  # was granted with the step before
    assert not budget.may(16)
    assert (budget.reason, budget.promised) == (BUDGET, 100)


def test_races_share_and_leave_what_they_do_not_need():
    budget = Budget(limit=100)
    budget.allot(2)
    assert budget.cells == 50
    assert not budget.may(51)
    budget.spend(20)
    budget.allot(1)
    assert (budget.reason, budget.cells) == ("", 80)
    assert budget.may(80)


def test_a_cut_ends_it_whatever_the_limit():
    budget = Budget(limit=100, cut=30)
    budget.allot(1)
    assert budget.cells == 100  # the schedule is that of the limit
    assert budget.may(30)
    assert not budget.may(31)
    assert budget.reason == BUDGET


class Bell:
    """A reason to stop that comes up when it is rung."""

    reason = ""

    def __call__(self) -> str:
        return self.reason


def test_a_reason_from_outside_ends_every_race():
    bell = Bell()
    budget = Budget(stop=bell)
    budget.allot(2)
    assert budget.may(10)
    budget.check()
    bell.reason = "bell"
    assert budget.may(10)  # granted before
    assert not budget.may(11)
    budget.allot(1)
    assert budget.reason == "bell"
    assert not budget.may(11)


def test_the_step_under_way_is_void():
    bell = Bell()
    budget = Budget(stop=bell)
    budget.allot(1)
    assert budget.may(10)
    budget.spend(10)
    assert budget.may(30)
    bell.reason = "bell"
    with pytest.raises(Stopped, match="bell"):
        budget.check()
    assert (budget.promised, budget.spent) == (10, 10)
    budget.check()  # only once: what closes a race is not disturbed


def test_time_that_is_over_does_not_end_the_panel():
    budget = Budget(stop=lambda: BUDGET)
    budget.check()
    budget.allot(1)
    with pytest.raises(Stopped):
        budget.check()


def test_a_cut_ends_the_stages_that_follow_too():
    budget = Budget(cut=30)
    budget.allot(1)
    assert budget.may(30)
    assert not budget.may(31)
    assert budget.ended == BUDGET
    budget.prepaid()
    assert not budget.may(30 + 1)


def test_a_stage_that_was_set_aside_has_no_limit_but_stops():
    bell = Bell()
    budget = Budget(limit=50, paid=40, stop=bell)
    budget.allot(1)
    assert not budget.may(11)
    assert budget.ended == ""
    budget.prepaid()
    assert budget.cells is None
    with budget.step(100):
        budget.check()
    assert (budget.spent, budget.promised) == (140, 140)
    bell.reason = "bell"
    with pytest.raises(Stopped, match="bell"), budget.step(1):
        pass
    assert (budget.reason, budget.promised) == ("bell", 140)


def test_a_step_that_is_interrupted_is_void():
    bell = Bell()
    budget = Budget(paid=40, stop=bell)
    budget.prepaid()

    def interrupted() -> None:
        with budget.step(100):
            bell.reason = "bell"
            budget.check()

    with pytest.raises(Stopped, match="bell"):
        interrupted()
    assert (budget.ended, budget.spent, budget.promised) == ("bell", 40, 40)


def test_what_closes_a_stage_is_not_disturbed():
    bell = Bell()
    budget = Budget(stop=bell)
    budget.prepaid()
    bell.reason = "bell"
    with budget.closing():
        budget.check()
    assert budget.ended == ""
    with pytest.raises(Stopped):
        budget.check()


def test_the_judge_is_watched_between_blocks(tmp_path):
    examples = Listed([make_example(f"e{i}", 50) for i in range(40)])
    with Store(tmp_path) as store:
        painter = ToyPainter()
        judge = Judge(TOY, SPEC, painter, store, "model", batch_size=8)
        told = []
        judge.on_cells = told.append
        budget = Budget(stop=lambda: "enough" if len(painter.calls) == 3 else "")
        prompt = _prompt()
        with budget.watching(judge), pytest.raises(Stopped):
            judge.records(prompt, examples)
        assert told == [8, 8, 8]
        assert judge.known(prompt, examples) == 24  # the block in flight was finished and kept
        judge.records(prompt, examples)
        assert len(told) == 3 + 5


def _prompt():
    from painter_kit.evaluation.pool import pool_prompt
    from painter_kit.tasks.base import make_pair

    example = make_example("prompt", 100)
    return pool_prompt(TOY, SPEC, example, make_pair(TOY, SPEC, example))


class Stopper:
    """A reason to stop from the n-th question on."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> str:
        self.left -= 1
        return "" if self.left >= 0 else "bell"


ENDS = [("halving", {}), ("halving+certify", {"share": 1.0}), ("random", {"k": 9})]


@pytest.mark.parametrize(("strategy", "more"), ENDS)
@pytest.mark.parametrize("after", [21, 22, 30, 47, 60, 70, 85])
def test_a_stopped_search_is_confirmed_replayed_and_resumed(
    tmp_path: Path, strategy: str, more: dict, after: int
):
    """Of about 20 blocks of panel, then the race, in blocks of 8."""
    data, config = toy_data(), replace(QUICK, strategy=strategy, **more)
    whole = search(tmp_path / "whole", data, config=config)
    painter = ToyPainter()
    early = search(tmp_path / "early", data, painter, config, stop=Stopper(after))
    assert np.isfinite([early.gain.value, early.winner.select]).all()
    if early.to_json().get("stopped") != "bell":  # the race was over by then
        assert decisions(early) == decisions(whole)
        return
    assert "stopped early (bell): " in early.summary
    (event,) = (d for d in early.trace.decisions if d["event"] == "stopped")
    again = search(tmp_path / "a", data, config=replace(config, cut=event["cut"]))
    assert decisions(again) == decisions(early).replace('"bell"', '"budget"')
    rest = ToyPainter()
    resumed = search(tmp_path / "early", data, rest, config)
    assert decisions(resumed) == decisions(whole)
    assert not set(painter.cells) & set(rest.cells)


def test_before_the_panel_is_measured_nothing_can_be_said(tmp_path: Path):
    painter = ToyPainter()
    with pytest.raises(Stopped, match="bell"):
        search(tmp_path, toy_data(), painter, stop=Stopper(3))
    assert len(painter.calls) == 4


@pytest.mark.parametrize("strategy", ["halving", "halving+certify", "random", "exhaustive"])
@pytest.mark.parametrize("race", [240, 420, 700, 1500])
def test_a_budget_is_kept_whatever_is_known(tmp_path: Path, strategy: str, race: int):
    data = toy_data()
    fixed = 4 * 80 + 40
    config = replace(QUICK, strategy=strategy, budget=fixed + race)
    said: list[str] = []
    cold = search(tmp_path / "a", data, config=config, say=said.append)
    warm = search(tmp_path / "a", data, config=config)
    asked = sum(cold.forwards[name] for name in ("panel", "select", "confirm"))
    assert asked <= fixed + race
    assert decisions(cold) == decisions(warm)
    assert warm.forwards["new"] == 0
    assert cold.trace.decisions[0]["config"]["budget"] == fixed + race
    if strategy == "halving":  # the schedule was chosen to fit
        first = next(d for d in cold.trace.decisions if d["event"] == "rung")
        assert cold.trace.decisions[0]["config"]["b0"] == first["images"]
        assert cold.trace.stopped == ""
        assert f"= {asked}, less" in said[0]
    elif strategy != "halving+certify" and race < 16 * 40:
        assert cold.trace.stopped == "budget"
        assert "at most" in said[0]


def test_a_budget_that_is_too_small_says_what_is_needed(tmp_path: Path):
    painter = ToyPainter()
    with pytest.raises(InputError, match=r"320 panel \+ 40 confirm \+ .* need 5"):
        search(tmp_path, toy_data(), painter, replace(QUICK, budget=400))
    assert painter.calls == []


def test_parts_share_a_budget(tmp_path: Path):
    data = toy_data(pool=40, select=40, confirm=30, best=17)
    fixed = 4 * (4 * 40 + 2 * 30) + 2 * 40 + 2 * 30
    alone = replace(QUICK, rounds=0)
    result = search_both(tmp_path, data, config=replace(alone, budget=fixed + 700))
    assert 500 <= result.forwards["select"] <= 700
    assert sum(result.forwards[name] for name in ("panel", "select", "confirm")) <= fixed + 700
    stopped = search_both(tmp_path / "b", data, config=alone, stop=Stopper(110))
    reasons = [d["reason"] for d in stopped.trace.decisions if d["event"] == "stopped"]
    assert reasons in (["bell"], ["bell", "bell"])
    assert stopped.to_json()["stopped"] == "bell"
    cut = next(d["cut"] for d in stopped.trace.decisions if d["event"] == "stopped")
    again = search_both(tmp_path / "c", data, config=replace(alone, cut=cut))
    assert decisions(again) == decisions(stopped).replace('"bell"', '"budget"')


def test_patience_ends_a_race(tmp_path: Path):
    config = replace(QUICK, strategy="exhaustive", patience=5)
    result = search(tmp_path, toy_data(best=2), config=config)
    assert result.winner.id == "p0002" or result.trace.judged < 32
    assert result.to_json()["stopped"] == "no improvement"
    assert result.trace.decisions[-2]["reason"] == "no improvement"
