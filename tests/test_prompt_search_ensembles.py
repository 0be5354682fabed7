from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.store import Store
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.types import Coding
from prompt_search.ensembles import FEATURES, GRID, MEAN, Outputs, choose_members, measure_ensembles
from tests.contest_toys import Opposed, contest_of
from tests.toys import SPEC, TOY, Listed, ToyData, ToyPainter, make_example, toy_data


def opposed_data(qualities: list[int]) -> ToyData:
    """Candidates with these qualities; queries of any level."""
    data = toy_data(select=24, confirm=24)
    pool = Listed([make_example(f"p{i}", q) for i, q in enumerate(qualities)])
    return ToyData({**data.subsets, "pool": pool})


def test_two_prompts_that_err_in_opposite_ways_win_together(tmp_path: Path):
    painter = Opposed()
    with Store(tmp_path) as store:
        data = opposed_data([148, 106, 178, 60, 200, 30])
        contest = contest_of(store, data, painter, strategy="exhaustive")
        assert contest.winner.provenance["candidate"] == "p0"
        before, painted = contest.judge.requested, painter.painted
        greedy, mean, features, grid = measure_ensembles(contest)
        assert contest.judge.requested - before == greedy.forwards + mean.forwards + (
            features.forwards + grid.forwards
        )
        assert painter.painted > painted
    assert (greedy.name, mean.name, features.name) == ("ensemble", MEAN, FEATURES)
    assert (grid.name, grid.forwards_per_query, grid.forwards) == (GRID, 1, 24)
    assert isinstance(grid.prompts[GRID], EnsemblePrompt)
    assert greedy.what == "an ensemble of 2"
    assert greedy.details["members"] == ["p0", "p1"]
    assert [step["taken"] for step in greedy.details["steps"]] == [True, False]
    # +20 and -22 against +20 alone: 19 of 255 less
    assert greedy.gain.confirmed
    assert greedy.gain.value == pytest.approx(19 / 255, abs=0.01)
    assert (greedy.forwards_per_query, mean.forwards_per_query) == (2, 3)
    assert greedy.forwards == 6 * 24 + 2 * 24
    assert mean.forwards == features.forwards == 3 * 24
    assert "helps" in greedy.verdict
    assert "it costs 2 x" in greedy.verdict
    prompt = greedy.prompts["ensemble"]
    assert isinstance(prompt, EnsemblePrompt)
    assert (prompt.how, prompt.kind, prompt.model_digest) == ("output", "searched", "model digest")
    assert prompt.provenance["candidate"] == "p0 + p1"
    assert prompt.scores["confirm"]["value"] == greedy.value
    assert prompt.scores["gain_over_winner"]["value"] == greedy.gain.value
    other = features.prompts[FEATURES]
    assert isinstance(other, EnsemblePrompt)
    assert other.how == "features"


def test_a_member_may_weigh_twice(tmp_path: Path):
    """+20 twice and -40 once is nothing at all; one of each leaves half of 20."""
    with Store(tmp_path) as store:
        contest = contest_of(store, opposed_data([148, 88, 220, 230]), Opposed())
        greedy = measure_ensembles(contest)[0]
    assert sorted(greedy.details["members"]) == ["p0", "p0", "p1"]
    assert greedy.what == "an ensemble of 3 (2 different)"
    assert greedy.forwards_per_query == 2


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_where_nothing_is_gained_the_answer_is_not_to(tmp_path: Path, noise: float):
    """The toy painter's errors have one sign: their mean is never below the best."""
    with Store(tmp_path) as store:
        contest = contest_of(store, toy_data(best=3), ToyPainter(noise=noise))
        greedy, mean, *_ = measure_ensembles(contest)
    assert greedy.verdict.startswith("do not ensemble: no second prompt helps")
    assert greedy.to_json()["gain"] == {"value": 0, "ci_low": 0, "ci_high": 0}
    assert greedy.forwards_per_query == 1
    assert greedy.details["members"] == ["p0003"]
    assert "is worse" in mean.verdict


def coloured(data: ToyData) -> ToyData:
    """Every pair of the pool has colours of its own."""
    items = [
        replace(example, coding=Coding(span=(0.0, 10.0 + i)))
        for i, example in enumerate(data.subsets["pool"].items)
    ]
    return ToyData({**data.subsets, "pool": Listed(items)})


def test_other_colours_are_painted_anew_in_those_of_the_winner(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, coloured(toy_data()), ToyPainter())
        greedy, mean, *_ = measure_ensembles(contest)
    assert len({prompt.coding for prompt in contest.finalists}) == len(contest.finalists) > 2
    assert {prompt.coding for prompt in contest.alike} == {contest.winner.coding}
    assert len(contest.alike) == len(contest.finalists)
    assert greedy.details["steps"]
    prompt = mean.prompts[MEAN]
    assert isinstance(prompt, EnsemblePrompt)
    assert [m.provenance.get("recoded", False) for m in prompt.members] == [False, True, True]


def test_colours_that_cannot_be_given_are_not_averaged(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, coloured(toy_data()), ToyPainter())
        contest = replace(contest, alike=[contest.winner])  # as where all others were given
        (only,) = measure_ensembles(contest)
    assert "no other finalist has, or can be given, the winner's colours" in only.verdict
    assert (only.forwards, only.forwards_per_query) == (0, 1)


def test_a_lone_finalist_is_no_ensemble(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, toy_data(), ToyPainter(), strategy="random", k=1)
        (only,) = measure_ensembles(contest)
    assert only.verdict == "do not ensemble: the search has left one finalist"


def test_records_of_means_are_those_of_the_ensemble(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, toy_data(), ToyPainter())
        outputs = Outputs.of(contest.judge, contest.finalists, contest.select)
        ours = outputs.records([0, 1, 1])
    members, painter = [contest.finalists[i] for i in (0, 1, 1)], ToyPainter()
    for example, record in zip(contest.select, ours, strict=True):
        painted = [painter(member, [example.image], SPEC)[0] for member in members]
        mean = np.mean([np.clip(one, 0, 1) for one in painted], axis=0)
        error = np.abs(mean - example.truth["level"] / 255).mean()
        assert record.values[1] == pytest.approx(error, abs=1 / 255)


def test_what_memory_does_not_hold_is_left_out_and_said(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, opposed_data([148, 106, 178, 60]), Opposed())
        size = 3 * SPEC.canvas**2 * 4
        outputs = Outputs.of(contest.judge, contest.finalists, contest.select, 10 * size)
        assert list(outputs.examples.ids) == list(contest.select.ids)[:10]
        assert [len(row) for row in outputs.painted] == [10] * 4
        greedy = measure_ensembles(contest, 10 * size)[0]
        assert "chosen on the first 10 select images" in greedy.verdict
        assert greedy.forwards == 4 * 10 + 2 * 24
        assert len(Outputs.of(contest.judge, contest.finalists, contest.select, 0).examples) == 2


def test_the_first_step_adds_what_is_best_by_the_exact_metric(tmp_path: Path):
    with Store(tmp_path) as store:
        data = opposed_data([148, 106, 178, 60, 200, 30])
        contest = contest_of(store, data, Opposed(), strategy="exhaustive", ensemble_most=2)
        outputs = Outputs.of(contest.judge, contest.finalists, contest.select)
        members, steps = choose_members(outputs, contest)
        values = [primary(TOY, SPEC, outputs.records([0, i])) for i in range(6)]
    assert members == [0, int(np.argmin(values))]
    assert steps[0]["select"] == min(values)
    assert len(steps) == 1
