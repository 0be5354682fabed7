from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.types import Record, SilentReporter
from prompt_search.budget import Budget
from prompt_search.candidates import make_candidates
from prompt_search.certificate import Certificate
from prompt_search.race import Race, number
from prompt_search.table import Stopped
from tests.toys import SPEC, TOY, ToyPainter, toy_data


class Series(SilentReporter):
    def __init__(self) -> None:
        self.points: list[tuple[int | None, dict[str, float]]] = []

    def metrics(self, values, step=None) -> None:
        self.points.append((step, dict(values)))


@pytest.fixture
def race(tmp_path: Path):
    splits = make_splits(toy_data(pool=5, select=10), "toy")
    with Store(tmp_path) as store:
        judge = Judge(TOY, SPEC, ToyPainter(), store, "model", batch_size=4)
        candidates = make_candidates(TOY, SPEC, splits.pool)
        yield Race(judge, candidates, splits.select, Record(np.ones(3)), Series())


def test_scores_are_those_of_the_records(race: Race):
    scores = race.ask([3, 1], 2, 7)
    assert scores.shape == (2, 5)
    prompt = race._candidates.prompt(1)
    expected = [-race._judge.records(prompt, race._select)[i].values[1] for i in range(2, 7)]
    assert scores[1].tolist() == expected
    assert race.asked == 10


def test_decisions_are_plain_and_ranked(race: Race):
    means = race.ask([0, 1, 2], 0, 4).mean(1)
    means[1] = -np.inf
    race.log([0, 1, 2], means, 4, [2])
    (decision,) = race.decisions
    assert decision["images"] == 4
    assert decision["cells"] == 12
    assert decision["kept"] == [race._candidates.ids[2]]
    assert list(decision["scores"].values()) == [*sorted(means[[0, 2]], reverse=True), None]


def test_progress_is_reported_by_cells(race: Race):
    race.log([0, 1], race.ask([0, 1], 0, 4).mean(1), 4, [0])
    race.log([0], race.ask([0], 4, 8).mean(1), 8, [0])
    reporter = race._reporter
    assert isinstance(reporter, Series)
    assert [step for step, _ in reporter.points] == [8, 12]
    assert [values["search/candidates"] for _, values in reporter.points] == [2, 1]


def test_trace_holds_every_candidate_and_cell(race: Race):
    first = race.ask([0, 2], 0, 4)
    second = race.ask([2], 4, 10)
    trace = race.trace()
    rows = {str(row["id"]): row for row in trace.candidates}
    ids = race._candidates.ids
    assert list(rows) == ids
    assert rows[ids[2]]["rung"] == 2
    assert rows[ids[2]]["images"] == 10
    assert rows[ids[2]]["mean_score"] == pytest.approx(np.r_[first[1], second[0]].mean())
    assert rows[ids[1]] == {
        "id": ids[1],
        "group": ids[1],
        "rung": 0,
        "images": 0,
        "mean_score": None,
    }
    assert len(trace.cells["score"]) == 14
    assert trace.cells["candidate"] == [ids[0]] * 4 + [ids[2]] * 10
    assert trace.cells["image"][4:] == list(race._select.ids)


def test_known_candidates_are_in_the_trace_and_cost_nothing(race: Race):
    names, select = race._candidates.ids, race._select
    records = [race._judge.records(race._candidates.prompt(i), select) for i in (1, 4)]
    race.know([names[1], names[4]], records)
    race.ask([4], 0, 3)
    assert race.asked == 3
    assert race.known[1].tolist() == [-r.values[1] for r in records[0]]
    assert race.mean_score(1) == pytest.approx(race.known[1].mean())
    trace = race.trace()
    rows = {row["id"]: row for row in trace.candidates}
    assert (rows[names[1]]["images"], rows[names[4]]["images"]) == (10, 3)
    assert len(trace.cells["score"]) == 13
    assert np.isnan(race.mean_score(0))


def test_rows_join_what_was_asked_bit_by_bit(race: Race):
    first, second = race.ask([0, 2], 0, 4), race.ask([2], 4, 10)
    race.know(
        [race._candidates.ids[1]], [race._judge.records(race._candidates.prompt(1), race._select)]
    )
    rows = race.rows()
    assert sorted(rows) == [0, 1, 2]
    assert rows[0].tolist() == first[0].tolist()
    assert rows[2].tolist() == [*first[1], *second[0]]
    assert len(rows[1]) == 10


def test_labels_stand_in_every_entry(race: Race):
    reporter = Series()
    of = race._judge, race._candidates, race._select, race._reference
    labelled = Race(*of, reporter, "one", round=2)
    labelled.log([0], labelled.ask([0], 0, 4).mean(1), 4, [0])
    assert {"part": "one", "round": 2}.items() <= labelled.decisions[0].items()
    trace = labelled.trace()
    assert all((row["part"], row["round"]) == ("one", 2) for row in trace.candidates)
    assert trace.cells["round"] == [2] * 4
    assert "search/one/2/candidates" in reporter.points[0][1]


def test_a_certificate_is_about_the_one_that_the_metric_chose(race: Race):
    means = race.ask([0, 1], 0, 10).mean(1)
    certificate = Certificate(0.95, 10, 5, 3, mean=means.max(), highest=means.max() + 0.5)
    worse = int(means.argmin())
    race.certify(certificate, [0, 1], means, worse)
    (decision,) = race.decisions
    assert decision["event"] == "certificate"
    assert decision["mean"] == pytest.approx(means.min())
    assert decision["epsilon"] == pytest.approx(means.max() + 0.5 - means.min())
    assert not decision["linearised"]
    assert "on these 10 select images" in decision["sentence"]
    assert f"beats {decision['id']} by" in decision["sentence"]
    assert decision["id"] == race._candidates.ids[worse]
    assert decision["prompt"] == race._candidates.prompt(worse).digest


def test_what_is_broken_off_counts_nowhere(race: Race):
    race.budget = Budget(stop=lambda: "bell" if race._judge.requested >= 12 else "")
    race.budget.allot(1)
    race.ask([0], 0, 8)
    assert race.budget.spent == 8
    with race.budget.watching(race._judge), pytest.raises(Stopped):
        race.ask([1, 2], 0, 8)
    assert (race.asked, race.budget.spent, len(race.cells)) == (8, 8, 1)
    assert race._judge.known(race._candidates.prompt(1), race._select) == 4  # but it is kept
    race.ask([0], 8, 10)
    assert race.asked == 10


def test_numbers_for_json():
    assert number(np.float64(2)) == 2.0
    assert number(float("nan")) is None
    assert number(-np.inf) is None
