import csv
from pathlib import Path

import pytest

from benchmarks.search_table.report import numbers, words, write_table
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from prompt_search.config import SearchConfig
from prompt_search.result import SearchResult
from prompt_search.search import search_prompt
from tests.toys import BOTH, BOTH_SPEC, PARTS, SPEC, TOY, ToyPainter, registered, toy_data

QUICK = SearchConfig(panel=4, resamples=400)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[SearchResult]:
    """A search that finds something, one that stops, and one of parts."""
    data, found = toy_data(best=3), []
    with Store(tmp_path_factory.mktemp("store")) as store:
        for number, painter in enumerate((ToyPainter(), ToyPainter(effect=0, noise=0))):
            judge = Judge(TOY, SPEC, painter, store, f"model {number}")
            splits = make_splits(data, "toy")
            found.append(search_prompt(judge, splits, QUICK, quiet=True))
        with registered():
            splits = make_splits(data, "toy-both").with_parts(data, {p: f"toy-{p}" for p in PARTS})
            judge = Judge(BOTH, BOTH_SPEC, ToyPainter(), store, "model")
            found.append(search_prompt(judge, splits, QUICK, quiet=True))
    return found


def test_rows_in_words(results: list[SearchResult]):
    first, second, both = map(words, results)
    assert first.keys() == second.keys() == both.keys()
    assert (first["task"], first["metric"]) == ("toy", "error (u, lower is better)")
    assert str(first["gain"]).endswith(" *")
    assert str(first["gain"]).startswith(f"{results[0].gain.value:+.3g} [")
    assert (first["note"], second["note"]) == ("", "interchangeable")
    assert second["gain"] == "+0 [+0, +0]"
    assert second["forwards to select"] == "0 (0.0%)"
    assert str(both["expected gain"]).startswith("one ")
    assert "; two " in str(both["expected gain"])


def test_rows_in_numbers(results: list[SearchResult]):
    first, second, both = map(numbers, results)
    assert first.keys() == second.keys() == both.keys()
    assert first["gain_value"] == results[0].gain.value
    assert first["prompt_sd"] == results[0].components.prompt_sd
    assert first["expected_gain_value"] == results[0].outlooks[0]["expected_gain_value"]
    assert (second["expected_gain_ci_high"], second["interchangeable"]) == (0, True)
    assert both["expected_gain_value"] is None
    assert (first["n_pool"], first["n_confirm"]) == (32, 40)
    forwards = [first[f"forwards_{name}"] for name in ("panel", "select", "confirm")]
    assert sum(forwards) == first["forwards_new"]  # pyright: ignore


def test_files(results: list[SearchResult], tmp_path: Path):
    text = write_table(results, tmp_path)
    assert text.count("\n") == 2 + len(results)
    assert (tmp_path / "search_table.md").read_text() == text
    with (tmp_path / "search_table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["gain_value"]) for row in rows] == [r.gain.value for r in results]
    assert (tmp_path / "search_table.png").stat().st_size > 5_000
