"""What the confirm split says: use a random, the searched or the learned prompt."""

from __future__ import annotations

from dataclasses import dataclass

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.gain import Comparison, Gain, compare, plain_gain
from painter_kit.inference.parted import AnyPrompt
from prompt_search.setting import Setting, Yardstick
from prompt_tuning.config import TuneConfig


@dataclass(frozen=True)
class Verdict:
    """What confirm says of the learned prompt and of the searched one, if there is one."""

    ours: Comparison
    over_searched: Gain | None
    chosen: str
    panel_values: list[float]


def decide(
    setting: Setting,
    panel: Yardstick,
    learned: AnyPrompt,
    searched: AnyPrompt | None,
    config: TuneConfig,
) -> Verdict:
    """Prefer learned or searched over random, and learned over searched, only on evidence.

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
    chosen, over_searched = "learned" if to_panel.gain.confirmed else "random", None
    if searched:
        theirs = judge.records(searched, confirm)
        over_searched = against(ours, [theirs]).gain
        if against(theirs, others).gain.confirmed and not over_searched.confirmed:
            chosen = "searched"
    values = [primary(judge.task, judge.spec, row) for row in others]
    return Verdict(to_panel, over_searched, chosen, values)
