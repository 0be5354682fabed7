"""What a search may spend: as users say it, and as a value that every stage asks and tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from painter_kit.errors import InputError
from painter_kit.evaluation.judge import Judge
from prompt_search.table import BUDGET, Stopped

T = TypeVar("T")

# Share of pool x select for the races beside panel and confirm, and the most forwards in all.
LEVELS = {"light": (0.10, 20_000), "medium": (0.25, 50_000), "heavy": (1.00, 500_000)}
SECONDS = {"s": 1, "m": 60, "h": 3600}
FORMS = f"N forwards, Ns, Nm or Nh of time, {', '.join(LEVELS)}, or +N to extend"

# Asked after every block of pictures: why the search is to end now, or an empty text.
Stop: TypeAlias = Callable[[], str]


@dataclass(frozen=True)
class Wish:
    """A budget as it was given: one of ``forwards``, ``seconds`` and ``level``, or none of them.

    ``more``: the forwards come on top of what an earlier search was given or has spent.
    """

    forwards: int | None = None
    seconds: float | None = None
    level: str = ""
    more: bool = False


def parse_budget(text: str | int | None) -> Wish:
    """``5000``, ``90s``, ``1.5h``, ``medium`` or ``+5000``. Raises ``InputError`` for others."""
    said = str(text or "").strip() if text != 0 else "0"
    if not said:
        return Wish()
    if said in LEVELS:
        return Wish(level=said)
    time = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smh])", said)
    if time and (seconds := float(time[1]) * SECONDS[time[2]]):
        return Wish(seconds=seconds)
    if re.fullmatch(r"\+?[1-9][0-9]{0,14}", said):
        return Wish(forwards=int(said), more=said.startswith("+"))
    raise InputError(f"--budget must be {FORMS} but got {said!r}")


class Budget:
    """Forwards of a search, counted whether the store holds them or not.

    ``limit``: the most of all stages together, None for any number. ``paid``: those of the
    stages that are always gone through, set aside from the start. ``cut``: nothing is begun
    that would go beyond, as where another search was ended from outside, and then the search ends
    as that one did. One cell of a race is ``views`` forwards. ``stop`` is asked after every block
    of pictures.

    ``reason`` tells why the race under way was refused a step or ended, ``promised`` how many
    forwards were granted until then: the same search with ``cut`` set to it ends there again.
    """

    def __init__(
        self,
        limit: int | None = None,
        paid: int = 0,
        views: int = 1,
        cut: int | None = None,
        stop: Stop = lambda: "",
    ) -> None:
        self.limit, self.views, self.cut = limit, views, cut
        self.spent = self.promised = paid
        self.reason = self._ended = ""
        self._most, self._before, self._obliged = limit, paid, False
        self._stop, self._racing = stop, False

    def allot(self, races: int) -> None:
        """Begin one of so many stages to come: each may spend an equal part of what is left."""
        if self.limit is not None:
            self._most = self.spent + (self.limit - self.spent) // races
        self.reason, self._obliged, self._racing = self._ended, False, True

    def prepaid(self) -> None:
        """Begin a stage that was set aside: no limit holds, but stops do, and cells are counted."""
        self._most = None
        self.reason, self._obliged, self._racing = self._ended, False, True

    @property
    def ended(self) -> str:
        """Why the search was ended from outside, whatever is left of the budget; or nothing."""
        return self._ended

    @property
    def cells(self) -> int | None:
        """How many cells the race that was begun may still ask for; None for any number."""
        return None if self._most is None else max(0, self._most - self.spent) // self.views

    def may(self, cells: int) -> bool:
        """Whether a step of so many cells, with what it obliges to, may be taken."""
        after = self.spent + cells * self.views
        # What an earlier step obliged to was granted with it.
        self._obliged = after <= self.promised
        if not self._obliged:
            beyond = BUDGET if self.cut is not None and after > self.cut else ""
            self._ended = self._ended or self._stop() or beyond
            over = BUDGET if self._most is not None and after > self._most else ""
            self.reason = self.reason or self._ended or over
            if self.reason:
                return False
        self._before, self.promised = self.promised, max(after, self.promised)
        return True

    def spend(self, cells: int) -> None:
        """Count cells that were asked for and answered."""
        self.spent += cells * self.views
        self.promised = max(self.promised, self.spent)

    @contextmanager
    def step(self, cells: int) -> Iterator[None]:
        """A step of so many cells outside of a race. Raises ``Stopped`` when it may not be taken,
        or is void."""
        if not self.may(cells):
            raise Stopped(self.reason)
        yield
        self.spend(cells)

    @contextmanager
    def closing(self) -> Iterator[None]:
        """What ends a stage: nothing disturbs it."""
        before, self._obliged = self._obliged, True
        try:
            yield
        finally:
            self._obliged = before

    def check(self) -> None:
        """Raise ``Stopped``, once, when there is a reason to end; the step under way is void.

        That time is over is none before the first race: without a panel nothing could be said.
        """
        if self.reason or self._obliged:
            return
        reason = self._stop()
        if reason and (self._racing or reason != BUDGET):
            self._ended = self.reason = reason
            self.promised = self._before
            raise Stopped(reason)

    def beside(self, judge: Judge, measure: Callable[[], T]) -> T | None:
        """What the search can do without, and was set aside; None when it has been ended, or is
        meanwhile."""
        if self._ended:
            return None
        self.prepaid()
        try:
            with self.watching(judge):
                return measure()
        except Stopped:
            return None

    @contextmanager
    def watching(self, judge: Judge) -> Iterator[None]:
        """Check after every block of pictures of ``judge`` for the length of a block."""
        before = judge.on_cells

        def tell(count: int) -> None:
            before(count)
            self.check()

        judge.on_cells = tell
        try:
            yield
        finally:
            judge.on_cells = before
