import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.evaluation.evaluate import evaluate, orientation, primary, scores
from painter_kit.tasks.base import get_task
from painter_kit.types import Record, Spec, sum_records
from tests.toys import SPEC, TOY, Listed, encode, make_example

EXAMPLES = Listed([make_example(f"e{i}", 0, level=20 * i) for i in range(1, 11)])


def truth(images: list[np.ndarray], spec: Spec = SPEC) -> np.ndarray:
    """The encoded truth of each picture, which its first byte tells."""
    return np.stack(
        [encode({"level": image[0, 0, 0]}, SPEC, (2, 2)) / np.float32(255) for image in images]
    )


def test_the_truth_scores_perfectly():
    records = evaluate(TOY, SPEC, EXAMPLES, truth, batch_size=3)
    assert primary(TOY, SPEC, records) == pytest.approx(0, abs=1e-6)
    assert len(records) == 10


@pytest.mark.parametrize("data", ["world", "world-shifted", "world-unseen"])
def test_the_painted_truth_of_every_part_scores_perfectly(data):
    dataset, task = open_dataset(data), get_task("panoptic")
    parts = ("coco-semantic", "instance")
    shown = {t: [dataset.examples(t, "test")[i] for i in range(9)] for t in parts}
    truths = {(t, e.image.tobytes()): e.truth for t in parts for e in shown[t]}

    def predict(images, part):
        encode, size = get_task(part.task).encode, (part.canvas, part.canvas)
        painted = [encode(truths[part.task, image.tobytes()], part, size) for image in images]
        return np.stack(painted) / np.float32(255)

    spec = dataset.spec("panoptic")
    examples = [dataset.examples("panoptic", "test")[i] for i in range(9)]
    metrics = task.summarise(evaluate(task, spec, examples, predict, batch_size=4), spec)
    for name in ("pq", "pq_things", "pq_stuff", "sq", "rq", "miou", "ap", "class_ap"):
        assert metrics[name] == pytest.approx(1)


def test_records_are_in_order_whatever_the_batch():
    worse = lambda images, spec: truth(images) + np.arange(len(images))[:, None, None, None] * 0  # noqa: E731
    one, four = (evaluate(TOY, SPEC, EXAMPLES, worse, size) for size in (1, 4))
    assert [tuple(r.values) for r in one] == [tuple(r.values) for r in four]


def test_pictures_are_asked_for_in_full_batches_as_they_come():
    sizes = []

    def predict(images, spec):
        sizes.append((len(images), sum(EXAMPLES.loads.values())))
        return truth(images)

    EXAMPLES.loads.clear()
    evaluate(TOY, SPEC, EXAMPLES, predict, batch_size=4)
    assert sizes == [(4, 4), (4, 8), (4, 10)]


def test_wrong_number_of_outputs_is_noticed():
    with pytest.raises(ValueError, match="must return 4 outputs but returned 1"):
        evaluate(TOY, SPEC, EXAMPLES, lambda images, spec: truth(images)[:1], batch_size=4)


def test_summary_ignores_order_and_partition():
    records = evaluate(TOY, SPEC, EXAMPLES, lambda i, spec: truth(i) * np.float32(0.9))
    parts = [sum_records(records[5:]), sum_records(records[:5])]
    expected = primary(TOY, SPEC, records)
    assert primary(TOY, SPEC, records[::-1]) == pytest.approx(expected, rel=1e-12)
    assert primary(TOY, SPEC, parts) == pytest.approx(expected, rel=1e-12)


def test_orientation_and_scores():
    assert orientation(SPEC) == -1
    assert orientation(Spec("t", "d", 2, "m", "max", "", SPEC.coding, None)) == 1
    records = [Record(np.array([1.0, e, e**2])) for e in (0.5, np.nan)]
    assert scores(TOY, records, records[0]).tolist() == [-0.5, -np.inf]
