"""The training loss where nothing is learned: on the first pictures of select.

It shows beside the metric whether learning follows its queries alone, or a loss that is not what
the metric wants.
"""

from __future__ import annotations

import torch

from painter_kit.evaluation.judge import Judge
from painter_kit.model.losses import DENOMINATOR_EPS
from painter_kit.model.painter import Painter
from painter_kit.tasks.base import segment_type_of
from painter_kit.training.precision import autocast
from painter_kit.types import Examples, Pair, SegmentChoice, Spec
from prompt_tuning.objective import make_queries, prompt_loss
from prompt_tuning.parameters import LearnedPair

MOST = 64  # pictures: enough for a curve, and little beside what judging costs


@torch.no_grad()
def select_loss(
    model: Painter,
    judge: Judge,
    pair: Pair,
    spec: Spec,
    select: Examples,
    micro: int,
    precision: str = "fp32",
    segment_type: SegmentChoice = "auto",
) -> float:
    """The loss of a stored prompt on up to ``MOST`` pictures of select, ``micro`` at a time.

    ``spec`` is in the prompt's coding, in which the truth is painted.
    """
    device, kind = model.mask_token.device, segment_type_of(spec.task, segment_type)
    shown, total, weight = LearnedPair(pair, spec, device), 0.0, DENOMINATOR_EPS
    count = min(MOST, len(select))
    for begin in range(0, count, micro):
        chosen = [select[i] for i in range(begin, min(begin + micro, count))]
        queries = make_queries(judge.task, spec, chosen, device)
        with autocast(precision, device):
            loss = float(prompt_loss(model, shown, queries, kind))
        valid = float(queries.valid.sum())
        total, weight = total + (valid + DENOMINATOR_EPS) * loss, weight + valid
    return total / weight
