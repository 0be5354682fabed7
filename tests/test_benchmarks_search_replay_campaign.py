from pathlib import Path

import numpy as np
import pytest

from benchmarks.search_replay import campaign as module
from benchmarks.search_replay.campaign import Campaign, run_campaign
from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.synthetic import Synthetic

SIZE = {"candidates": 40, "select": 64, "test": 24}
FAMILIES = (Synthetic("clear", 0.5, **SIZE), Synthetic("copies", 0, copies=True, **SIZE))
MEASURED = Matrix("depth-world", *(getattr(FAMILIES[0].draw(9), n) for n in ("select", "test")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("campaign")


@pytest.fixture(scope="module")
def tables(folder: Path):
    small = Campaign(FAMILIES, (MEASURED,), 3, 5, with_tpe=True, sizes=((64, 96, None, None),))
    return run_campaign(small, folder, quiet=True)


def test_everything_is_measured_and_written(folder: Path, tables):
    names = {"matrices", "regret", "coverage", "costs"}
    assert set(tables) == names
    written = {f"{name}.csv" for name in names} | {"report.md", "search_replay.png", "regrets"}
    assert {path.name for path in folder.iterdir()} == written
    assert [row["matrix"] for row in tables["matrices"]] == ["clear", "copies", "depth-world"]
    assert [row["replays"] for row in tables["coverage"]] == [5, 5, 5]


def test_only_matrices_with_an_effect_are_scored(tables):
    assert {row["matrix"] for row in tables["regret"]} == {"clear", "depth-world"}
    by = {(row["matrix"], row["strategy"]): row for row in tables["regret"]}
    assert by["clear", "exhaustive = random-k"]["final regret"] == 0
    assert by["clear", "halving"]["final regret"] < 0.5
    assert by["clear", "exhaustive = random-k"]["kept"] == "-"
    assert by["clear", "halving"]["kept"] in ("yes", "NO")
    assert ("depth-world", "TPE + WilcoxonPruner") in by


def test_curves_that_are_there_are_not_played_again(
    folder: Path, tables, monkeypatch: pytest.MonkeyPatch
):
    campaign = Campaign(FAMILIES[:1], (), 3, 0, with_tpe=True, sizes=())

    def fail(*args):
        raise AssertionError("played again")

    monkeypatch.setattr(module, "measure_regrets", fail)
    again = run_campaign(campaign, folder, quiet=True)
    assert again["regret"] == [row for row in tables["regret"] if row["matrix"] == "clear"]
    assert again["coverage"] == []
    with pytest.raises(AssertionError, match="played again"):
        run_campaign(Campaign(FAMILIES[:1], (), 2, 0), folder, quiet=True)


def test_a_measured_matrix_is_the_same_for_all_seeds():
    sources = Campaign((), (MEASURED, Matrix("other", MEASURED.test, MEASURED.test))).sources
    assert sources["depth-world"](0) is sources["depth-world"](5) is MEASURED
    assert np.array_equal(sources["other"](0).select, MEASURED.test)
