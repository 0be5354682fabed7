"""Which pairs a search may choose from: settings that are fixed before anything is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from painter_kit.errors import InputError
from painter_kit.evaluation.likeness import NEAR
from painter_kit.evaluation.pool import DARKEST, Validity
from prompt_search.cap import Cap

MOST_CANDIDATES = 5000


@dataclass(frozen=True, kw_only=True)
class PoolRules:
    """How candidates are made of the pairs of a pool.

    ``crops``: random crops of every pair that join it, ``flips``: its mirror image too (made from
    the truth: ``painter_kit/data/edits.py``). ``min_energy``, ``min_foreground`` and
    ``min_classes``: what a pair must show (``evaluation.pool.Validity``). ``pool_class``: only
    pairs that show this class on at least ``class_share`` of their pixels; empty takes all.
    ``near_duplicate``: of pairs of one group whose features have a larger cosine only the first
    stays, and what is so near to a picture of select or confirm is left out; 1 leaves out copies
    alone. Of more than ``max_candidates`` (None: no limit) as many are kept, by ``cap``: a
    ``diverse`` choice or a ``random`` one.

    Raises ``InputError`` for values that make no sense.
    """

    crops: int = 0
    flips: bool = False
    min_energy: float = DARKEST
    min_foreground: float = 0.0
    min_classes: int = 0
    pool_class: str = ""
    class_share: float = 0.01
    near_duplicate: float = NEAR
    max_candidates: int | None = MOST_CANDIDATES
    cap: Literal["diverse", "random"] = "diverse"

    def __post_init__(self) -> None:
        _ = self.valid
        if self.crops < 0:
            raise InputError(f"crops of a pool must be at least 0 but got {self.crops}")
        for name in ("class_share", "near_duplicate"):
            if not 0 < (value := getattr(self, name)) <= 1:
                raise InputError(f"{name} of a pool must be above 0 and at most 1 but got {value}")
        if self.max_candidates is not None and self.max_candidates < 2:
            raise InputError(
                f"max_candidates of a pool must be at least 2 but got {self.max_candidates}"
            )
        if self.cap not in ("diverse", "random"):
            raise InputError(f"cap of a pool must be diverse or random but got {self.cap!r}")

    @property
    def valid(self) -> Validity:
        """What a pair must show."""
        return Validity(self.min_energy, self.min_foreground, self.min_classes)

    @property
    def each(self) -> int:
        """Candidates that one pair makes: itself, its mirror image, its crops."""
        return 1 + self.flips + self.crops

    def planned(self, pairs: int) -> tuple[int, Cap | None]:
        """Candidates that so many pairs make if all of them are usable, and the cap on them."""
        made, most = pairs * self.each, self.max_candidates
        if most is None or made <= most:
            return made, None
        return most, Cap(self.cap, most, made)
