"""The authors' prompt: what a winner has to beat where the data have one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from painter_kit.errors import InputError
from painter_kit.evaluation.gain import Comparison, Gain, compare
from painter_kit.evaluation.released import RELEASED, has_released, released_prompt
from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Record
from prompt_search.setting import Setting, Yardstick


@dataclass(frozen=True)
class Released:
    """The released ``prompt`` on confirm: ``against_panel`` compares it with the panel mean, and
    ``over`` is how much better the winner is than it (a paired comparison)."""

    prompt: AnyPrompt
    against_panel: Comparison
    over: Gain


def find_released(
    setting: Setting, say: Callable[[str], object] = lambda text: None
) -> AnyPrompt | None:
    """The released prompt of the data; None where they have none, or lack its files (said).

    Raises ``InputError`` when it is missing and the strategy is ``released``.
    """
    dataset, judge = setting.splits.dataset, setting.judge
    needed = setting.config.strategy == RELEASED
    if dataset is None and needed:
        raise InputError(f"--strategy {RELEASED} needs splits that were cut from a dataset")
    if dataset is None or not (needed or has_released(dataset)):
        return None
    try:
        prompt = released_prompt(judge.task, dataset, judge.spec, "--strategy")
    except InputError as error:
        if needed:
            raise
        say(f"not compared with the released prompt: {error}")
        return None
    return replace(prompt, model_digest=judge.model_digest)


def against_released(
    setting: Setting, panel: Yardstick, winner: AnyPrompt, released: AnyPrompt
) -> Released:
    """Judge the released prompt on confirm, where winner and panel have been judged before."""
    judge, confirm, config = setting.judge, setting.splits.confirm, setting.config
    theirs = judge.records(released, confirm)

    def against(ours: list[Record], baseline: list[list[Record]]) -> Comparison:
        return compare(
            judge.task,
            judge.spec,
            ours,
            baseline,
            confirm.groups,
            panel.reference,
            seed=config.seed,
            resamples=config.resamples,
        )

    to_panel = against(theirs, [judge.recall(p, confirm) for p in panel.prompts])
    over = against(judge.recall(winner, confirm), [theirs]).gain
    measured = {"confirm": to_panel.ours.to_json(), "gain": to_panel.gain.to_json()}
    return Released(released.with_scores(measured, 1), to_panel, over)
