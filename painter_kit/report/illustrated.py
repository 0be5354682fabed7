"""What a section needs to show pictures: the source of a result, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.errors import InputError
from painter_kit.inference.parted import AnyPrompt, load_prompt
from painter_kit.report.document import Section, Text
from painter_kit.report.gallery import Gallery, Shown
from painter_kit.report.paintings import Counts, Paintings
from painter_kit.report.runs import EVALUATE, RunFolder
from painter_kit.report.source import Access, Source, measured_examples, open_source

if TYPE_CHECKING:
    from painter_kit.evaluation.loaded import Loaded
    from painter_kit.evaluation.store import Store


@dataclass(frozen=True)
class Amounts:
    """How many cards: ``first`` queries, ``worst`` queries, ``candidates`` at each end."""

    first: int = 4
    worst: int = 4
    candidates: int = 6


@dataclass
class Illustrated:
    """One result of a run with its source; ``why`` says what is in the way when that is None."""

    run: RunFolder
    row: Mapping[str, Any]
    amounts: Amounts
    source: Source | None = None
    why: str = ""
    paintings: Paintings | None = None
    missing: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """Where painted outputs came from."""
        return self.paintings.counts if self.paintings else Counts()

    @property
    def unit(self) -> str:
        """The unit of the primary metric, as far as it is known."""
        return self.source.spec.unit if self.source else ""

    def prompt(self, folder: str) -> AnyPrompt | None:
        """The prompt in a folder of the run; None, noted as missing, when it cannot be read."""
        try:
            return load_prompt(self.run.path / folder)
        except InputError as error:
            self.missing.append(str(error))
            return None

    def measured(self) -> Loaded | None:
        """The examples that the result was measured on."""
        return measured_examples(self.source, self.run, self.row) if self.source else None

    def shown(self, name: str, prompt: AnyPrompt, examples: Loaded) -> Shown:
        """The prompt with its Records where the store has them all."""
        assert self.source is not None
        records = self.source.records(prompt, examples)
        if records is None:
            self.missing.append(f"Records of the {name} prompt are not all in the store")
        return Shown(name, prompt, records)

    def galleries(
        self, examples: Loaded | None, split: str, shown: Sequence[Shown]
    ) -> list[Section]:
        """Query galleries, or one section that says why there are none."""
        if self.source is None or self.paintings is None or examples is None or not shown:
            return [Section("Queries", [Text(f"No pictures of queries: {self.why}.", "note")])]
        gallery = Gallery(self.source, self.paintings, examples, split, shown)
        made = gallery.sections(self.amounts.first, self.amounts.worst)
        if self.counts.missing:
            self.missing.append(f"{self.counts.missing} painted outputs are not kept")
        return made


def illustrated(
    run: RunFolder, row: Mapping[str, Any], access: Access, store: Store | str, amounts: Amounts
) -> Illustrated:
    """Find the source of one result. ``store`` is text when there is none, and says why.

    What cannot be found is noted, not raised: the rest of a report does not need it.
    """
    made = Illustrated(run, row, amounts)
    if isinstance(store, str):
        return _without(made, store)
    try:
        made.source = open_source(run, row, access, store)
    except InputError as error:
        return _without(made, str(error))
    made.paintings = Paintings(made.source, access.repaint, _painted_folder(run, str(row["task"])))
    return made


def _without(made: Illustrated, why: str) -> Illustrated:
    made.why = why
    made.missing.append(why)
    return made


def _painted_folder(run: RunFolder, task: str) -> Path | None:
    folder = run.path / "predictions" / task / "painted"
    return folder if run.verb == EVALUATE and folder.is_dir() else None


def candidate_prompts(source: Source, ids: Sequence[str], part: str = "") -> dict[str, AnyPrompt]:
    """Pairs of the pool by candidate, as prompts; what is no plain pair of the data is left out."""
    from painter_kit.evaluation.pool import pool_prompt
    from painter_kit.tasks.base import get_task, make_pair

    spec = source.spec.part(part) if part else source.spec
    task = get_task(spec.task)
    examples = source.dataset.examples(task.name, source.dataset.sources["pool"])
    places = {name: place for place, name in enumerate(examples.ids)}
    found: dict[str, AnyPrompt] = {}
    for name in ids:
        if name in places:
            with suppress(InputError):  # a picture that has gone since
                example = examples[places[name]]
                found[name] = pool_prompt(task, spec, example, make_pair(task, spec, example))
    return found
