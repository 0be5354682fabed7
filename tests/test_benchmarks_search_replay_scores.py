"""The score matrices that are kept with the project: of the shipped weights, and reproducible."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from benchmarks.search_replay.__main__ import MOST_BYTES, SCORES
from benchmarks.search_replay.contenders import HALVING, contenders
from benchmarks.search_replay.make import MakeSettings, open_bench
from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.regret import measure_regrets
from benchmarks.search_replay.report import regret_bar
from painter_kit.evaluation.evaluate import scores
from painter_kit.evaluation.loaded import Block
from painter_kit.evaluation.panel import PANEL_SIZE, draw_panel
from painter_kit.types import Record

PATHS = sorted(SCORES.glob("*.npz"))


def test_they_are_small():
    assert PATHS
    assert sum(path.stat().st_size for path in PATHS) < MOST_BYTES


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_cells_measured_again_are_those_that_are_kept(path: Path, tmp_path: Path):
    matrix = Matrix.load(path)
    settings = MakeSettings(**{f.name: matrix.about[f.name] for f in fields(MakeSettings)})
    with open_bench(matrix.about["task"], settings, tmp_path) as bench:
        judge, candidates = bench.judge, bench.candidates
        images = Block(bench.splits.select, 0, 16)
        assert matrix.about["model_digest"] == judge.model_digest
        assert matrix.about["spec_digest"] == judge.spec.digest
        panel = draw_panel(candidates.ids, PANEL_SIZE, settings.seed)
        reference = Record(matrix.counts["select_sums"][panel].sum(0))
        found = scores(judge.task, judge.records(candidates.prompt(3), images), reference)
    kept = matrix.select[3, :16]
    # What a processor rounds differently is far below the differences of prompts.
    assert found == pytest.approx(kept, abs=0.02 * matrix.components.interaction_sd)
    assert not np.allclose(found, matrix.select[4, :16], atol=matrix.components.interaction_sd / 50)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_halving_chooses_as_well_as_exhaustive_search(path: Path):
    matrix = Matrix.load(path)
    [halving] = [player for player in contenders(with_tpe=False) if player.name == HALVING]
    regrets = measure_regrets(lambda seed: matrix, halving, 50)
    assert np.median(regrets.test[:, -1]) <= regret_bar(matrix)
    assert (regrets.spent < 0.09).all()
