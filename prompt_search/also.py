"""The stage after confirm: alternatives to the searched prompt that the user asked for."""

from __future__ import annotations

from painter_kit.inference.parted import AnyPrompt
from painter_kit.inference.prompt import Prompt
from prompt_search.alternatives import ENSEMBLE, PER_CLASS, RETRIEVAL, Alternative
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
    setting: Setting, panel: Yardstick, prompt: AnyPrompt, trace: Trace
) -> list[Alternative]:
    """What ``config.also`` names, each against the winner ``prompt`` on confirm.

    They are told, never chosen from: who takes one because of its figures here has read confirm
    as often as its prompts say.
    """
    if not setting.config.also:
        return []
    if not isinstance(prompt, Prompt):
        raise TypeError("alternatives need a task without parts")
    contest = make_contest(setting, panel, prompt, trace)
    found = [one for name in dict.fromkeys(setting.config.also) for one in MEASURES[name](contest)]
    # The comparison with the panel has been counted already.
    return [one.touched(prompt.confirm_touches + 1 + place) for place, one in enumerate(found)]
