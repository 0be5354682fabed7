"""What the confirm split says: use a random prompt, the rival or the learned one.

The rival is the finished prompt that learning has to beat: what a search found, or the folder that
was given as a start.
"""

from __future__ import annotations

from dataclasses import dataclass

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.gain import Comparison, Gain, compare, plain_gain
from painter_kit.inference.parted import AnyPrompt
from prompt_search.setting import Setting, Yardstick
from prompt_tuning.config import TuneConfig


@dataclass(frozen=True)
class Verdict:
    """What confirm says of the learned prompt and of the rival, if there is one."""

    ours: Comparison
    over_rival: Gain | None
    chosen: str
    panel_values: list[float]


def rival_name(rival: AnyPrompt) -> str:
    """``searched``, or ``given`` for any other finished prompt."""
    return "searched" if rival.kind == "searched" else "given"


def decide(
    setting: Setting,
    panel: Yardstick,
    learned: AnyPrompt,
    rival: AnyPrompt | None,
    config: TuneConfig,
) -> Verdict:
    """Prefer learned or rival over random, and learned over the rival, only on evidence.

    Each step up needs an interval above zero on confirm; the cheaper prompt keeps a tie.
    ``learned`` has been judged on select, which tells how optimistic that was.
    """
    judge, confirm = setting.judge, setting.splits.confirm
    others = judge.table(panel.prompts, confirm)
    ours = judge.records(learned, confirm)

    def against(records: list, baseline: list, on_select: float | None = None) -> Comparison:
        return compare(
            judge.task,
            judge.spec,
            records,
            baseline,
            confirm.groups,
            panel.reference,
            seed=config.seed,
            on_select=on_select,
            resamples=config.resamples,
        )

    on_select = judge.recall(learned, setting.splits.select)
    optimistic = plain_gain(judge.task, judge.spec, on_select, panel.on_select)
    to_panel = against(ours, others, optimistic)
    chosen, over_rival = "learned" if to_panel.gain.confirmed else "random", None
    if rival:
        theirs = judge.records(rival, confirm)
        over_rival = against(ours, [theirs]).gain
        learned_is_best = chosen == "learned" and over_rival.confirmed
        if against(theirs, others).gain.confirmed and not learned_is_best:
            chosen = rival_name(rival)
    values = [primary(judge.task, judge.spec, row) for row in others]
    return Verdict(to_panel, over_rival, chosen, values)
