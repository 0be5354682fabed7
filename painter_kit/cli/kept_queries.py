"""Pictures for the report of a run, painted while the model is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from painter_kit.data.base import Dataset
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.shared import AnyStore
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.types import Examples


def keep_queries(
    predictor: Predictor,
    judge: Judge,
    store: AnyStore,
    dataset: Dataset,
    examples: Examples,
    prompts: Sequence[AnyPrompt],
) -> None:
    """Paint the queries that a report shows of these prompts, and keep them in the store.

    They are the first of the examples and those that cost the first prompt most, as many as
    ``painterkit report`` shows unless it is told otherwise. What the store has is not painted
    again. The Records of the first prompt on the examples are known.
    """
    from painter_kit.report.gallery import worst_first
    from painter_kit.report.illustrated import Amounts
    from painter_kit.report.paintings import Paintings
    from painter_kit.report.source import Source

    source = Source(
        judge.task,
        judge.spec,
        dataset,
        store,
        0,  # of splits, which are known here
        judge.model_digest,
        [predictor.numerics],
        judge.batch_size,
        predictor.pictures,
    )
    amounts = Amounts()
    worst = worst_first(source, judge.recall(prompts[0], examples))[: amounts.worst]
    places = dict.fromkeys([*range(min(amounts.first, len(examples))), *worst])
    shown = [examples[place] for place in places]
    paintings = Paintings(source, repaint=True)
    for prompt in prompts:
        paintings.of(prompt, shown)
