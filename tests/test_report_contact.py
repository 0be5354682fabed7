import pytest

from painter_kit.evaluation.store import Store
from painter_kit.report.contact import Standing, contact_sheet, standings
from painter_kit.report.document import Sheet, Text
from painter_kit.report.illustrated import Amounts, illustrated
from painter_kit.report.runs import Scored, read_lines, read_scores
from tests import report_toys

made = report_toys.made


def cells(**rows: list[float]) -> list[Scored]:
    return [
        Scored(name, f"i{k}", score) for name, row in rows.items() for k, score in enumerate(row)
    ]


def test_images_are_not_held_against_who_got_the_hard_ones():
    """b is judged on an easy image alone; its plain mean is above a's, its standing is not."""
    found = standings(cells(p=[10.0, 0.0], q=[8.0, 2.0], a=[9.5, 2.0], b=[9.0]), ["p", "q"])
    assert [(one.candidate, one.images) for one in found] == [
        ("a", 2),
        ("p", 2),
        ("q", 2),
        ("b", 1),
    ]
    assert found[0] == Standing("a", 2, pytest.approx(0.75))
    assert found[-1].advantage == pytest.approx(0)


def test_a_cell_counts_once_and_hopeless_candidates_are_left_out():
    doubled = cells(p=[1.0], a=[3.0]) + cells(a=[9.0]) + cells(bad=[-float("inf")])
    assert standings(doubled, ["p"]) == [Standing("a", 1, 2.0), Standing("p", 1, 0.0)]
    assert standings(cells(a=[1.0]), []) == []


def test_best_and_worst_of_a_search(made: report_toys.Made):
    run = made.run("search")
    decisions = read_lines(run.path / "decisions.jsonl")
    scores = read_scores(run.path / "scores.parquet")
    with Store(made.folder / "store") as store:
        about = illustrated(run, run.rows[0], made.access, store, Amounts(candidates=1))
        best, worst = contact_sheet(about, decisions, scores)
    assert isinstance(best, Sheet)
    assert isinstance(worst, Sheet)
    ranked = standings(scores, decisions[0]["panel"])
    full = [one for one in ranked if one.images == ranked[0].images or one.images == 4]
    assert best.cards[0].title == full[0].candidate
    assert worst.cards[0].title == ranked[-1].candidate
    assert [p.label for p in best.cards[0].pictures] == ["input", "target"]


def test_says_so_when_there_are_no_pictures(made: report_toys.Made):
    run = made.run("search")
    about = illustrated(run, run.rows[0], made.access, "no store", Amounts())
    assert contact_sheet(about, [], []) == [Text("No pictures of prompts: no store.", "note")]
