from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.store import Store
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import make_pair
from painter_kit.types import Record, sum_records
from prompt_search.contest import Contest
from prompt_search.per_class import (
    choose,
    class_scores,
    class_task,
    classes_shown,
    counts_of,
    error_of,
    measure_per_class,
    merge_labels,
    shrunk,
    spread_of,
)
from tests.contest_toys import CLASSES, SEMANTIC, Specialists, contest_of, labelled, split_data
from tests.toys import ToyData

RNG = np.random.default_rng(0)


def data_of(good_at: list[int], queries: int = 24) -> ToyData:
    pool = [labelled(f"p{i}-{good}", good) for i, good in enumerate(good_at)]
    return split_data(pool, queries, queries, lambda name, i: labelled(name, 9), "semantic")


def contested(store: Store, good_at: list[int], painter: Specialists, **settings) -> Contest:
    return contest_of(store, data_of(good_at), painter, SEMANTIC, CLASSES, **settings)


def some_records(count: int = 12) -> list[Record]:
    labels = RNG.integers(0, 3, (2, count, 8, 8))
    return [SEMANTIC.measure(p, {"labels": t}, CLASSES) for p, t in zip(*labels, strict=True)]


def iou_by_hand(records: list[Record], label: int) -> float:
    inside, true, predicted = counts_of(records).sum(0)[:, label]
    return inside / (true + predicted - inside)


def test_the_metric_of_one_class():
    records = some_records()
    for label in range(3):
        task = class_task(SEMANTIC, label)
        assert task.summarise(records, CLASSES)["iou"] == pytest.approx(iou_by_hand(records, label))
    assert np.mean([iou_by_hand(records, c) for c in range(3)]) == pytest.approx(
        SEMANTIC.summarise(records, CLASSES)["miou"]
    )
    many = class_task(SEMANTIC, 1).summarise_many
    assert many
    lacking = records[0].values.copy()
    lacking[1 + 3 + 1] = 0  # no truth of the class
    found = many(np.stack([records[0].values, lacking]), CLASSES)["iou"]
    assert found[0] == pytest.approx(iou_by_hand(records[:1], 1))
    assert np.isnan(found[1])


def test_scores_of_one_class_are_first_order():
    """Their mean is the class's IoU at the reference, and small changes move both alike."""
    records = some_records(40)
    reference, label = sum_records(records), 2
    scores = class_scores(records, reference, label)
    assert scores.mean() == pytest.approx(iou_by_hand(records, label))
    other = [*some_records(1), *records[1:]]
    moved = class_scores(other, reference, label).mean() - scores.mean()
    exact = iou_by_hand(other, label) - iou_by_hand(records, label)
    assert moved == pytest.approx(exact, rel=0.1)


def test_classes_are_told_by_the_targets_colours():
    for shown in ((0,), (1, 2), (0, 1, 2)):
        pair = make_pair(SEMANTIC, CLASSES, labelled("x", 9, shown))
        assert classes_shown(pair) == set(shown)
    ignored = np.zeros((2, 2, 3), np.uint8)  # black is no class
    assert classes_shown(replace(pair, image=ignored, target=ignored)) == set()


def test_the_error_is_that_of_whole_groups():
    values = RNG.normal(size=30)
    names = [f"g{i}" for i in range(30)]
    assert error_of(values, names) == pytest.approx(stats.sem(values))
    twice = np.repeat(values, 2)
    assert error_of(twice, [*np.repeat(names, 2)]) == pytest.approx(stats.sem(values))
    assert error_of(values, ["one"] * 30) == np.inf


def test_shrinking():
    assert shrunk(0.4, 0.1, 0.01) == pytest.approx(0.2)  # as much noise as signal
    assert shrunk(0.4, 0.0, 0.01) == pytest.approx(0.4)
    assert shrunk(0.4, 0.1, 0.0) == 0  # the panel tells no prompt from another
    assert shrunk(0.4, np.inf, 1.0) == 0


def test_the_spread_is_that_of_prompts_among_themselves():
    """Whatever all of them lack of the winner, how hard images are, and without what is noise."""
    names = [f"g{i}" for i in range(50)]

    def rows(sd: float, deficit: float) -> np.ndarray:
        effects = RNG.normal(deficit, sd, (400, 1))
        return effects + RNG.normal(0, 3, 50) + RNG.normal(0, 1, (400, 50))

    for deficit in (0.0, -2.0):
        assert spread_of(rows(0.3, deficit), names) == pytest.approx(0.09, rel=0.25)
    assert spread_of(rows(0.0, -1.0), names) < 0.005
    assert spread_of(np.tile(RNG.normal(size=50), (4, 1)), names) == 0
    assert spread_of(rows(0.3, 0.0)[:1], names) == 0
    assert spread_of(rows(0.3, 0.0), ["one"] * 50) == 0


