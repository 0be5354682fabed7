from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.coupled import CoupledJudge
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.levels import from_levels, to_levels
from painter_kit.evaluation.loaded import window
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import PartedPrompt
from painter_kit.tasks import base
from painter_kit.types import Record
from tests.coupled_toys import FAINT_SPEC, FaintPainter, part_prompt
from tests.toys import BOTH, PART_TASKS, PARTS, Listed, make_example, registered

IMAGES = Listed([make_example(f"i{i}", 0, level=20 * i) for i in range(11)])
ONE, TWO = (part_prompt(part, 100) for part in PARTS)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with registered(), Store(tmp_path) as store:
        yield store


def whole(store: Store, painter: FaintPainter) -> Judge:
    return Judge(BOTH, FAINT_SPEC, painter, store, "model", batch_size=4)


def values(records: list[Record]) -> list[tuple[float, ...]]:
    return [tuple(r.values) for r in records]


def test_records_are_measured_from_8_bits_of_both_parts(store: Store):
    painter = FaintPainter()
    judge = CoupledJudge(whole(store, painter), "two", {"one": ONE})
    records = judge.records(TWO, IMAGES)
    for example, record in zip(IMAGES, records, strict=True):
        outputs = {
            name: from_levels(to_levels(painter(prompt, [example.image], FAINT_SPEC)[0]))
            for name, prompt in (("one", ONE), ("two", TWO))
        }
        prediction = BOTH.decode(outputs, judge.effective(TWO), example.image.shape[:2])
        assert record.values[1] == BOTH.measure(prediction, example.truth, FAINT_SPEC).values[1]
    ordinary = whole(store, painter).records(judge.join(TWO), IMAGES)
    gaps = np.array(values(records))[:, 1] - np.array(values(ordinary))[:, 1]
    assert 0 < np.abs(gaps).max() < 4 / 255  # another numerics class, and not far away


def test_only_the_raced_part_is_forwarded(store: Store):
    painter = FaintPainter()
    judge = whole(store, painter)
    coupled = CoupledJudge(judge, "two", {"one": ONE})
    candidates = [part_prompt("two", quality) for quality in (10, 100, 200)]
    for prompt in candidates:
        coupled.records(prompt, IMAGES)
    assert (coupled.new, coupled.reused) == (11 + 3 * 11, 0)
    assert (judge.new, judge.reused) == (11 + 3 * 11, 0)
    assert len(painter.cells) == len(set(painter.cells)) == 44
    assert sum(digest == ONE.digest for digest, _ in painter.cells) == 11


def test_turning_the_parts_forwards_only_what_is_new(store: Store):
    painter = FaintPainter()
    first = CoupledJudge(whole(store, painter), "two", {"one": ONE})
    expected = first.records(TWO, IMAGES)
    turned = CoupledJudge(whole(store, painter), "one", {"two": TWO})
    assert values(turned.recall(ONE, IMAGES)) == values(expected)  # the pair is the same
    turned.records(part_prompt("one", 7), IMAGES)
    assert (turned.new, turned.reused) == (11, 11)  # what is fixed was kept
    assert len(painter.cells) == len(set(painter.cells)) == 33


def test_nothing_is_forwarded_again(store: Store):
    once = CoupledJudge(whole(store, FaintPainter()), "two", {"one": ONE})
    expected, painter = once.records(TWO, IMAGES), FaintPainter()
    again = CoupledJudge(whole(store, painter), "two", {"one": ONE})
    assert values(again.records(TWO, IMAGES)) == values(expected)
    assert (again.new, again.reused, painter.calls) == (0, 22, [])


def test_requests_do_not_depend_on_what_is_kept(tmp_path: Path):
    counts, found = [], []
    for name, room in (("roomy", 1 << 20), ("tight", 0)):
        painter = FaintPainter()
        with registered(), Store(tmp_path / name, painted_bytes=room) as store:
            coupled = CoupledJudge(whole(store, painter), "two", {"one": ONE})
            found.append(values(coupled.records(TWO, window(IMAGES, 0, 6))))
            found[-1] += values(coupled.records(part_prompt("two", 9), IMAGES))
            counts.append((coupled.new, coupled.reused))
        assert sum(digest == ONE.digest for digest, _ in painter.cells) == 11  # held meanwhile
    assert found[0] == found[1]
    assert counts[0] == counts[1] == (11 + 6 + 11, 0)


def test_known_records_need_no_outputs(tmp_path: Path):
    with registered(), Store(tmp_path, painted_bytes=0) as store:
        expected = CoupledJudge(whole(store, FaintPainter()), "two", {"one": ONE}).records(
            TWO, IMAGES
        )
        painter = FaintPainter()
        again = CoupledJudge(whole(store, painter), "two", {"one": ONE})
        assert values(again.records(TWO, IMAGES)) == values(expected)
        assert painter.calls == []
        # Another prompt needs the fixed outputs, counted before as found, after all.
        again.records(part_prompt("two", 9), IMAGES)
        assert (again.new, again.reused) == (22, 11)


def test_an_interruption_loses_the_batch_in_flight(store: Store):
    with pytest.raises(KeyboardInterrupt):
        CoupledJudge(whole(store, FaintPainter(stop_after=3)), "two", {"one": ONE}).records(
            TWO, IMAGES
        )
    rest = FaintPainter()
    judge = CoupledJudge(whole(store, rest), "two", {"one": ONE})
    judge.records(TWO, IMAGES)
    assert (judge.new, judge.reused) == (3 + 7, 12)
    assert len(rest.cells) == 10


def test_every_view_of_a_part_counts(store: Store, monkeypatch: pytest.MonkeyPatch):
    """A part that paints each picture twice and reads the mean."""
    task = replace(
        PART_TASKS["toy-two"], views=lambda example, spec: [example.image, example.image[::-1]]
    )
    monkeypatch.setitem(base._registered, "toy-two", task)
    judge = CoupledJudge(whole(store, FaintPainter()), "two", {"one": ONE})
    first = judge.records(TWO, IMAGES)
    assert (judge.new, judge.reused) == (11 + 22, 0)
    again = CoupledJudge(whole(store, FaintPainter()), "one", {"two": TWO})
    assert values(again.records(ONE, IMAGES)) == values(first)
    assert (again.new, again.reused) == (0, 33)


def test_a_joint_prompt_stays_as_it_is(store: Store):
    judge = CoupledJudge(whole(store, FaintPainter()), "two", {"one": ONE})
    joint = judge.join(TWO)
    assert isinstance(joint, PartedPrompt)
    assert list(joint.parts) == list(PARTS)
    assert judge.join(joint) is joint
