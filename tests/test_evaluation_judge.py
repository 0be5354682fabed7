import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from painter_kit.errors import PainterKitError
from painter_kit.evaluation.judge import Describer, Judge
from painter_kit.evaluation.levels import to_levels
from painter_kit.evaluation.loaded import loaded, window
from painter_kit.evaluation.store import Store
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import make_pair
from painter_kit.types import Coding, Example, Record, Spec
from tests.toys import (
    BOTH,
    BOTH_SPEC,
    PARTS,
    SPEC,
    TOY,
    Listed,
    ToyPainter,
    make_example,
    registered,
)

IMAGES = Listed([make_example(f"i{i}", 0) for i in range(11)])


def prompt(quality: int = 100, coding: Coding | None = None) -> Prompt:
    spec = SPEC.with_coding(coding or SPEC.coding)
    return Prompt(make_pair(TOY, spec, make_example(f"p{quality}", quality)), "toy", kind="random")


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path) as store:
        yield store


def judge(store: Store, painter: ToyPainter, **options) -> Judge:
    return Judge(TOY, SPEC, painter, store, "model", **{"batch_size": 4, **options})


def values(records: list[Record]) -> list[tuple[float, ...]]:
    return [tuple(r.values) for r in records]


def test_each_cell_is_forwarded_once(store: Store):
    painter = ToyPainter()
    first = judge(store, painter)
    records = first.records(prompt(), IMAGES)
    assert (first.new, first.reused, first.requested) == (11, 0, 11)
    again = judge(store, painter)
    assert values(again.records(prompt(), IMAGES)) == values(records)
    assert (again.new, again.reused) == (0, 11)
    assert len(painter.cells) == len(set(painter.cells)) == 11


def test_known_counts_without_asking(store: Store):
    one = judge(store, ToyPainter())
    one.records(prompt(), window(IMAGES, 1, 4))
    assert (one.known(prompt(), IMAGES), one.known(prompt(7), IMAGES)) == (3, 0)
    assert one.requested == 3


def test_batches_have_one_shape_and_padding_repeats(store: Store):
    painter = ToyPainter()
    judge(store, painter).records(prompt(), IMAGES)
    assert [len(call) for call in painter.calls] == [4, 4, 4]
    assert len(set(painter.calls[-1])) == 3


def test_an_example_keeps_its_place_whatever_is_known(store: Store, tmp_path: Path):
    cold, warm = ToyPainter(), ToyPainter()
    with Store(tmp_path / "other") as other:
        expected = judge(other, cold).records(prompt(), IMAGES)
    judge(store, ToyPainter()).records(prompt(), window(IMAGES, 1, 6))
    result = judge(store, warm)
    assert values(result.records(prompt(), IMAGES)) == values(expected)
    assert (result.new, result.reused) == (6, 5)
    places = {cell: i for call in cold.calls for i, cell in enumerate(call)}
    for call in warm.calls:
        wanted = {cell: i for i, cell in enumerate(call) if places[cell] == i}
        assert wanted
        assert set(call) == set(wanted)


def test_what_was_measured_before_an_interruption_is_kept(store: Store):
    with pytest.raises(KeyboardInterrupt):
        judge(store, ToyPainter(stop_after=2)).records(prompt(), IMAGES)
    rest = judge(store, ToyPainter())
    rest.records(prompt(), IMAGES)
    assert (rest.new, rest.reused) == (3, 8)


def test_the_prompts_coding_decides_decoding_and_key(store: Store):
    painter = ToyPainter(noise=0)
    usual = judge(store, painter).records(prompt(), IMAGES)
    near = judge(store, painter)
    halved = near.records(prompt(coding=Coding(span=(0.0, 5.0))), IMAGES)
    assert near.new == 11
    levels = np.array([float(e.truth["level"]) / 255 for e in IMAGES])
    painted = np.array([r.values[1] for r in usual]) + levels
    assert [r.values[1] for r in halved] == pytest.approx(np.abs(painted / 2 - levels))


