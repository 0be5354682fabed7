"""How often confirm has been read for a prompt: by this search, and by others of the same store.

Every search that ends with a prompt has read confirm for it once. A search that is resumed or
repeated is the same reader, however often it reads; one with another strategy, seed or budget is
another, since who compares their results chooses on confirm. What a prompt notes of itself,
from a folder that was given, counts too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.inference.prompt import Prompt
from prompt_search.altered import changed
from prompt_search.setting import Setting

# Settings of what follows the choice.
_LATER = ("also", "diagnose", "shuffles", "margin", "resamples")


def counted(
    setting: Setting, prompt: AnyPrompt, decisions: Sequence[Mapping[str, Any]]
) -> AnyPrompt:
    """``prompt``, found by these decisions, with the number of readings, this one included.

    Its parts have their own numbers and the whole the largest of them.
    """
    judge, confirm, reader = setting.judge, setting.splits.confirm, _reader(decisions)

    def count(_: str, own: Prompt) -> Prompt:
        known = judge.reading(own, confirm, reader)
        return replace(own, confirm_touches=max(own.confirm_touches, known))

    made = changed(prompt, count)
    if not isinstance(made, PartedPrompt):
        return made
    return replace(made, confirm_touches=max(p.confirm_touches for p in made.parts.values()))


def _reader(decisions: Sequence[Mapping[str, Any]]) -> str:
    """What a search is known by: all that its choice follows from."""
    starts = [dict(d) for d in decisions if d["event"] == "start" and "config" in d]
    for start in starts:
        config = start["config"].items()
        start["config"] = {k: v for k, v in config if k not in _LATER and "ensemble" not in k}
    told = json.dumps(starts, sort_keys=True, default=list)
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
