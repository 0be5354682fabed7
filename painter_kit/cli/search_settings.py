"""The settings of ``painterkit search-prompt``, with defaults for a laptop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from painter_kit.cli.prompting import PromptSettings, config_of

if TYPE_CHECKING:
    from prompt_search.config import SearchConfig


@dataclass(frozen=True)
class SearchSettings(PromptSettings):
    """Settings of ``search-prompt``.

    ``k`` belongs to the strategy ``random``; ``b0`` (without one 8, or the longest that fits a
    budget), ``eta`` and ``keep`` to ``halving``; ``confidence``, ``epsilon`` (in the score's unit)
    and ``share`` of exhaustive, the most that may be spent (without one a quarter, or a budget),
    to ``halving+certify``. ``budget`` as the option; ``patience`` ends a race
    after so many candidates (``random``, ``exhaustive``) or challenges in a row without a new
    leader; ``cut`` ends the races after so many forwards, as the log of a search that was
    stopped tells. ``rounds`` of races by the metric of the whole among ``joint_share`` of the
    candidates belong to tasks with parts. ``refine`` edits of the winning pair are tried, proposed
    by Optuna's ``sampler`` (``tpe`` or ``cmaes``). What stands before ``strategy`` says what the
    candidates are (``prompt_search/rules.py``); ``include`` are prompt folders that join them.

    ``stop_interchangeable`` ends the search after the panel when the best can be expected to gain
    no more than ``least_gain``.
    ``diagnose`` measures the winner beside altered prompts, ``shuffles`` of them with other
    targets; values within ``margin`` count as equal. ``least_gain`` and ``margin`` are in the
    metric's unit, or with a percent sign a share of what random prompts reach.

    ``also`` names alternatives to one prompt for all queries: ``ensemble`` (chosen of the best
    ``ensemble_finalists``, with ``ensemble_most`` members at most, and the best ``ensemble_size``
    together), ``retrieval``, ``per-class``.
    """

    crops: int = 0
    flips: bool = False
    min_energy: float = 100 / 448**2
    min_foreground: float = 0.0
    min_classes: int = 0
    pool_class: str = ""
    class_share: float = 0.01
    near_duplicate: float = 0.97
    max_candidates: int | None = 5000
    cap: Literal["diverse", "random"] = "diverse"
    include: tuple[str, ...] = ()

    strategy: str = "halving"
    k: int = 16
    b0: int | None = None
    eta: int = 4
    keep: int = 4
    confidence: float = 0.95
    epsilon: float = 0.0
    share: float | None = None
    budget: int | str | None = None
    patience: int | None = None
    cut: int | None = None
    rounds: int = 2
    joint_share: float = 0.25
    refine: int = 0
    sampler: str = "tpe"
    stop_interchangeable: bool = True
    least_gain: float | str = "0.25%"
    diagnose: bool = False
    shuffles: int = 4
    margin: float | str = "1%"
    also: tuple[str, ...] = ()
    ensemble_finalists: int = 8
    ensemble_most: int = 5
    ensemble_size: int = 3

    def config(self, forwards: int | None = None) -> SearchConfig:
        """The search's own settings with a budget in forwards.

        Raises ``InputError`` for values that make no sense.
        """
        from prompt_search.config import SearchConfig

        return config_of(SearchConfig, replace(self, budget=forwards))
