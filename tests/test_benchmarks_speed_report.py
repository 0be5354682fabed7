"""Measurements in words."""

from benchmarks.speed.contest import OURS, PLAIN, SEGGPT, Result
from benchmarks.speed.report import memory_rows, report, search_rows, speed_rows
from benchmarks.speed.search import EndToEnd


def test_what_is_not_installed_says_so():
    rows = speed_rows("m", 4, {OURS: Result((2.0,), 1e-7), PLAIN: Result((4.0,), 0.0)})
    assert [row["contestant"] for row in rows] == [OURS, PLAIN, SEGGPT]
    assert rows[1]["times ours"] == "2.00"
    assert rows[0]["images/s"] == "2"
    assert set(rows[2].values()) >= {"not installed"}


def test_memory_and_search_in_words():
    (first, second) = memory_rows("m", 1, {OURS: 5e6, PLAIN: 20e6})
    assert (first["extra MB"], second["of which ours"]) == ("5", "25%")
    slow = EndToEnd("depth", 8, 0.008, 0.009, 0.002, 0.010, 0.1)
    fine = EndToEnd("panoptic", 8, 0.008, 0.009, 0.002, 0.016, 0.1)
    first, second = search_rows([slow, fine])
    assert first["share of the pure rate"] == "80%"
    assert first["misses"] == "below 85%, measuring above 15%"
    assert second["misses"] == "-"


def test_the_page_names_the_machine():
    page = report({"Forward": [{"a": 1}]}, 61e9)
    assert "61 GFLOP/s" in page
    assert page.endswith("| 1 |\n")
