"""The prompt that ``--prompt`` names: random, released, or a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.errors import InputError
from painter_kit.tasks.base import task_parts

if TYPE_CHECKING:
    from painter_kit.data.base import Dataset
    from painter_kit.inference.parted import AnyPrompt, PartedPrompt
    from painter_kit.inference.prompt import Prompt
    from painter_kit.tasks.base import Task
    from painter_kit.types import Spec

RANDOM, RELEASED = "random", "released"


def given_prompt(
    name: str,
    task: Task,
    dataset: Dataset,
    spec: Spec[Any],
    model_digest: str = "",
    seed: int = 0,
) -> AnyPrompt:
    """The prompt called ``name`` for a task; a ``PartedPrompt`` for a task with parts.

    * ``random`` or ``random:SEED``: a usable pair of the dataset's whole pool, the same for
      equal seeds (``seed`` when none is named); of every part for a task with parts.
    * ``released``: the prompt of the published evaluation scripts (kind ``released``).
    * a folder: a prompt folder, for a task with parts also a folder that holds one per part.

    ``spec`` is that of the task on ``dataset``; ``model_digest`` is noted in prompts that are
    made here. Raises ``InputError`` when the data has no such prompt, when the folder is broken
    and when its prompt is for another task.
    """
    kind, _, number = name.partition(":")
    if kind == RANDOM:
        prompt = random_prompt(task, dataset, spec, _seed(name, number) if number else seed)
    elif name == RELEASED:
        from painter_kit.evaluation.released import released_prompt

        prompt = released_prompt(task, dataset, spec, "--prompt")
    else:
        return folder_prompt(Path(name), task, spec)
    return replace(prompt, model_digest=model_digest)


def check_coding(prompt: AnyPrompt, spec: Spec[Any], name: str) -> None:
    """Raise ``InputError`` when the prompt has colours for more or fewer classes than the data;
    ``name`` is what it was given as."""
    from painter_kit.inference.parted import PartedPrompt

    if isinstance(prompt, PartedPrompt):
        for part, own in prompt.parts.items():
            check_coding(own, spec.part(part), name)
        return
    held, needed = len(prompt.coding.palette), len(spec.coding.palette)
    if held != needed:
        raise InputError(
            f"{name} has colours for {held} classes but {spec.task} on {spec.data} has "
            f"{needed}; give a prompt that was made from this data"
        )


def given_forwards(name: str) -> int:
    """Forwards of one picture (of one part) under the prompt called ``name``.

    Nothing is made or read but a prompt folder. Raises ``InputError`` when that is broken.
    """
    from painter_kit.inference.described import PROMPT_FILE
    from painter_kit.inference.parted import forwards_of, load_prompt

    folder = Path(name)
    return forwards_of(load_prompt(folder)) if (folder / PROMPT_FILE).is_file() else 1


def _seed(name: str, number: str) -> int:
    if not number.isdecimal():
        raise InputError(f"--prompt {name}: the seed must be a whole number, as in random:3")
    return int(number)


def random_prompt(task: Task, dataset: Dataset, spec: Spec[Any], seed: int) -> AnyPrompt:
    """A usable pair of the pool; only the pairs that are tried are loaded."""
    from painter_kit.evaluation.pool import draw_prompt
    from painter_kit.evaluation.splits import make_split, part_split
    from painter_kit.inference.parted import joined

    pool = make_split(dataset, task.name, "pool")

    def draw(part: Task, own: Spec[Any]) -> Prompt:
        pairs = part_split(dataset, part.name, "pool", pool) if task.parts else pool
        return draw_prompt(part, own, pairs, seed)

    provenance = {"data": spec.data, "seed": seed}
    return joined(task, spec, RANDOM, draw, provenance)


def folder_prompt(folder: Path, task: Task, spec: Spec[Any], option: str = "--prompt") -> AnyPrompt:
    """The prompt in a folder. Raises ``InputError``, naming ``option``, if it is not for ``task``.

    For a task with parts the joint ``prompt.json`` may be missing when there is one prompt
    folder per part.
    """
    from painter_kit.inference.described import PROMPT_FILE
    from painter_kit.inference.parted import load_prompt

    if not folder.is_dir():
        raise InputError(
            f"{option} must be {RANDOM}, {RANDOM}:SEED, {RELEASED} or a prompt folder, but "
            f"there is no folder {folder}"
        )
    if task.parts and not (folder / PROMPT_FILE).is_file():
        prompt = _assembled(folder, task)
    else:
        prompt = load_prompt(folder)
    if prompt.task != task.name:
        raise InputError(
            f"{option} {folder} is a prompt for {prompt.task}, not for --task {task.name}; "
            "give another"
        )
    check_parts(prompt, task, spec, f"{option} {folder}")
    return prompt


def _assembled(folder: Path, task: Task) -> PartedPrompt:
    """The prompts of all parts, found side by side."""
    from painter_kit.inference.parted import PartedPrompt
    from painter_kit.inference.prompt import Prompt

    parts = {name: Prompt.load(folder / name) for name in task.parts}
    kinds = {prompt.kind for prompt in parts.values()}
    return PartedPrompt(
        parts,
        task.name,
        kind=kinds.pop() if len(kinds) == 1 else "given",
        confirm_touches=max(prompt.confirm_touches for prompt in parts.values()),
    )


def check_parts(prompt: AnyPrompt, task: Task, spec: Spec[Any], what: str) -> None:
    """Raise ``InputError`` unless ``prompt`` has the parts that ``task`` has."""
    found = {name: part.task for name, part in getattr(prompt, "parts", {}).items()}
    wanted = {name: part.name for name, part, _ in task_parts(task, spec)}
    if found != wanted:
        needed = ", ".join(f"{name} (for {part})" for name, part in wanted.items())
        held = ", ".join(f"{name} (for {part})" for name, part in found.items()) or "no parts"
        raise InputError(f"{what}: task {task.name} needs the parts {needed}; it has {held}")