@pytest.mark.parametrize("change", [{"numerics": "bf16"}, {"batch_size": 5}])
def test_other_numerics_are_other_cells(store: Store, change: dict):
    judge(store, ToyPainter()).records(prompt(), IMAGES)
    other = judge(store, ToyPainter(), **change)
    other.records(prompt(), IMAGES)
    assert other.new == 11


def test_progress_counts_every_cell(store: Store):
    steps = []
    watched = judge(store, ToyPainter(), on_cells=steps.append)
    watched.records(prompt(), IMAGES)
    watched.records(prompt(), IMAGES)
    assert steps == [4, 4, 3, 4, 4, 3]


def test_recall_is_no_request(store: Store):
    judging = judge(store, ToyPainter())
    records = judging.records(prompt(), IMAGES)
    assert values(judging.recall(prompt(), IMAGES)) == values(records)
    assert judging.requested == 11
    with pytest.raises(PainterKitError, match="vanished"):
        judging.recall(prompt(5), IMAGES)


def test_known_examples_are_not_loaded_again(store: Store):
    source = Listed(IMAGES.items)
    images = loaded(source)
    for quality in range(5):
        judge(store, ToyPainter()).records(prompt(quality), images)
    assert set(source.loads.values()) == {1}


def test_batch_size_is_checked(store: Store):
    with pytest.raises(ValueError, match="at least 1 but got 0"):
        judge(store, ToyPainter(), batch_size=0)


class Kept:
    """Predictions by name; stands for files on disk."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def has(self, name: str) -> bool:
        return name in self.found

    def keep(self, example: Example, painted: Any, prediction: Any, spec: Spec) -> None:
        assert painted.shape == (spec.canvas, spec.canvas, 3)
        self.found[example.id] = (prediction, spec.coding)


def test_predictions_are_kept_and_only_missing_ones_painted_again(store: Store):
    judging, kept = judge(store, ToyPainter()), Kept()
    records = judging.records(prompt(), IMAGES)
    assert values(judging.records(prompt(), IMAGES, kept)) == values(records)
    assert list(kept.found) == list(IMAGES.ids)
    errors = [
        abs(p - float(e.truth["level"]) / 255)
        for e, (p, _) in zip(IMAGES, kept.found.values(), strict=True)
    ]
    assert errors == pytest.approx([r.values[1] for r in records])
    del kept.found["i3"]
    before = judging.new
    judging.records(prompt(), IMAGES, kept)
    assert judging.new - before == 1
    assert set(kept.found) == set(IMAGES.ids)


def test_sets_are_streamed(store: Store):
    source = Listed(IMAGES.items)
    judge(store, ToyPainter()).records(prompt(), source)
    assert set(source.loads.values()) == {1}


def test_views_keep_their_places_whatever_is_known(store: Store, tmp_path: Path):
    """The known examples' views are painted again, so that those of the others stay put."""
    task = replace(TOY, views=lambda e, s: e.views, decode=lambda p, s, z: float(p.mean()))
    crops = [
        [make_example(f"{i}-{v}", i, level=10 * v).image for v in range(1 + i % 3)]
        for i in range(6)
    ]
    items = [replace(e, views=tuple(c)) for e, c in zip(IMAGES.items, crops, strict=False)]

    def run(painter: ToyPainter, folder: Path, first: int) -> list[Record]:
        with Store(folder) as own:
            judging = Judge(task, SPEC, painter, own, "model", batch_size=4)
            judging.records(prompt(), Listed(items[:first]))
            painter.calls.clear()
            return judging.records(prompt(), Listed(items))

    cold, warm = ToyPainter(), ToyPainter()
    assert values(run(cold, tmp_path / "a", 0)) == values(run(warm, tmp_path / "b", 3))
    assert warm.calls == cold.calls


