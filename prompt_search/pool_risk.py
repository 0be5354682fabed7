"""What the caps of a search may have cost, by the panel's measured prompt effect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from painter_kit.evaluation.evaluate import scores
from painter_kit.evaluation.panel import components
from prompt_search.cap import CapRisk
from prompt_search.setting import Setting, Yardstick


def cap_risks(setting: Setting, panels: Sequence[Yardstick]) -> list[CapRisk]:
    """The risk of every part whose pool was capped; ``panels`` are those of the parts."""
    found = []
    for part, panel in zip(setting.parts, panels, strict=True):
        if (cap := part.candidates.cap) is None:
            continue
        judge, lacking = part.judge, cap.loss_in_sd
        rows = [scores(judge.task, row, panel.reference) for row in panel.on_select]
        sd = components(np.array(rows))
        spec = judge.spec
        found.append(
            CapRisk(
                cap,
                lacking * sd.prompt_sd,
                lacking * sd.prompt_sd_high,
                spec.metric,
                spec.unit,
                part.name,
            )
        )
    return found
