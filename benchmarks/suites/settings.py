"""Settings of a benchmark, and what ``--prompts`` asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from painter_kit.errors import InputError
from painter_kit.evaluation.panel import PANEL_SIZE
from painter_kit.inference.ensemble import HOWS, How
from painter_kit.types import SegmentChoice
from prompt_search.config import SearchConfig
from prompt_tuning.config import TuneConfig

RANDOM, SEARCHED, LEARNED, RELEASED = "random", "searched", "learned", "released"
HELP = "random:K, searched[:RUN], learned[:DIR], released"


@dataclass(frozen=True)
class Wanted:
    """Kinds of prompts: ``random`` many, and folders by kind (None: made here, or released)."""

    random: int
    folders: Mapping[str, Path | None] = field(hash=False)

    @property
    def optimised(self) -> list[str]:
        """Kinds that were chosen or learned on examples of the data."""
        return [kind for kind in (SEARCHED, LEARNED) if kind in self.folders]

    @property
    def made(self) -> list[str]:
        """Kinds that the benchmark makes itself."""
        return [kind for kind in self.optimised if self.folders[kind] is None]


def parse_prompts(text: str) -> Wanted:
    """What ``random:16,searched:RUN,learned:DIR,released`` asks for.

    Raises ``InputError`` for unknown or repeated kinds, and without random prompts, which all
    others are compared with.
    """
    random, folders = 0, dict[str, Path | None]()
    for item in filter(None, (part.strip() for part in text.split(","))):
        kind, _, rest = item.partition(":")
        if kind in folders or (kind == RANDOM and random):
            raise InputError(f"--prompts {text}: {kind} stands twice; give each kind once")
        if kind == RANDOM:
            random = _count(text, rest)
        elif kind in (SEARCHED, LEARNED):
            folders[kind] = Path(rest) if rest else None
        elif item == RELEASED:
            folders[kind] = None
        else:
            raise InputError(f"--prompts {text}: {item} is not known; write {HELP}")
    if not random:
        raise InputError(
            f"--prompts {text}: random:K is the yardstick of all others; add it, as in random:16"
        )
    return Wanted(random, folders)


def _count(text: str, rest: str) -> int:
    if rest and not (rest.isdecimal() and int(rest)):
        raise InputError(f"--prompts {text}: random:{rest} must have a number of at least 1")
    return int(rest) if rest else PANEL_SIZE


@dataclass(frozen=True)
class BenchmarkSettings:
    """Settings of ``benchmark``.

    ``suite`` is a name or a file; ``parts`` some of its parts; ``count`` caps the queries of each;
    ``shots`` replaces the protocol's. ``controls`` random prompts have their controls measured
    (0: none). ``how`` several supports paint together. ``trained_on`` names the list of what the
    checkpoint was trained on (``auto``: by the checkpoint). ``segment_type`` is SegGPT's type
    token, also of what is learned. ``pool``, ``select`` and ``confirm`` cap the splits on which
    prompts are searched and learned here. ``forward_batch`` pictures are painted at once (None: as
    many as a prompt has queries, up to 16).
    """

    suite: str = "world-unseen-categories"
    prompts: str = f"random:{PANEL_SIZE}"
    protocol: str = "clean"
    parts: tuple[str, ...] = ()
    checkpoint: str = "world-tiny"
    count: int | None = None
    shots: tuple[int, ...] = ()
    controls: int = 4
    how: How = "output"
    trained_on: str = "auto"
    precision: str = "fp32"
    segment_type: SegmentChoice = "auto"
    threads: int | None = None
    seed: int = 0
    resamples: int = 2_000
    forward_batch: int | None = None
    pool: int = 64
    select: int = 48
    confirm: int = 64
    search: SearchConfig = field(default_factory=SearchConfig)
    tune: TuneConfig = field(default_factory=lambda: TuneConfig(robustness=False))

    def __post_init__(self) -> None:
        least = {"count": 2, "controls": 0, "resamples": 100, "forward_batch": 1}
        least |= {"pool": 2, "select": 2, "confirm": 2}
        for name, low in least.items():
            if (value := getattr(self, name)) is not None and value < low:
                raise ValueError(f"{name} must be at least {low} but got {value}")
        if self.shots and min(self.shots) < 1:
            raise ValueError(f"shots must be numbers of at least 1 but got {self.shots}")
        if self.how not in HOWS:
            raise ValueError(f"how must be one of {', '.join(HOWS)} but got {self.how!r}")
        if self.tune.segment_type not in ("auto", self.segment_type):
            raise ValueError(
                f"tune.segment_type is {self.tune.segment_type} and segment_type "
                f"{self.segment_type}, under which prompts are judged; set segment_type alone"
            )
        parse_prompts(self.prompts)

    @property
    def wanted(self) -> Wanted:
        """What ``prompts`` asks for."""
        return parse_prompts(self.prompts)