def parted(quality: int) -> PartedPrompt:
    made = {part: replace(prompt(quality + i), task=f"toy-{part}") for i, part in enumerate(PARTS)}
    return PartedPrompt(made, "toy-both")


def test_parts_and_views_count_as_pictures(store: Store):
    steps: list[int] = []
    with registered():
        whole = Judge(BOTH, BOTH_SPEC, ToyPainter(), store, "model", on_cells=steps.append)
        whole.records(parted(100), window(IMAGES, 0, 3))
        assert (whole.new, whole.reused, steps) == (6, 0, [6])
        whole.records(parted(100), window(IMAGES, 0, 5))
        assert (whole.new, whole.reused, steps) == (10, 6, [6, 10])


def test_views_count_as_pictures(store: Store):
    def paint(prompt: Prompt, images: list[np.ndarray], spec: Spec) -> np.ndarray:
        return np.zeros((len(images), 2, 2, 3), np.float32)

    views = replace(TOY, views=lambda example, spec: [example.image] * int(example.id[1:]))
    judging = Judge(views, SPEC, paint, store, "model", batch_size=4)
    judging.records(prompt(), window(IMAGES, 1, 4))
    assert (judging.new, judging.reused) == (1 + 2 + 3, 0)
    judging.records(prompt(), window(IMAGES, 3, 6))
    assert (judging.new, judging.reused) == (6 + 4 + 5, 3)


def test_a_part_is_judged_alone_and_counted_in_the_whole(store: Store):
    with registered():
        whole = Judge(BOTH, BOTH_SPEC, ToyPainter(), store, "model", batch_size=4)
        part = whole.part("two")
        assert (part.task.name, part.spec, part.batch_size) == (
            ("toy-two", BOTH_SPEC.part("two"), 4)
        )
        records = part.records(parted(100).parts["two"], IMAGES)
    alone = Judge(TOY, BOTH_SPEC.part("two"), ToyPainter(), store, "model", batch_size=4)
    assert values(alone.records(parted(100).parts["two"], IMAGES)) == values(records)
    assert (alone.new, alone.reused) == (0, 11)
    assert (part.new, whole.new, whole.requested) == (11, 11, 11)


def test_an_ensemble_is_judged_and_counted_like_its_members(store: Store):
    painter = ToyPainter()
    judging = judge(store, painter)
    one, two = prompt(50), prompt(200)
    ensemble = EnsemblePrompt((one, two, one))
    records = judging.records(ensemble, IMAGES)
    assert (judging.new, judging.reused) == (22, 0)
    assert {digest for digest, _ in painter.cells} == {one.digest, two.digest}
    # Errors of this painter are positive, so that they average as what is painted does.
    parts = [judging.records(member, IMAGES) for member in (one, two)]
    expected = [(2 * a.values[1] + b.values[1]) / 3 for a, b in zip(*parts, strict=True)]
    assert [r.values[1] for r in records] == pytest.approx(expected, abs=1e-6)
    again = judge(store, ToyPainter())
    assert values(again.records(ensemble, IMAGES)) == values(records)
    assert (again.new, again.reused) == (0, 22)
    other = EnsemblePrompt((one, two, one), "features")
    again.records(other, IMAGES)
    assert again.new == 33


