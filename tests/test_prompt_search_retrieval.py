from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from painter_kit.evaluation.store import Store
from painter_kit.inference.ensemble import WholePrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Example, Image, Spec
from prompt_search.retrieval import LABEL, Keys, measure_retrieval, retrieve, retrieved_records
from tests.contest_toys import contest_of, split_data
from tests.toys import TOY, Listed, ToyData, ToyPainter, toy_data


class Likened:
    """Paints the level, the worse the less the prompt's level is the query's."""

    def __call__(self, prompt: WholePrompt, images: list[Image], spec: Spec[Any]) -> np.ndarray:
        assert isinstance(prompt, Prompt)
        own, levels = int(prompt.pair.image[0, 0, 0]), [int(i[0, 0, 0]) for i in images]
        values = [(level + 0.3 * abs(level - own)) / 255 for level in levels]
        return np.stack([np.full((spec.canvas,) * 2 + (3,), v, np.float32) for v in values])


def levelled(name: str, level: int, grey: int | None = None) -> Example:
    """An example of this level whose picture is ``grey`` (the level), beside three bytes."""
    image = np.full((4, 4, 3), level if grey is None else grey, np.uint8)
    image[0, 0] = level, sum(name.encode()) % 256, 100
    truth = {"level": np.asarray(np.uint8(level)), "known": np.asarray(np.bool_(True))}
    return Example(name, name, image, truth)


LEVELS = (30, 80, 130, 180, 230)


def levels_data(told: bool = True) -> ToyData:
    """Queries at the candidates' levels; their pictures tell the level, or say nothing."""
    grey = None if told else 128

    def query(name: str, index: int) -> Example:
        return levelled(name, LEVELS[index % 5], grey)

    pool = [levelled(f"p{level}", level, grey) for level in LEVELS]
    return split_data(pool, 20, 20, query, "toy")


def test_the_nearest_is_found_whatever_all_have_in_common():
    rng = np.random.default_rng(0)
    candidates = rng.normal(size=(6, 5)).astype(np.float32)
    queries = candidates[[4, 0, 0, 2]] + 0.05 * rng.normal(size=(4, 5)).astype(np.float32)
    keys = Keys(candidates + 100, queries + 100)
    assert retrieve(keys).tolist() == [4, 0, 0, 2]
    similarity = keys.similarity()
    assert similarity.shape == (4, 6)
    assert np.abs(similarity).max() <= 1 + 1e-5


def test_keys_are_added_up_and_the_first_of_equals_is_taken():
    two = Keys(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[:1])
    equal = Keys(np.eye(3, dtype=np.float32), np.ones((1, 3), np.float32))
    other = Keys(np.eye(3, dtype=np.float32), 3 * np.eye(3, dtype=np.float32)[1:2])
    assert retrieve(two).tolist() == retrieve(two, equal).tolist() == [0]
    assert retrieve(two, other).tolist() == [0]
    assert retrieve(equal).tolist() == [0]
    assert retrieve(equal, other).tolist() == [1]


def test_every_query_is_measured_under_its_own_prompt(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, toy_data(confirm=7), ToyPainter())
        judge, choice = contest.judge, [3, 0, 3, 3, 9, 0, 1]
        rows = retrieved_records(judge, contest.candidates, choice, contest.confirm)
        for place, chosen in enumerate(choice):
            alone = judge.records(contest.candidates.prompt(chosen), contest.confirm)
            np.testing.assert_array_equal(rows[place].values, alone[place].values)


def test_pictures_that_tell_find_a_better_prompt_for_each_query(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, levels_data(), Likened())
        before = contest.judge.requested
        nearest, label = measure_retrieval(contest)
        assert contest.judge.requested - before == nearest.forwards + label.forwards
    assert (nearest.name, label.name) == ("retrieval", LABEL)
    assert nearest.value == pytest.approx(0, abs=1e-6)
    assert nearest.gain.confirmed
    assert nearest.details == {"prompts": 5}
    assert nearest.rows == [
        {"query": query.id, "candidate": f"p{int(query.truth['level'])}"}
        for query in contest.confirm
    ]
    nearest.write(tmp_path)
    lines = (tmp_path / "retrieval.csv").read_text().splitlines()
    assert (lines[0], len(lines)) == ("query,candidate", 21)
    # A quarter of a forward tells the features of one picture.
    assert (nearest.forwards_per_query, label.forwards_per_query) == (1.25, 2.5)
    assert nearest.forwards == 2 + 5 + 20
    assert label.forwards == 2 + 20 + 5 + 20
    assert "the nearest candidate of each query helps" in nearest.verdict
    assert "it costs 1.25 x" in nearest.verdict


def test_what_was_painted_first_tells_where_pictures_do_not(tmp_path: Path):
    """Pictures are all grey; the winner's outputs are off by 0.3 of the distance at most."""
    with Store(tmp_path) as store:
        contest = contest_of(store, levels_data(told=False), Likened())
        nearest, label = measure_retrieval(contest)
    assert label.value < 0.5 * nearest.value
    assert label.gain.confirmed
    assert not nearest.gain.confirmed


def test_targets_in_other_colours_are_not_compared(tmp_path: Path):
    data = levels_data()
    items = [
        replace(example, coding=Coding(span=(0.0, 10.0 + i)))
        for i, example in enumerate(data.subsets["pool"].items)
    ]
    subsets = {**data.subsets, "pool": Listed(items)}
    with Store(tmp_path) as store:
        contest = contest_of(store, ToyData(subsets), ToyPainter(), task=TOY)
        _, label = measure_retrieval(contest)
    assert label.verdict == "no label-aware retrieval: no other candidate has the winner's colours"
    assert label.forwards_per_query == 1