def test_shrinking_is_the_best_guess():
    """Least squared error among all factors, for differences drawn as it assumes."""
    true = RNG.normal(0, 0.3, 20_000)
    seen = true + RNG.normal(0, 0.2, 20_000)
    errors = {f: np.mean((f * seen - true) ** 2) for f in np.arange(0.5, 0.9, 0.01)}
    assert min(errors, key=errors.__getitem__) == pytest.approx(shrunk(1, 0.2, 0.09), abs=0.02)


def test_label_maps_become_one():
    base = np.array([0, 0, 1, 1, 2, 2])
    first = np.array([0, 1, 0, 1, 2, 1])  # of class 0: gains the third, loses the second
    last = np.array([2, 1, 0, 1, 2, 0])  # of class 2: gains the first, loses the last
    assert merge_labels(base, {}).tolist() == base.tolist()
    assert merge_labels(base, {0: first}).tolist() == [0, 1, 0, 1, 2, 2]
    assert merge_labels(base, {0: first, 2: last}).tolist() == [2, 1, 0, 1, 2, 0]
    assert base.tolist() == [0, 0, 1, 1, 2, 2]


def test_specialists_win_their_classes_and_together(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contested(store, [0, 1, 2, 9, 9, 9], Specialists(), b0=4, panel=6)
        before = contest.judge.requested
        assert contest.winner.provenance["candidate"].endswith("-9")
        (merged,) = measure_per_class(contest)
        assert merged.forwards == contest.judge.requested - before
    rows = {row["class"]: row for row in merged.details["classes"]}
    assert {name: row["prompt"] for name, row in rows.items()} == {
        "a": "p0-0",
        "b": "p1-1",
        "c": "p2-2",
    }
    for row in rows.values():
        assert row["used"]
        assert row["own"] == pytest.approx(1)
        assert row["gain"]["value"] == pytest.approx(row["own"] - row["winner"])
    # Every specialist is right about its class, so that the merged map is right everywhere.
    assert merged.value == pytest.approx(1)
    assert merged.gain.confirmed
    assert merged.forwards_per_query == 4
    assert set(merged.prompts) == {"per-class/0", "per-class/1", "per-class/2"}
    assert "a prompt of its own for 3 of the classes helps" in merged.verdict
    assert "somewhat too good" in merged.verdict


def test_a_prompt_is_only_tried_for_classes_that_it_shows(tmp_path: Path):
    pool = [labelled("blind", 0, (1, 2)), *(labelled(f"p{i}", 9) for i in range(3))]
    data = split_data(pool, 24, 24, lambda name, i: labelled(name, 9), "semantic")
    with Store(tmp_path) as store:
        contest = contest_of(store, data, Specialists(), SEMANTIC, CLASSES)
        (found,) = measure_per_class(contest)
    assert "blind" not in {row["prompt"] for row in found.details["classes"]}


def test_equal_prompts_are_not_told_apart(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contested(store, [9] * 6, Specialists())
        (found,) = measure_per_class(contest)
    assert found.verdict.startswith("keep the one prompt: confirm bears out none")
    assert "0 of 3 classes" in found.verdict
    assert (found.forwards_per_query, found.gain.value) == (1, 0)
    assert found.details == {"classes": []}


def test_the_choice_is_the_best_of_the_race_and_shrunk(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contested(store, [0, 1, 2, 9, 9, 9], Specialists(), panel=6)
        choice = choose(contest, 1, range(6), np.ones(24, bool))
        assert choice
        assert choice.prompt.provenance["candidate"] == "p1-1"
        ids = contest.candidates.ids
        prompt = contest.candidates.prompt(ids.index("p1-1"))
        records = [contest.judge.recall(p, contest.select) for p in (prompt, contest.winner)]
        task, spec = class_task(SEMANTIC, 1), replace(CLASSES, metric="iou")
        gain = primary(task, spec, records[0]) - primary(task, spec, records[1])
        assert 0 < choice.expected < 1.5 * gain
        general = [place for place, name in enumerate(ids) if name.endswith("-9")]
        assert choose(contest, 1, general, np.ones(24, bool)) is None
        assert isinstance(choice.prompt, Prompt)
