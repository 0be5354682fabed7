"""The table of searches: for people, as CSV, and as a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.output import markdown_table, write_csv
from painter_kit.files import atomic, write_text
from prompt_search.result import SearchResult

NAME = "search_table"
LEGEND = (
    "Deviations of prompt, image and interaction are those of a random panel's scores on the "
    "select images. The expected gain of the best candidate supposes normal effects of prompts; "
    "where few prompts are bad and none is outstanding, less is to be had. Random (mean +- "
    "deviation of the panel), searched and the gain are on n confirm images, which chose nothing; "
    "a star marks a gain whose 95 % interval lies above zero. Optimism: how much larger the gain "
    "looked on select. A task whose prompts are interchangeable is not raced: its best of the "
    "panel is shown. Shares are of exhaustive. Forwards in all are those of panel and winner on "
    "select and on n confirm images too. Searches confirm on 128 unless told otherwise, which "
    "stays below 9 % in all at this size (`python -m benchmarks.search_replay run` counts it). "
    "Panoptic races both parts, and once more by the metric of the whole: its shares are larger."
)


def words(result: SearchResult) -> dict[str, object]:
    """The row of one search in words; a star where the interval of the gain is above zero."""
    spec, gain, sd = result.spec, result.gain, result.components
    arrow = "lower" if spec.direction == "min" else "higher"
    confirm, share = result.winner.confirm, result.forwards["select"] / result.exhaustive_forwards
    all_forwards = result.forwards["new"] + result.forwards["reused"]
    return {
        "task": spec.task,
        "data": spec.data,
        "metric": f"{spec.metric} ({spec.unit or '0..1'}, {arrow} is better)",
        "prompt sd": _within(sd.prompt_sd, sd.prompt_sd_low, sd.prompt_sd_high),
        "image sd": _within(sd.image_sd, sd.image_sd_low, sd.image_sd_high),
        "interaction sd": _within(sd.interaction_sd, sd.interaction_sd_low, sd.interaction_sd_high),
        "expected gain": "; ".join(_expected(outlook) for outlook in result.outlooks),
        "random": f"{result.panel.mean:.4g} +- {result.panel.sd:.2g}",
        "searched": f"{confirm.value:.4g} [{confirm.low:.4g}, {confirm.high:.4g}]",
        "gain": _signed(gain.value, gain.ci_low, gain.ci_high) + (" *" if gain.confirmed else ""),
        "optimism": f"{gain.optimism or 0:+.2g}",
        "n": result.splits["confirm"],
        "forwards to select": f"{result.forwards['select']} ({share:.1%})",
        "forwards in all": f"{all_forwards} ({all_forwards / result.exhaustive_forwards:.1%})",
        "note": "interchangeable" if result.interchangeable else "",
    }


def _within(value: float, low: float, high: float) -> str:
    """Value and limits in two digits."""
    return f"{value:.2g} [{low:.2g}, {high:.2g}]"


def _signed(value: float, low: float, high: float) -> str:
    """Value and limits with their signs; zero is never minus."""
    return "{:+.3g} [{:+.3g}, {:+.3g}]".format(*(number + 0.0 for number in (value, low, high)))


def _expected(outlook: Mapping[str, Any]) -> str:
    low, high = outlook["expected_gain_ci_low"], outlook["expected_gain_ci_high"]
    text = _within(outlook["expected_gain_value"], low, high)
    return f"{outlook.get('part', '')} {text}".lstrip()


def numbers(result: SearchResult) -> dict[str, object]:
    """The same for programs; the expected gain of a task without parts only."""
    value = result.to_json()
    names = ("task", "data", "metric", "direction", "strategy", "seed", "exhaustive_forwards")
    first = value["outlook"][0] if len(value["outlook"]) == 1 else {}
    return {
        **{name: value[name] for name in (*names, "model_digest")},
        **result.components.to_json(),
        **{k: first.get(k) for k in (f"expected_gain_{n}" for n in ("value", "ci_low", "ci_high"))},
        **{f"random_{k}": v for k, v in value["panel"].items()},
        **{f"searched_{k}": v for k, v in result.winner.confirm.to_json().items()},
        "winner": result.winner.id,
        **{f"gain_{k}": v for k, v in value["gain"].items()},
        **{f"n_{k}": v for k, v in value["splits"].items() if k != "test"},
        **{f"forwards_{k}": v for k, v in value["forwards"].items()},
        "interchangeable": result.interchangeable,
    }


def write_table(results: Sequence[SearchResult], folder: Path) -> str:
    """Write ``search_table.md``, ``.csv`` and ``.png``; returns the Markdown table."""
    text = markdown_table([words(result) for result in results]) + "\n"
    write_text(folder / f"{NAME}.md", text)
    write_csv(folder / f"{NAME}.csv", [numbers(result) for result in results])
    draw(results, folder / f"{NAME}.png")
    return text


def page(table: str) -> str:
    """The table as a page of its own."""
    return f"# What searching is worth\n\n{LEGEND}\n\n{table}"


def draw(results: Sequence[SearchResult], path: Path) -> None:
    """PNG: measured gain with its interval, and the expected one as a bar, in percent of what
    random prompts reach."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 1.2 + 0.35 * len(results)), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    for place, result in enumerate(results):
        if not result.panel.mean:  # nothing is a share of zero
            continue
        scale, gain = 100 / abs(result.panel.mean), result.gain
        if len(result.outlooks) == 1:
            outlook = result.outlooks[0]
            low, high = (outlook[f"expected_gain_ci_{end}"] for end in ("low", "high"))
            axis.barh(place, scale * (high - low), left=scale * low, color="0.85", height=0.7)
        ends = [[scale * (gain.value - gain.ci_low)], [scale * (gain.ci_high - gain.value)]]
        color = "C0" if gain.confirmed else "C7"
        axis.errorbar(scale * gain.value, place, xerr=ends, fmt="o", color=color, ms=4, capsize=2)
    axis.set_yticks(range(len(results)), [f"{r.spec.task}, {r.spec.data}" for r in results])
    axis.invert_yaxis()
    axis.axvline(0, color="black", lw=0.5)
    axis.set_xlabel("gain of the searched prompt, % of the random mean (grey: expected)")
    axis.grid(alpha=0.2, axis="x")
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110)
