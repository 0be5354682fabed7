"""Which pairs a search may choose from: settings that are fixed before anything is judged."""

from __future__ import annotations

from dataclasses import dataclass

from painter_kit.errors import InputError
from painter_kit.evaluation.pool import Validity
from painter_kit.options.search import PoolOptions
from prompt_search.cap import Cap


@dataclass(frozen=True, kw_only=True)
class PoolRules(PoolOptions):
    """``PoolOptions`` that make sense; raises ``InputError`` for others."""

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
