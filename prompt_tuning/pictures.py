"""Pictures of a tuning: the prompt over steps, beside its start, and the curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from painter_kit.data.pictures import write_png
from painter_kit.files import atomic
from painter_kit.inference.canvas import resize_picture
from painter_kit.inference.pictures import grid
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Image
from prompt_tuning.course import Snapshot
from prompt_tuning.tune import Learned

STRIP, BESIDE, CURVES = "steps.png", "learned.png", "curves.png"
_SIDE = 128  # largest side of a picture in the strip
_MOST = 12  # pictures of the strip
_SMOOTH = 20  # the mean over this many steps is drawn into the losses


def draw_learned(folder: Path, learned: Learned, metric: str) -> None:
    """Write ``steps.png``, ``learned.png`` and ``curves.png`` into ``folder``."""
    write_png(folder / STRIP, strip(learned.snapshots))
    write_png(folder / BESIDE, beside(learned.start, learned.best.prompt))
    draw_curves(folder / CURVES, learned, metric)


def strip(snapshots: Sequence[Snapshot]) -> Image:
    """Inputs in a row, targets below, from the start to the last step, evenly chosen."""
    places = np.linspace(0, len(snapshots) - 1, min(_MOST, len(snapshots))).round().astype(int)
    pairs = [snapshots[int(i)].prompt.pair for i in places]
    side = min(_SIDE, snapshots[-1].prompt.pair.image.shape[0])
    rows = [[p.image for p in pairs], [p.target for p in pairs]]
    return grid([[resize_picture(one, side, "bicubic") for one in row] for row in rows])


def beside(start: Prompt, learned: Prompt) -> Image:
    """The start on the left, what was learned on the right; inputs above targets (Figure S6).

    Stored prompts are pictures already, so that nothing is rescaled for display.
    """
    side = learned.pair.image.shape[0]
    pairs = start.pair, learned.pair
    rows = [[p.image for p in pairs], [p.target for p in pairs]]
    return grid([[resize_picture(one, side, "bicubic") for one in row] for row in rows])


def draw_curves(path: Path, learned: Learned, metric: str) -> None:
    """Loss of every step with its running mean, loss and metric on select, as one PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    losses = np.array(learned.losses)
    left.plot(np.arange(1, len(losses) + 1), losses, lw=0.5, alpha=0.5)
    width = min(_SMOOTH, len(losses))
    means = np.convolve(losses, np.full(width, 1 / width), "valid")
    left.plot(np.arange(width, len(losses) + 1), means, label="queries of the pool")
    steps = [s.step for s in learned.snapshots]
    left.plot(steps, [s.loss for s in learned.snapshots], "o-", ms=3, label="select")
    left.set(xlabel="step", ylabel="training loss")
    left.legend(frameon=False)
    right.plot(steps, [s.select for s in learned.snapshots], "o-", ms=3)
    right.axhline(learned.snapshots[0].select, color="black", lw=0.5)
    right.plot([learned.best.step], [learned.best.select], "*", ms=10)
    right.set(xlabel="step", ylabel=f"{metric} on select")
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110)
