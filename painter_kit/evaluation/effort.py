"""What a piece of work takes in device time and disk space, told before any of it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from painter_kit.evaluation.cost import Rate

# How many forward passes as much arithmetic is as one pass forward and back: a product of n by n
# matrices going forward is one more going back to its input, and one more to its weights.
TO_INPUT, TO_WEIGHTS = 2.0, 3.0
AGAIN = 1.0  # more, where blocks are computed again instead of kept


@dataclass(frozen=True)
class Effort:
    """``forwards`` of the model, and ``samples`` that also go back, at ``each`` forwards each.

    ``storage``: bytes left on disk, by what they are. All is computed, nothing of it measured;
    ``at_most`` where the work may end earlier.
    """

    forwards: int
    samples: int = 0
    each: float = 0.0
    storage: Mapping[str, int] = field(default_factory=dict)
    at_most: bool = False

    @property
    def equivalents(self) -> float:
        """Forwards that take as long as all of it."""
        return self.forwards + self.samples * self.each

    def device_hours(self, rate: Rate) -> float:
        """Hours of one device at this pace; of several together the same."""
        return self.equivalents / rate.throughput / 3600

    def words(self, rate: Rate | None) -> str:
        """Time and disk space; without a pace the latter alone."""
        disk = ", ".join(f"{what} {in_bytes(size)}" for what, size in self.storage.items())
        space = f"on disk (computed): {disk}"
        if rate is None:
            return space
        most = "at most" if self.at_most else "about"
        hours = f"{self.device_hours(rate):.3g} device-hours"
        same = f" for {self.equivalents:.0f} forward-equivalents" if self.samples else ""
        return f"{most} {rate.time(self.equivalents)} at {rate}{same} ({hours}); {space}"

    def to_json(self, rate: Rate | None) -> dict[str, Any]:
        """Plain numbers; those of time are None without a pace."""
        return {
            "forward_equivalents": self.equivalents,
            "throughput": rate and rate.throughput,
            "devices": rate and rate.devices,
            "seconds": rate and rate.seconds(self.equivalents),
            "device_hours": rate and self.device_hours(rate),
            "storage": dict(self.storage),
        }


def in_bytes(count: float) -> str:
    """``1.23GB`` and the like, in powers of 1000."""
    return tqdm.format_sizeof(count, "B")
