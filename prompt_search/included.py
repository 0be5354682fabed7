"""Given prompts that join the candidates of a pool: searched or learned before, or made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from painter_kit.errors import InputError
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task
from painter_kit.types import Spec
from prompt_search.variants import Edit, painted_variants


class Included(NamedTuple):
    """A given prompt, or an edit of it, as a candidate: its name and its group's."""

    name: str
    group: str
    prompt: Prompt


def of_part(prompts: Sequence[AnyPrompt], part: str) -> list[Prompt]:
    """The given prompts of one part, or those of a task without parts.

    Raises ``InputError`` for a prompt that has not this part.
    """
    found = []
    for prompt in prompts:
        own = prompt.parts.get(part) if isinstance(prompt, PartedPrompt) else prompt
        if own is None or bool(part) != isinstance(prompt, PartedPrompt):
            raise InputError(
                f"--include: a prompt for {prompt.task} cannot join the candidates of "
                f"{part or 'a task without parts'}; give one that search-prompt or tune-prompt "
                "made for this --task"
            )
        found.append(own)
    return found


def check_included(prompt: Prompt, task: Task, spec: Spec[Any]) -> None:
    """Raise ``InputError`` unless a given prompt is for this task and was made under this spec.

    Prompts that know no spec are taken when their coding has as many colours.
    """
    name = f"--include: prompt {prompt.digest[:8]}"
    if prompt.task != task.name:
        raise InputError(f"{name} is for {prompt.task}, not for {task.name}; give another")
    same = prompt.spec_digest == spec.digest
    if not prompt.spec_digest:
        same = len(prompt.pair.coding.palette) == len(spec.coding.palette)
    if not same:
        raise InputError(
            f"{name} was made under other conventions of {task.name} than {spec.data} has at "
            f"{spec.canvas} pixels (other data, classes, size or version); give one that was made "
            "for this --data and --checkpoint"
        )


def as_candidates(
    prompts: Sequence[Prompt], task: Task, spec: Spec[Any], edits: Sequence[Edit], seed: int
) -> list[Included]:
    """The prompts as ``included:DIGEST8`` and their edits, where painted pictures can be edited.

    What they say of themselves is kept; edits have not been on confirm. Raises ``InputError`` as
    ``check_included`` does.
    """
    made: list[Included] = []
    for prompt in prompts:
        check_included(prompt, task, spec)
        name = f"included:{prompt.digest[:8]}"
        made.append(Included(name, name, _named(prompt, name)))
    for one in list(made):
        for edit, pair, done in painted_variants(task, one.name, one.prompt.pair, edits, seed):
            own = f"{one.name}{edit.suffix}"
            edited = _named(replace(one.prompt, pair=pair, scores={}), own, **done)
            made.append(Included(own, one.name, edited))
    return made


def _named(prompt: Prompt, name: str, **done: Any) -> Prompt:
    notes = {"candidate": name, "included": prompt.kind, **done}
    return replace(prompt, provenance={**prompt.provenance, **notes})
