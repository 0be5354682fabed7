"""Readers of suites, episode files, and the score tables of replays."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np

from benchmarks.bad_input.table import Reader
from benchmarks.search_replay.matrices import Matrix
from benchmarks.suites.base import load_suite
from benchmarks.suites.episodes import Episode, Episodes, Listed, read_episodes, write_episodes

_IDS = ("dog/1", "dog/2", "cat/1", "cat/2")
_LISTED = Listed(_IDS, _IDS, ("dog", "dog", "cat", "cat"))


def _suite(name: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        text = (files("benchmarks.suites") / "files" / f"{name}.json").read_text(encoding="utf-8")
        (folder / "suite.json").write_text(text, encoding="utf-8")
        (folder / "suite.yaml").write_text(text, encoding="utf-8")

    return write


def _read_suite(folder: Path) -> None:
    for file in ("suite.json", "suite.yaml"):
        suite, digest = load_suite(str(folder / file))
        assert len(digest) == 64
        for part in suite.parts:
            suite.part(part.name).data_of("dog")


def _episodes(folder: Path) -> None:
    rows = [Episode("dog/1", "dog", ("dog/2",)), Episode("cat/1", "cat", ("cat/2",))]
    write_episodes(folder / "episodes.json", Episodes(tuple(rows)), {"suite": "toy"})


def _read_episodes(folder: Path) -> None:
    read_episodes(folder / "episodes.json", _LISTED, _LISTED.group_of(), 1, 2)


def _matrix(folder: Path) -> None:
    rng = np.random.default_rng(5)
    scores = rng.normal(size=(6, 9))
    Matrix("toy", scores, scores[:, :4], {"hits": np.ones(3)}, {"task": "depth"}).save(
        folder / "matrix.npz"
    )


def _read_matrix(folder: Path) -> None:
    matrix = Matrix.load(folder / "matrix.npz")
    assert matrix.components
    assert isinstance(matrix.has_effect, bool | np.bool_)


READERS = (
    Reader("suite", _suite("fss1000"), _read_suite, share=1.5),
    Reader("episodes", _episodes, _read_episodes),
    Reader("score-matrix", _matrix, _read_matrix),
)
