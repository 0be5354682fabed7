"""Records of a task with parts while the prompt of one part changes and the others stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.levels import Levels, from_levels, pack_levels, unpack_levels
from painter_kit.evaluation.loaded import Block
from painter_kit.evaluation.sharing import Job, Keeper
from painter_kit.evaluation.store import CellKeys
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.types import Record


class CoupledJudge(Judge):
    """Measures prompts of one ``part`` of a task by the metric of the whole.

    ``fixed`` are the prompts of all other parts. Every output, kept or fresh, goes through
    8 bits (``evaluation/levels.py``), so that a Record does not depend on what was kept; these
    Records have a numerics class of their own. Outputs are kept in the store's table of painted
    outputs, those of the fixed parts also here (compressed), since the table may drop them.

    ``new`` and ``reused`` count the part's pictures, and those of the fixed parts when an example
    is asked for for the first time; all count for ``whole`` too. Requests do not depend on what
    the store holds. Under torchrun every process measures all of it, in step with the others.
    """

    can_share = False  # measuring a block asks for, and keeps, painted outputs in the store

    def __init__(self, whole: Judge, part: str, fixed: Mapping[str, Prompt]) -> None:
        super().__init__(
            whole.task,
            whole.spec,
            whole._paint,
            whole._store,
            whole.model_digest,
            f"{whole._numerics} from 8 bits",
            whole.batch_size,
        )
        self._whole, self._part, self._fixed = whole, part, dict(fixed)
        self._painting = f"{whole._numerics} batch {whole.batch_size}"
        self._held: dict[tuple[str, str], bytes] = {}  # part and example -> packed levels
        self._seen: set[str] = set()
        self._forwarded = 0

    def join(self, prompt: AnyPrompt) -> PartedPrompt:
        """This prompt of the part with the fixed ones; a joint prompt stays as it is."""
        if isinstance(prompt, PartedPrompt):
            return prompt
        prompts = {**self._fixed, self._part: prompt}
        return PartedPrompt({name: prompts[name] for name in self.task.parts}, self.task.name)

    def _cells(self, prompt: AnyPrompt) -> CellKeys:
        return super()._cells(self.join(prompt))

    def _measure(
        self, prompt: AnyPrompt, block: Block, missing: Sequence[int], keeper: Keeper | None
    ) -> list[Record]:
        joint = self.join(prompt)
        spec = self.effective(joint)
        levels = {
            name: self._levels(name, joint.parts[name], block, missing) for name in self.task.parts
        }
        return [
            self._record(
                block[place],
                {name: from_levels(own[place]) for name, own in levels.items()},
                spec,
                keeper,
            )
            for place in missing
        ]

    def _levels(
        self, part: str, prompt: Prompt, block: Block, places: Sequence[int]
    ) -> dict[int, Levels]:
        """What a part's prompt paints at these places of the block."""
        if part not in self._fixed:
            return self._of_part(part, prompt, block, places)
        names = {place: (part, block.digest(place)) for place in places}
        unheld = [place for place in places if names[place] not in self._held]
        for place, levels in self._of_part(part, prompt, block, unheld).items():
            self._held[names[place]] = pack_levels(levels)
        return {place: unpack_levels(self._held[name]) for place, name in names.items()}

    def _of_part(
        self, part: str, prompt: Prompt, block: Block, places: Sequence[int]
    ) -> dict[int, Levels]:
        """The same from the store's table; what it lacks is painted and kept there."""
        own = self.spec.part(part)
        found, new = self._kept(get_task(own.task), prompt.effective(own), prompt, block, places)
        self._forwarded += new
        return found

    def _asked(self, job: Job) -> tuple[int, int]:
        block = job.block
        new, self._forwarded = self._forwarded, 0
        places = range(len(block))
        first = [place for place in places if block.digest(place) not in self._seen]
        self._seen.update(block.digest(place) for place in first)
        asked = sum(self._pictures_of(self._part, block, place) for place in places)
        asked += sum(self._pictures_of(p, block, place) for p in self._fixed for place in first)
        return new, asked - new

    def _pictures_of(self, part: str, block: Block, place: int) -> int:
        own = self.spec.part(part)
        views = get_task(own.task).views
        return 1 if views is None else len(views(block[place], own))
