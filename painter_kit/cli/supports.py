"""Several prompts for one picture: --support and --together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from painter_kit.errors import InputError

if TYPE_CHECKING:
    from painter_kit.inference.parted import AnyPrompt

F = TypeVar("F", bound=Callable[..., Any])
Together = Literal["output", "features", "grid"]

TOGETHER = (
    "How prompts paint together: average their output (a forward each), share the query's "
    "features (a forward each), or stand in a grid as one picture (one forward) [features]."
)


def support_options(function: F) -> F:
    """Give a verb --support (several times) and --together."""
    choice = click.Choice(["output", "features", "grid"])
    function = click.option("--together", type=choice, help=TOGETHER)(function)
    return click.option(
        "--support",
        "supports",
        multiple=True,
        metavar="DIR|...",
        callback=lambda ctx, param, names: names or None,
        help="A further prompt that paints together with --prompt.",
    )(function)


def join_supports(prompt: AnyPrompt, supports: Sequence[AnyPrompt], how: Together) -> AnyPrompt:
    """All of them as one prompt; ``prompt`` itself when there are no others.

    Raises ``InputError`` for prompts of parts, for ensembles, and for prompts that differ in task
    or in the meaning of their colours.
    """
    from painter_kit.inference.ensemble import EnsemblePrompt, name_of
    from painter_kit.inference.parted import PartedPrompt
    from painter_kit.inference.prompt import Prompt

    if not supports:
        return prompt
    members = [one for one in (prompt, *supports) if isinstance(one, Prompt)]
    for other in (prompt, *supports):
        if isinstance(other, PartedPrompt):
            raise InputError(
                f"--support: task {other.task} has parts, which have a prompt each; leave it out"
            )
    if len(members) <= len(supports):
        raise InputError(
            "--support: one of the prompts is an ensemble already; give the folders of its members"
        )
    kinds = {member.kind for member in members}
    return EnsemblePrompt(
        members=tuple(members),
        how=how,
        kind=kinds.pop() if len(kinds) == 1 else "given",
        spec_digest=members[0].spec_digest,
        model_digest=members[0].model_digest,
        provenance={
            "data": members[0].provenance.get("data", ""),
            "candidate": " + ".join(name_of(member) for member in members),
        },
        confirm_touches=max(member.confirm_touches for member in members),
    )


def support_forwards(names: Sequence[str], how: Together) -> int:
    """Forwards of one picture under the prompts called ``names`` together, at most.

    Raises ``InputError`` for a broken folder.
    """
    from painter_kit.cli.given_prompt import given_forwards

    forwards = [given_forwards(name) for name in dict.fromkeys(names)]
    if len(names) == 1 or how == "output":
        return sum(forwards)
    return 1 if how == "grid" else len(names)


def load_supports(folders: Sequence[str], option: str = "--support") -> list[AnyPrompt]:
    """The prompts in these folders. Raises ``InputError`` naming what is broken."""
    from painter_kit.inference.parted import load_prompt

    for folder in folders:
        if not Path(folder).is_dir():
            raise InputError(f"{option} must be a prompt folder, but there is no folder {folder}")
    return [load_prompt(folder) for folder in folders]
