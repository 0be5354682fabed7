"""Fields of a search; ``prompt_search.config`` checks them."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Literal

MOST_CANDIDATES = 5000


@dataclass(frozen=True, kw_only=True)
class PoolOptions:
    """How candidates are made of the pairs of a pool.

    ``crops``: random crops of every pair that join it, ``flips``: its mirror image too (made from
    the truth: ``painter_kit/data/edits.py``). ``min_energy``, ``min_foreground`` and
    ``min_classes``: what a pair must show (``evaluation.pool.Validity``). ``pool_class``: only
    pairs that show this class on at least ``class_share`` of their pixels; empty takes all.
    ``near_duplicate``: of pairs of one group whose features have a larger cosine only the first
    stays, and what is so near to a picture of select or confirm is left out; 1 leaves out copies
    alone. Of more than ``max_candidates`` (None: no limit) as many are kept, by ``cap``: a
    ``diverse`` choice or a ``random`` one.
    """

    crops: int = 0
    flips: bool = False
    min_energy: float = 100 / 448**2
    min_foreground: float = 0.0
    min_classes: int = 0
    pool_class: str = ""
    class_share: float = 0.01
    near_duplicate: float = 0.97
    max_candidates: int | None = MOST_CANDIDATES
    cap: Literal["diverse", "random"] = "diverse"


@dataclass(frozen=True)
class SearchOptions(PoolOptions):
    """How to search, and among what.

    ``strategy``: ``random`` (the best of ``k``), ``exhaustive``, ``halving`` (``b0`` images
    first, ``eta`` times more at every rung for the best 1/``eta``, never fewer than ``keep``), or
    ``halving+certify``, which then challenges the winner until with ``confidence`` nobody beats
    it by more than ``epsilon`` in mean score, or ``share`` of exhaustive is spent (without one, a
    quarter, or as much as a ``budget`` allows); ``released`` (the authors' prompt, no search) or
    ``panel`` (the best of the panel).

    ``budget``: most forwards of all stages together, known ones too. It is spent: ``halving`` then
    has the longest ``b0`` that fits, up to all images, unless one is given; without both, 8.
    ``patience``: candidates of ``random`` and ``exhaustive``, or challenges of
    ``halving+certify``, in a row without a new leader that end a race. ``cut`` ends the races
    after so many forwards, as a log says of one that was ended from outside.
    Of a task with parts, ``joint_share`` of each part's candidates, but at least ``keep``, are
    raced again by the metric of the whole, the parts in turn, in up to ``rounds`` rounds.

    ``refine`` edits of each winning pair are tried (0 = none), proposed by Optuna's ``sampler``,
    ``tpe`` or ``cmaes``.

    ``stop_interchangeable``: end after the panel when the best one can be expected to gain no more
    than ``least_gain`` (outlook.py). ``diagnose``: measure how the winner's parts matter
    (sensitivity.py), with ``shuffles`` targets of other candidates; values within ``margin`` count
    as equal. ``least_gain`` and ``margin`` are in the metric's unit, or with a percent sign a share
    of the panel's mean.

    ``also``: alternatives to the winner that are measured too (``alternatives.ALSO``); an
    ensemble is chosen of the best ``ensemble_finalists`` and has ``ensemble_most`` members at most,
    that whose members are given has the best ``ensemble_size``.
    """

    strategy: str = "halving"
    _: KW_ONLY
    k: int = 16
    b0: int | None = None
    eta: int = 4
    keep: int = 4
    confidence: float = 0.95
    epsilon: float = 0.0
    share: float | None = None
    budget: int | None = None
    patience: int | None = None
    cut: int | None = None
    rounds: int = 2
    joint_share: float = 0.25
    refine: int = 0
    sampler: str = "tpe"
    stop_interchangeable: bool = True
    # Below the smallest gain that the paper reports for searched prompts (0.4 %, enhancement).
    least_gain: float | str = "0.25%"
    diagnose: bool = False
    shuffles: int = 4
    margin: float | str = "1%"
    also: tuple[str, ...] = ()
    ensemble_finalists: int = 8
    ensemble_most: int = 5
    ensemble_size: int = 3
