"""Cases of the campaign: each is run once, and what it found is kept so that it can go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from painter_kit.errors import PainterKitError
from painter_kit.files import write_text


@dataclass(frozen=True)
class Outcome:
    """What came of ``faults`` faults, ``passed`` of which went as promised.

    ``said`` is what the program told, ``wrong`` what was not as promised, ``skipped`` why nothing
    was tried; ``data`` is what the case measured.
    """

    faults: int
    passed: int
    said: str = ""
    wrong: str = ""
    skipped: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether everything that was tried went as promised."""
        return self.passed == self.faults and not self.wrong


@dataclass(frozen=True)
class Case:
    """One experiment of a ``fault`` (the row of the summary that counts it) in a folder."""

    fault: str
    name: str
    run: Callable[[Path], Outcome]


class Campaign:
    """The cases in a folder: ``cases/NAME.json`` for each that is finished, ``work/NAME`` beside.

    ``say`` gets a line per case.
    """

    def __init__(self, out: Path, say: Callable[[str], object]) -> None:
        self.out, self.say = out, say
        self.done: dict[str, tuple[str, Outcome]] = {}

    def work(self, name: str) -> Path:
        """The folder of a case's own files."""
        return (self.out / "work" / name).resolve()

    def result(self, case: Case) -> Outcome:
        """What the case found: earlier, or now."""
        path = self.out / "cases" / f"{case.name}.json"
        if path.is_file():
            outcome = Outcome(**json.loads(path.read_text(encoding="utf-8")))
        else:
            folder = self.work(case.name)
            shutil.rmtree(folder, ignore_errors=True)  # of a campaign that was broken off
            folder.mkdir(parents=True)
            outcome = self._tried(case, folder)
            write_text(path, json.dumps(asdict(outcome), indent=1) + "\n")
        self.done[case.name] = (case.fault, outcome)
        self.say(f"{case.name}: {_words(outcome)}")
        return outcome

    def _tried(self, case: Case, folder: Path) -> Outcome:
        try:
            return case.run(folder)
        except PainterKitError as error:
            if not case.fault:  # what the others are compared with
                raise
            return Outcome(1, 0, wrong=str(error))


def _words(outcome: Outcome) -> str:
    if outcome.skipped:
        return f"skipped ({outcome.skipped})"
    wrong = f"; {outcome.wrong}" if outcome.wrong else ""
    return f"{outcome.passed} of {outcome.faults} faults passed{wrong}"
