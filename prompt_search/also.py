"""The stage after confirm: alternatives to the searched prompt that the user asked for."""

from __future__ import annotations

from functools import partial

from painter_kit.inference.parted import AnyPrompt
from painter_kit.inference.prompt import Prompt
from prompt_search.alternatives import ENSEMBLE, OPTION, PER_CLASS, RETRIEVAL, Alternative
from prompt_search.budget import Budget
from prompt_search.contest import make_contest
from prompt_search.ensembles import measure_ensembles
from prompt_search.per_class import measure_per_class
from prompt_search.result import Trace
from prompt_search.retrieval import measure_retrieval
from prompt_search.setting import Setting, Yardstick

MEASURES = {
    ENSEMBLE: measure_ensembles,
    RETRIEVAL: measure_retrieval,
    PER_CLASS: measure_per_class,
}


def measure_also(
    setting: Setting, panel: Yardstick, prompt: AnyPrompt, trace: Trace, budget: Budget
) -> tuple[list[Alternative], list[str]]:
    """What ``config.also`` names, each against the winner ``prompt`` on confirm, and the names of
    what was left out, because the search was ended.

    They are told, never chosen from: who takes one because of its figures here has read confirm
    as often as its prompts say.
    """
    if not setting.config.also:
        return [], []
    if not isinstance(prompt, Prompt):
        raise TypeError("alternatives need a task without parts")
    contest = make_contest(setting, panel, prompt, trace)
    found, skipped = list[Alternative](), list[str]()
    for name in dict.fromkeys(setting.config.also):
        measured = budget.beside(setting.judge, partial(MEASURES[name], contest))
        if measured is None:
            skipped.append(f"{OPTION} {name}")
        found += measured or []
    # The comparison with the panel has been counted already.
    touched = [one.touched(prompt.confirm_touches + 1 + n) for n, one in enumerate(found)]
    return touched, skipped