def test_painting_without_judging(store: Store):
    painter = ToyPainter()
    judging = judge(store, painter)
    painted = list(judging.levels(prompt(), IMAGES))
    assert [example.id for example, _ in painted] == list(IMAGES.ids)
    assert [len(call) for call in painter.calls] == [4, 4, 4]
    assert (judging.new, judging.reused, len(store)) == (11, 0, 0)
    for example, levels in painted:
        expected = painter(prompt(), [example.image], SPEC)[0]
        np.testing.assert_array_equal(levels, to_levels(expected))
    again = judge(store, ToyPainter())
    for (_, ours), (_, theirs) in zip(again.levels(prompt(), IMAGES), painted, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (again.new, again.reused) == (0, 11)


def test_what_was_painted_before_a_kill_is_not_painted_again(store: Store):
    killed = judge(store, ToyPainter()).levels(prompt(), IMAGES)
    next(killed)  # the first block is there
    painter = ToyPainter()
    rest = judge(store, painter)
    assert len(list(rest.levels(prompt(), IMAGES))) == 11
    assert (rest.new, rest.reused) == (7, 4)
    assert [len(call) for call in painter.calls] == [4, 4]


def test_describing_counts_its_share_once(store: Store):
    seen: list[int] = []

    def mean(images) -> np.ndarray:
        seen.append(len(images))
        places = np.arange(len(images))  # a vector that depends on the place in the batch
        return np.array([[image.mean(), p] for image, p in zip(images, places, strict=True)])

    pictures = [example.image for example in IMAGES]
    judging = judge(store, ToyPainter(), describer=Describer(mean, 0.3))
    vectors = judging.describe(pictures)
    assert (vectors.shape, vectors.dtype) == ((11, 2), np.float32)
    assert (judging.new, judging.reused, judging.description_cost) == (4, 0, 0.3)
    assert seen == [4, 4, 3]
    again = judge(store, ToyPainter(), describer=Describer(mean, 0.3))
    np.testing.assert_array_equal(again.describe(pictures), vectors)
    assert (again.new, again.reused, len(seen)) == (0, 4, 3)


def test_known_pictures_leave_their_places_in_a_batch(store: Store):
    def place(images) -> np.ndarray:
        return np.arange(len(images), dtype=np.float32)[:, None]

    pictures = [example.image for example in IMAGES][:4]
    describer = Describer(place, 1.0)
    judge(store, ToyPainter(), describer=describer).describe(pictures[:2])
    judging = judge(store, ToyPainter(), describer=describer)
    assert judging.describe(pictures).ravel().tolist() == [0, 1, 2, 3]
    assert (judging.new, judging.reused) == (2, 2)


def test_describing_needs_a_describer(store: Store):
    with pytest.raises(TypeError, match="needs a describer"):
        judge(store, ToyPainter()).describe([])


def test_measuring_overlaps_painting_and_changes_nothing(store: Store, tmp_path: Path):
    """The first block is still being measured while the second one is painted."""
    plain = values(judge(store, ToyPainter()).records(prompt(), IMAGES))
    painter, second_painted, waited = ToyPainter(), threading.Event(), []

    def paint(*arguments) -> np.ndarray:
        if painter.cells:
            second_painted.set()
        return painter(*arguments)

    def measure(*arguments) -> Record:
        if not waited:
            waited.append(second_painted.wait(timeout=10))
        return TOY.measure(*arguments)

    with Store(tmp_path / "other") as other:
        task, counts = replace(TOY, measure=measure), []
        options = {"batch_size": 4, "overlap": True, "on_cells": counts.append}
        overlapping = Judge(task, SPEC, paint, other, "model", **options)
        assert values(overlapping.records(prompt(), IMAGES)) == plain
        assert waited == [True]
        assert counts == [4, 4, 3]
        assert values(overlapping.recall(prompt(), IMAGES)) == plain


def test_a_failure_in_the_measuring_thread_is_raised(store: Store):
    def measure(*arguments) -> Record:
        raise PainterKitError("no measure")

    task = replace(TOY, measure=measure)
    failing = Judge(task, SPEC, ToyPainter(), store, "model", batch_size=4, overlap=True)
    with pytest.raises(PainterKitError, match="no measure"):
        failing.records(prompt(), IMAGES)
    assert len(store) == 0


def test_keepers_are_called_where_the_judge_is(store: Store):
    kept = Kept()
    judge(store, ToyPainter(), overlap=True).records(prompt(), IMAGES, kept)
    assert all(kept.has(name) for name in IMAGES.ids)
