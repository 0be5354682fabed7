import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.search_replay.make import (
    Bench,
    MakeSettings,
    choose_candidates,
    make_matrix,
    open_bench,
)
from benchmarks.search_replay.matrices import Matrix
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import scores
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.types import sum_records
from prompt_search.candidates import make_candidates
from tests.toys import SPEC, TOY, Listed, ToyData, ToyPainter, toy_data

SETTINGS = MakeSettings("toys", "toy", candidates=20, select=24, test=8, batch=4)


def bench_of(store: Store, painter: ToyPainter) -> Bench:
    splits = make_splits(toy_data(pool=20, select=24), "toy").loaded()
    candidates = make_candidates(TOY, SPEC, splits.pool)
    judge = Judge(TOY, SPEC, painter, store, "model", batch_size=4)
    return Bench(judge, painter, candidates, splits)


def test_cells_are_the_scores_of_a_search(tmp_path: Path):
    done = []
    with Store(tmp_path) as store:
        bench = bench_of(store, ToyPainter())
        matrix = make_matrix(bench, SETTINGS, tmp_path, done.append)
        records = [
            bench.judge.recall(bench.candidates.prompt(i), bench.splits.select) for i in (0, 7)
        ]
        expected = [scores(TOY, row, sum_records(row)) for row in records]
        assert bench.known() == SETTINGS.forwards == 20 * 32
        assert bench.seconds_per_forward() > 0
    assert matrix.select.shape == (20, 24)
    assert matrix.test.shape == (20, 8)
    assert matrix.select[[0, 7]].tolist() == np.array(expected).tolist()
    assert matrix.counts["select_sums"][7].tolist() == sum_records(records[1]).values.tolist()
    assert matrix.counts["select_metric"] == pytest.approx(-matrix.select.mean(1))
    assert sum(done) == 16 * 24 + 20 * 32  # the panel's cells are looked up once more
    back = Matrix.load(tmp_path / "toy-toys.npz")
    assert np.allclose(back.select, matrix.select, atol=1e-3)
    assert back.about["cpu_seconds"] > 0
    assert back.about["model_digest"] == "model"


def test_an_interrupted_run_goes_on(tmp_path: Path):
    with Store(tmp_path / "a") as store:
        painter = ToyPainter(stop_after=130)
        with pytest.raises(KeyboardInterrupt):
            make_matrix(bench_of(store, painter), SETTINGS, tmp_path / "a", int)
        state = json.loads((tmp_path / "a" / "toy-toys.progress.json").read_text())
        assert 0 < state["candidates"] < 20
        assert state["reused"] == 0
        rest = ToyPainter()
        matrix = make_matrix(bench_of(store, rest), SETTINGS, tmp_path / "a", int)
    assert not set(painter.cells) & set(rest.cells)
    assert matrix.about["reused"] == 0  # what this command measured itself, before the kill
    assert len(painter.cells) + len(rest.cells) == SETTINGS.forwards
    assert matrix.about["cpu_seconds"] >= state["cpu_seconds"] - 0.1
    assert not (tmp_path / "a" / "toy-toys.progress.json").exists()
    with Store(tmp_path / "b") as store:
        whole = make_matrix(bench_of(store, ToyPainter()), SETTINGS, tmp_path / "b", int)
    assert (whole.select == matrix.select).all()


def test_a_matrix_that_is_there_is_kept_if_it_is_the_same(tmp_path: Path):
    with Store(tmp_path) as store:
        make_matrix(bench_of(store, ToyPainter()), SETTINGS, tmp_path, int)
        painter = ToyPainter()
        kept = make_matrix(bench_of(store, painter), SETTINGS, tmp_path, int)
        assert kept.select.shape == (20, 24)
        assert painter.calls == []
        other = MakeSettings("toys", "toy", candidates=20, select=23, test=8, batch=4)
        with pytest.raises(InputError, match="made with another select; delete it"):
            make_matrix(bench_of(store, painter), other, tmp_path, int)


def test_the_embedded_model_on_the_world(tmp_path: Path):
    settings = MakeSettings(candidates=3, select=2, test=1, batch=2)
    with open_bench("semantic", settings, tmp_path / "store") as bench:
        assert (bench.name, len(bench.candidates)) == ("semantic-world", 3)
        matrix = make_matrix(bench, settings, tmp_path, int)
    assert np.isfinite(matrix.select).all()
    # mIoU of the world: image count, then intersection, truth and prediction of every class
    assert matrix.counts["test_sums"].shape[0] == 3
    assert (matrix.counts["select_metric"] >= 0).all()
    assert {"task", "unit", "metric", "direction", "spec_digest"} <= set(matrix.about)


def test_too_few_usable_pairs(tmp_path: Path):
    settings = MakeSettings("builtin", candidates=500, select=2, test=1)
    with (
        pytest.raises(InputError, match=r"--candidates 500: .* can be prompts of depth"),
        open_bench("depth", settings, tmp_path),
    ):
        pass


@pytest.mark.parametrize("name", ["candidates", "select", "test", "batch"])
def test_senseless_sizes(name: str):
    with pytest.raises(InputError, match=f"--{name} must be at least"):
        MakeSettings(**{name: 0})


def test_what_a_warm_store_held_is_told_beside_the_time(tmp_path: Path):
    with Store(tmp_path / "a") as store:
        bench = bench_of(store, ToyPainter())
        bench.judge.records(bench.candidates.prompt(3), bench.splits.select)
        matrix = make_matrix(bench, SETTINGS, tmp_path / "a", int)
    assert matrix.about["reused"] == 24


def test_a_candidate_that_shows_a_query_is_left_out_as_in_a_search():
    data = toy_data(pool=20, select=24)
    copied = [data.subsets[name].items[3].image for name in ("select", "test")]
    pool = [
        replace(example, image=image)
        for example, image in zip(data.subsets["pool"].items, copied, strict=False)
    ]
    pool += data.subsets["pool"].items[2:]
    splits = make_splits(ToyData({**data.subsets, "pool": Listed(pool)}), "toy").loaded()
    found = choose_candidates(TOY, SPEC, splits, replace(SETTINGS, candidates=18))
    assert found.dropped["a copy of a query"] == 2
    assert not {example.id for example in pool[:2]} & set(found.ids)
