from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.search_replay import campaign as module
from benchmarks.search_replay.campaign import Campaign, run_campaign
from benchmarks.search_replay.contenders import CERTIFY, contenders
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


def test_curves_that_are_there_are_not_played_again(folder: Path, tables):
    def play(replay, rng, most):
        raise AssertionError("played again")

    def rows(families: tuple[Synthetic, ...], seeds: int = 3):
        return run_campaign(Campaign(families, (), seeds, 0, sizes=()), folder, quiet=True)

    with pytest.MonkeyPatch.context() as patch:
        others = [replace(player, play=play) for player in contenders()]
        patch.setattr(module, "contenders", lambda with_tpe: others)
        again = rows(FAMILIES[:1])
        assert again["regret"] == [row for row in tables["regret"] if row["matrix"] == "clear"]
        assert again["coverage"] == []
        assert rows(FAMILIES[:1], 2)["regret"][0]["seeds"] == 2
        with pytest.raises(AssertionError, match="played again"):
            rows(FAMILIES[:1], 4)
        with pytest.raises(AssertionError, match="played again"):  # other scores, the same name
            rows((replace(FAMILIES[0], prompt_sd=0.6),))


def test_processes_make_no_difference(folder: Path, tables, tmp_path: Path):
    small = {"with_tpe": False, "sizes": (), "processes": 2, "only": ("halving", CERTIFY)}
    found = run_campaign(Campaign(FAMILIES, (MEASURED,), 3, 5, **small), tmp_path, quiet=True)
    assert found["regret"] == [r for r in tables["regret"] if r["strategy"] in small["only"]]
    assert found["coverage"] == tables["coverage"]


def test_a_measured_matrix_is_the_same_for_all_seeds():
    sources = Campaign((), (MEASURED, Matrix("other", MEASURED.test, MEASURED.test))).sources
    assert sources["depth-world"](0) is sources["depth-world"](5) is MEASURED
    assert np.array_equal(sources["other"](0).select, MEASURED.test)
