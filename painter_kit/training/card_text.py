"""The model card for people, made from what its JSON holds, so that both always say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from painter_kit.training.validate import figures_table


def card_markdown(card: Mapping[str, Any]) -> str:
    """The Markdown of a card as ``Card.to_json`` gives it, or as it is read from its file."""
    parts = [f"# {card['name']}", _facts(card)]
    if card["validation"]:
        parts += ["## Validation", *_validated(card["validation"])]
    if card["history"]:
        parts += ["## How this edition came to be", card["history"].strip()]
    parts += ["## Limits", _listed(card["limits"])]
    if card.get("measured_limits"):
        parts += ["Measured on the test split:", _listed(card["measured_limits"])]
    parts += ["## Recipe", f"```yaml\n{card['recipe']}```"]
    return "\n\n".join(parts) + "\n"


def _facts(card: Mapping[str, Any]) -> str:
    rate = card["samples_per_second"]
    shown = f"{float('nan') if rate is None else rate:.1f} samples/s"
    facts = [
        f"configuration `{yaml.safe_load(card['recipe'])['model']}`, {card['parameters']:,} "
        f"parameters, pictures of {card['canvas']} x {card['canvas']}",
        f"seed {card['seed']}, {card['iterations']} iterations, {card['samples']} samples, "
        f"{card['seconds'] / 60:.1f} min wall time, {shown}",
        f"weights {card['bytes']:,} bytes, SHA-256 `{card['sha256']}`",
        f"model digest `{card['model_digest']}`",
    ]
    return _listed(facts)


def _listed(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _validated(validation: Mapping[str, Any]) -> Iterator[str]:
    first = validation["tasks"][0]
    yield (
        f"`{validation['data']}`, {len(first['prompts'])} random prompts from training scenes x "
        f"{first['examples']} queries of the {validation['split']} split of each task."
    )
    yield figures_table(validation["tasks"])
    if not (switching := validation["task_switching"]):
        return
    shares = ", ".join(f"{task} {_share(v)}" for task, v in switching["shares"].items())
    yield (
        f"Task switching: {_share(switching['share'])} of the outputs are nearest to the target of "
        f"the prompted task ({shares}); {switching['excluded']} cases with targets that look alike "
        "are left out. Restoration is asked on corrupted pictures, the others on clean ones."
    )


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"
