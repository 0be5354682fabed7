"""Which exported prompt of a task is its champion: the one that did best on confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Spec

# What must be equal for two figures to be compared.
SAME = ("data", "metric", "model_digest")


@dataclass(frozen=True)
class Standing:
    """What is known of an exported prompt, as text: how it was made, and its figure on confirm."""

    facts: Mapping[str, str]

    @property
    def confirm(self) -> float | None:
        """The primary metric on confirm; None when the prompt was never confirmed."""
        text = self.facts.get("confirm", "")
        return float(text) if text else None

    def beats(self, other: Standing) -> bool:
        """Whether both figures are known, of one kind, and this one is better."""
        ours, theirs = self.confirm, other.confirm
        alike = all(self.facts.get(name) == other.facts.get(name) for name in SAME)
        if ours is None or theirs is None or not alike:
            return False
        return ours < theirs if self.facts["direction"] == "min" else ours > theirs


def standing_of(prompt: AnyPrompt, spec: Spec[Any], model_digest: str) -> Standing:
    """From what was written into the prompt when it was confirmed."""
    confirm = prompt.scores.get("confirm")
    value = confirm.get("value") if isinstance(confirm, Mapping) else None
    # Figures were made with the model that the prompt was made for.
    known = value is not None and prompt.model_digest == model_digest
    return Standing(
        {
            "task": prompt.task,
            "prompt_kind": prompt.kind,
            "prompt_digest": prompt.digest,
            "data": spec.data,
            "metric": spec.metric,
            "direction": spec.direction,
            "model_digest": model_digest,
            "confirm": repr(float(value)) if known and value is not None else "",
        }
    )


def takes_over(new: Standing, old: Standing | None, asked: bool | None) -> tuple[bool, str]:
    """Whether ``new`` becomes the champion, and why, in words.

    ``asked`` True or False decides; None leaves it to the figures on confirm.
    """
    if asked is not None:
        return asked, "as asked" if asked else "not asked for"
    if old is None:
        return True, "the first one"
    if any(new.facts.get(name) != old.facts.get(name) for name in SAME):
        return False, "the champion has other data or weights; --champion overrides"
    ours, theirs = ("unknown" if f is None else f"{f:.4g}" for f in (new.confirm, old.confirm))
    return new.beats(old), f"{new.facts['metric']} on confirm {ours} against {theirs}"
