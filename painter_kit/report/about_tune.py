"""Sections about a tuning: what was learned, by how much it is better, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from painter_kit.report.about_search import confirm_of
from painter_kit.report.document import (
    Block,
    Card,
    Chart,
    Section,
    Sheet,
    Table,
    Text,
    Tiles,
    as_cell,
)
from painter_kit.report.figures import BLUE, ORANGE, draw_row, forest
from painter_kit.report.gallery import pair_pictures
from painter_kit.report.illustrated import Illustrated
from painter_kit.report.results import (
    HEADS,
    forwards_table,
    gain_lines,
    gain_row,
    gain_tiles,
    metric_name,
    panel_row,
    value_row,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from painter_kit.inference.parted import AnyPrompt

LEARNED, CHOSEN = "learned", "prompt"


def tune_sections(about: Illustrated) -> list[Section]:
    """Everything about one tuning."""
    learned, chosen = about.prompt(LEARNED), about.prompt(CHOSEN)
    examples, shown = about.measured(), []
    if learned is not None and examples is not None:
        shown = [about.shown("learned", learned, examples)]
        if chosen is not None and chosen.digest != learned.digest:
            shown.append(about.shown(str(about.row["chosen"]), chosen, examples))
    return [
        Section("Result", _result(about, learned)),
        Section("Course of learning", _course(about)),
        Section("The prompt", _prompts(about, learned, chosen)),
        *about.galleries(examples, "confirm", shown),
    ]


def _result(about: Illustrated, learned: AnyPrompt | None) -> list[Block]:
    row, confirm, unit = about.row, confirm_of(about, learned), about.unit
    rows = [
        value_row("learned, on select", {"value": row["winner"]["select"]}, "chose the snapshot"),
        value_row("learned, on confirm", confirm, f"of {row['splits']['confirm']} images"),
        panel_row(row["panel"]),
        gain_row("gain over random prompts", row["gain"]),
    ]
    if rival := row.get("rival"):
        rows.append(gain_row(f"gain over the {rival} prompt", row["gain_over_rival"]))
    options = ", ".join(filter(None, ("random", rival)))
    chosen = f"Of {options} and learned, confirm prefers the {row['chosen']} prompt."
    if row.get("loss_is_not_metric"):
        chosen += (
            " Loss is not metric: the loss fell, yet no learned prompt beat the start on select."
        )
    return [
        Tiles(gain_tiles(row, confirm, unit, "learned")),
        Text(chosen),
        Table(HEADS, rows, f"{metric_name(row, unit)}; gains are positive when better."),
        Chart(
            forest(gain_lines(row), f"gain in {row['metric']} on confirm", zero=True),
            f"Gain of the learned prompt, {row['gain']['value']:+.4g}, with its interval",
            "Gain with its 95 % interval over images and prompts.",
        ),
        forwards_table(row),
    ]


def _course(about: Illustrated) -> list[Block]:
    import pandas as pd

    path, blocks = about.run.path, list[Block]()
    for file in sorted(path.glob("snapshots.csv")) + sorted(path.glob("*/snapshots.csv")):
        part = "" if file.parent == path else file.parent.name
        steps, losses = pd.read_csv(file), pd.read_csv(file.with_name("losses.csv"))
        blocks.append(_curves(steps, losses, part, str(about.row["init"])))
    if (path / "robustness.csv").is_file():
        table = pd.read_csv(path / "robustness.csv").astype(object)
        rows = [[as_cell(v) for v in row] for row in table.to_numpy().tolist()]
        caption = f"{about.row['metric']} on select after changes of the pictures."
        blocks.append(Table(list(table.columns), rows, caption))
    return blocks or [Text("No snapshots are there: nothing to draw.", "note")]


def _curves(steps: DataFrame, losses: DataFrame, part: str, init: str) -> Chart:
    """Metric on select by step, and the loss with its running mean."""
    metric = next(name for name in steps.columns if name not in ("step", "loss", "prompt"))

    def measured(axes: Axes) -> None:
        axes.plot(steps["step"], steps[metric], "o-", color=BLUE, ms=4)
        axes.axhline(steps[metric].iloc[0], color=ORANGE, lw=1, label=f"start ({init})")
        axes.set_xlabel("step")
        axes.set_ylabel(f"{metric} on select")
        axes.legend(frameon=False)

    def loss(axes: Axes) -> None:
        axes.plot(losses["step"], losses["loss"], color=BLUE, lw=0.6, alpha=0.5)
        smooth = losses["loss"].rolling(20, min_periods=1).mean()
        axes.plot(losses["step"], smooth, color=BLUE, lw=1.6, label="queries of the pool")
        if "loss" in steps:  # tunings of earlier versions have none
            axes.plot(steps["step"], steps["loss"], "o-", color=ORANGE, ms=4, label="select")
        axes.legend(frameon=False)
        axes.set_xlabel("step")
        axes.set_ylabel("training loss")

    first, last = steps[metric].iloc[0], steps[metric].iloc[-1]
    return Chart(
        draw_row([measured, loss]),
        f"{metric} on select from {first:.4g} at the start to {last:.4g} at the end",
        f"{part}: ".removeprefix(": ")
        + "the metric decides which snapshot is kept; the loss is what learning follows, "
        "thick its running mean over 20 steps, orange the same on pictures of select.",
    )


def _prompts(
    about: Illustrated, learned: AnyPrompt | None, chosen: AnyPrompt | None
) -> list[Block]:
    named = {"learned": learned, f"chosen ({about.row['chosen']})": chosen}
    cards = [
        Card(name, pair_pictures(prompt, name))
        for name, prompt in named.items()
        if prompt is not None
    ]
    return [Sheet(cards)] if cards else [Text("The prompt folders are missing.", "note")]
