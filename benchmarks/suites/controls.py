"""Controls: what a prompt is worth when what it says is taken away or made wrong.

Each replaces the first support of a draw, so that the k-th control stands beside the k-th random
prompt: ``blank`` shows nothing; ``wrong task`` shows the same picture painted for another task of
the data (where there is none: the picture itself, as if nothing were to be done);
``shuffled target`` shows it beside the target of the next support; ``wrong class`` is the prompt of
the next category, of parts by class. Outputs are decoded in the control's own coding, but those of
a wrong task in the prompt's, for which nothing else is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmarks.suites.cells import OpenPart
from painter_kit.inference.prompt import Prompt
from prompt_search.altered import blank, painted_for, with_target
from prompt_search.extras import other_tasks

CONTROLS = ("blank", "wrong task", "shuffled target", "wrong class")


def control_prompts(
    opened: OpenPart,
    supports: Mapping[str, Sequence[Sequence[str]]],
    category: str,
    draw: int,
) -> dict[str, Prompt]:
    """Control -> prompt of one category, for one draw.

    ``supports[category]`` are the supports of every draw, of which the first of each matters.
    """
    draws = supports[category]
    prompt = opened.one(draws[draw][0])
    made = {
        "blank": blank(prompt),
        "wrong task": _wrong_task(opened, prompt, draw),
        "shuffled target": _shuffled(opened, prompt, draws, draw),
    }
    if len(supports) > 1:
        names = list(supports)
        other = supports[names[(names.index(category) + 1) % len(names)]]
        made["wrong class"] = replace(opened.one(other[draw % len(other)][0]), kind="given")
    return made


def _wrong_task(opened: OpenPart, prompt: Prompt, draw: int) -> Prompt:
    """The tasks of the data in turn; those without truth for this picture are passed over."""
    own = _family(opened.task.name)
    tasks = [n for n in other_tasks(opened.task, opened.dataset) if _family(n) != own]
    for turn in range(len(tasks)):
        name = tasks[(draw + turn) % len(tasks)]
        target = painted_for(name, opened.dataset, prompt)
        if target is not None:
            made = with_target(prompt, target)
            if made.digest != prompt.digest:
                return made
    return with_target(prompt, prompt.pair.image)


def _family(task: str) -> str:
    """Label maps in either palette are one task: what the other palette shows is not wrong."""
    return "semantic" if task.endswith("semantic") else task


def _shuffled(
    opened: OpenPart, prompt: Prompt, draws: Sequence[Sequence[str]], draw: int
) -> Prompt:
    """The target of another support in its own coding; that of the prompt where there is none."""
    own = draws[draw][0]
    others = [row[0] for row in (*draws[draw + 1 :], *draws[:draw]) if row[0] != own]
    more = (name for name in opened.usable(_category(opened, own), len(draws) + 2) if name != own)
    name = others[0] if others else next(more, own)
    pair = opened.pair(name)
    return with_target(prompt, pair.target, pair.coding)


def _category(opened: OpenPart, name: str) -> str:
    return opened.shown.categories[opened.places[name]]
