"""Random prompts as a yardstick: what a prompt drawn from the pool is worth, and how it varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from painter_kit.evaluation.order import keyed_order

Floats = npt.NDArray[np.float64]

PANEL_SIZE = 16


@dataclass(frozen=True)
class Panel:
    """Metric of the panel's prompts: mean, standard deviation and its 95 % interval."""

    size: int
    mean: float
    sd: float
    sd_ci_low: float
    sd_ci_high: float

    def to_json(self) -> dict[str, float | int]:
        """The fields by name."""
        return asdict(self)


@dataclass(frozen=True)
class Components:
    """Standard deviations of prompts, images and what remains, in units of the score.

    The model is deterministic, so that what remains is the interaction of prompt and image.
    Each has a 95 % interval.
    """

    prompt_sd: float
    prompt_sd_low: float
    prompt_sd_high: float
    image_sd: float
    image_sd_low: float
    image_sd_high: float
    interaction_sd: float
    interaction_sd_low: float
    interaction_sd_high: float

    def to_json(self) -> dict[str, float]:
        """The fields by name."""
        return asdict(self)


def draw_panel(ids: Sequence[str], size: int, seed: int) -> list[int]:
    """Indices of ``size`` candidates (all if there are fewer), uniform without replacement."""
    return keyed_order(ids, "panel", seed)[:size]


def median_index(values: Sequence[float] | Floats) -> int:
    """Index of the lower median, the first of equals: the prompt that shows what random means."""
    return int(np.argsort(values, kind="stable")[(len(values) - 1) // 2])


def panel_stats(values: Floats) -> Panel:
    """Summary of the dataset-level metric of each prompt, ``values`` float64 (P,), P >= 2.

    The interval of the standard deviation is the chi-square one, which takes the prompts'
    values to be normal; the deviation includes the noise of a finite set of images.
    """
    size = len(values)
    if size < 2:
        raise ValueError(f"a panel needs at least 2 prompts but got {size}")
    sd = float(np.std(values, ddof=1))
    upper, lower = stats.chi2.ppf([0.975, 0.025], size - 1)
    low, high = (sd * float(np.sqrt((size - 1) / quantile)) for quantile in (upper, lower))
    return Panel(size, float(np.mean(values)), sd, low, high)


def components(scores: Floats) -> Components:
    """Two-way analysis of variance of ``scores`` float64 (P, M), prompts x images, each >= 2.

    Prompt variance = max(0, (MS_prompt - MS_residual) / M), likewise for images; their intervals
    are those of Williams and Tukey (chi-square limits shifted by F quantiles), that of the
    residual is the chi-square one. All take effects to be normal.
    """
    prompts, images = scores.shape
    if min(prompts, images) < 2:
        raise ValueError(f"scores must be at least (2, 2) but got {scores.shape}")
    by_prompt, by_image = scores.mean(1, keepdims=True), scores.mean(0, keepdims=True)
    rest = scores - by_prompt - by_image + scores.mean()
    freedom = (prompts - 1) * (images - 1)
    ms_rest = float((rest**2).sum() / freedom)
    ms_prompt = float(images * by_prompt.var(ddof=1))
    ms_image = float(prompts * by_image.var(ddof=1))
    variances = [
        *_effect(ms_prompt, prompts - 1, images, ms_rest, freedom),
        *_effect(ms_image, images - 1, prompts, ms_rest, freedom),
        ms_rest,
        *(freedom * ms_rest / stats.chi2.ppf([0.975, 0.025], freedom)),
    ]
    return Components(*(float(np.sqrt(v)) for v in variances))


def _effect(
    ms: float, levels: int, repeats: int, ms_rest: float, freedom: int
) -> tuple[float, float, float]:
    """Variance of an effect of ``levels`` degrees of freedom, each level measured ``repeats``
    times, with its 95 % limits.

    Where levels differ less than what remains would make them differ (MS < MS_residual), chance
    has made them alike: the upper limit is that of MS = MS_residual then. Taken from MS it could
    be zero, as if the noise of the means had shown that there is no effect.
    """
    limits = [
        max(0.0, levels / chi * (square - f * ms_rest) / repeats)
        for square, chi, f in zip(
            (ms, max(ms, ms_rest)),
            stats.chi2.ppf([0.975, 0.025], levels),
            stats.f.ppf([0.975, 0.025], levels, freedom),
            strict=True,
        )
    ]
    return max(0.0, (ms - ms_rest) / repeats), limits[0], limits[1]
