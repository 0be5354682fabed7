from pathlib import Path

import numpy as np
import pytest

from benchmarks.search_replay.matrices import Matrix
from painter_kit.errors import InputError


def made(seed: int = 0) -> Matrix:
    rng = np.random.default_rng(seed)
    select = rng.normal(0, 0.3, (40, 1)) + rng.normal(5, 2, 60) + rng.normal(0, 1, (40, 60))
    test = rng.normal(0, 1, (40, 20))
    return Matrix("made", select, test, {"sums": np.arange(40.0)}, {"task": "depth"})


def test_variance_components_and_effect():
    matrix = made()
    assert matrix.components.prompt_sd == pytest.approx(0.3, abs=0.1)
    assert matrix.ratio == pytest.approx(0.3, abs=0.1)
    assert matrix.has_effect
    rng = np.random.default_rng(1)
    assert not Matrix("none", rng.normal(0, 1, (40, 60)), made().test).has_effect


def test_headroom_counts_prompt_deviations():
    rng = np.random.default_rng(0)
    effects = np.array([[-3.0], [1.0], [1.0], [1.0], [-np.inf]])
    select = effects + rng.normal(0, 2, 500) + rng.normal(0, 0.01, (5, 500))
    assert Matrix("left tail", select, select).headroom == pytest.approx(1 / 2, abs=0.01)
    same = np.tile(rng.normal(0, 1, 30), (4, 1))
    assert Matrix("same", same, same).headroom == 0


def test_saved_and_read_back(tmp_path: Path):
    matrix = made()
    matrix.select[3, 4] = -np.inf
    path = tmp_path / "made.npz"
    matrix.save(path)
    back = Matrix.load(path)
    assert back.select[3, 4] == -np.inf
    finite = np.isfinite(matrix.select)
    assert np.abs(back.select[finite] - matrix.select[finite]).max() < 0.003
    others = np.arange(40) != 3
    assert np.abs(back.select[others].mean(1) - matrix.select[others].mean(1)).max() < 3e-4
    assert np.allclose(back.test, matrix.test, atol=2e-3)
    assert (back.name, dict(back.about)) == ("made", {"task": "depth"})
    assert back.counts["sums"].tolist() == matrix.counts["sums"].tolist()
    with np.load(path) as file:
        assert file["select_scores"].dtype == np.float16


def test_an_image_without_any_finite_score(tmp_path: Path):
    matrix = made()
    matrix.test[:, 2] = -np.inf
    matrix.save(tmp_path / "x.npz")
    assert np.isneginf(Matrix.load(tmp_path / "x.npz").test[:, 2]).all()


def test_files_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(InputError, match="does not exist; make it"):
        Matrix.load(tmp_path / "missing.npz")
    path = tmp_path / "cut.npz"
    scores = np.full((4, 5), -np.inf)
    Matrix("all lost", scores, np.zeros((4, 5))).save(path)
    with pytest.raises(InputError, match="fewer than two candidates have a score on every"):
        Matrix.load(path)
    made().save(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match="cannot be read"):
        Matrix.load(path)
    np.savez(path, about=np.array('{"layout": 99, "name": "x"}'))
    with pytest.raises(InputError, match="another layout"):
        Matrix.load(path)
    np.savez(path, about=np.array("[" * 100_000))
    with pytest.raises(InputError, match="nested too deeply"):
        Matrix.load(path)
    np.savez(path, about=np.array([{"a": 1}], object))
    with pytest.raises(InputError, match="cannot be read"):
        Matrix.load(path)


def test_another_order_of_the_same_table():
    matrix = made()
    other = matrix.shuffled(np.random.default_rng(0))
    assert (other.select != matrix.select).any()
    order = np.argsort(other.select.mean(1))
    assert np.allclose(np.sort(matrix.select.mean(1)), other.select.mean(1)[order])
    # candidates keep their test images
    assert np.allclose(matrix.test[np.argsort(matrix.select.mean(1))], other.test[order])


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="equal candidates"):
        Matrix("x", np.zeros((3, 2)), np.zeros((4, 2)))
