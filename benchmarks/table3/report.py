"""What the table says: rows in words, and whether the bars are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

NOT_METRIC = "loss is not metric"
FEWEST_GROUPS = 500
_LEAST_SD = -0.25  # of a panel deviation that learned may be below searched
_ABOVE = 4  # rows on which learned must beat searched


def evidence(row: Row) -> str:
    """``gain``, ``below the bar``, or ``no evidence`` where prompts do not differ for sure."""
    if not row["panel_differs"]:
        return "no evidence"
    return (
        "gain"
        if _confirmed(row["searched"]) and in_sd(row, row["searched"]) >= 1
        else "below the bar"
    )


def in_sd(row: Row, gain: Mapping[str, Any], name: str = "gain") -> float:
    """A gain, or a limit of it, in deviations of the panel; NaN where it is unknown."""
    value, sd = gain[name], row["random"]["sd"]
    return value / sd if value is not None and sd > 0 else float("nan")


def _confirmed(gain: Mapping[str, Any]) -> bool:
    return gain["ci_low"] is not None and gain["ci_low"] > 0


def cells(row: Row) -> dict[str, object]:
    """The row in words; gains with 95 % limits, a star where they exclude zero from below."""
    random = row["random"]
    remarks = [evidence(row), *([NOT_METRIC] if row["loss_is_not_metric"] else [])]
    return {
        "task": row["task"],
        "data": row["data"],
        "metric": f"{row['metric']} ({'lower' if row['direction'] == 'min' else 'higher'})",
        "n": row["n"],
        "random": f"{random['mean']:.4g} (sd {random['sd']:.2g})",
        "searched": f"{row['searched']['value']:.4g}",
        "searched gain": _gain(row["searched"]),
        "in sd": f"{in_sd(row, row['searched']):+.2f}",
        "raw learned": f"{row['learned']['value']:.4g}",
        "learned gain": _gain(row["learned"]),
        "learned - searched": _gain(row["learned_over_searched"]),
        "lower limit in sd": f"{in_sd(row, row['learned_over_searched'], 'ci_low'):+.2f}",
        "chosen": row["chosen"],
        "verdict": "; ".join(remarks),
        "steps": row["steps"],
        "learning s": round(row["tune_seconds"]),
        "wall s": round(row["wall_seconds"]),
    }


def _gain(gain: Mapping[str, Any]) -> str:
    known = [gain[name] for name in ("gain", "ci_low", "ci_high")]
    if None in known:
        return f"{gain['gain']:+.3g}" if gain["gain"] is not None else "-"
    value, low, high = known
    return f"{value:+.3g} [{low:+.3g}, {high:+.3g}]{' *' if low > 0 else ''}"


def numbers(row: Row) -> dict[str, object]:
    """The row as plain columns with all digits, for programs."""
    flat = {name: value for name, value in row.items() if not isinstance(value, Mapping)}
    for name in ("random", "searched", "learned", "learned_over_searched"):
        flat |= {f"{name}_{key}": value for key, value in row[name].items()}
    return {**flat, "verdict": evidence(row)}


def bars(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Each bar with what was found and whether it is kept."""
    differ = [row for row in rows if row["panel_differs"]]
    gained = [row for row in rows if evidence(row) == "gain"]
    at = {data: sum(row["data"] == data for row in gained) for data in ("world", "world-shifted")}
    due = [row for row in rows if _confirmed(row["searched"]) and not row["loss_is_not_metric"]]
    near = [r for r in due if in_sd(r, r["learned_over_searched"], "ci_low") > _LEAST_SD]
    above = [row for row in rows if _confirmed(row["learned_over_searched"])]
    few = min((row["groups"] for row in rows), default=0)
    return [
        _bar("test groups of every row", f"{few}", f">= {FEWEST_GROUPS}", few >= FEWEST_GROUPS),
        _bar("searched gains 1 sd where prompts differ", f"{len(gained)} of {len(differ)}", "all",
             len(gained) == len(differ)),
        _bar("rows with a searched gain on world-shifted", f"{at['world-shifted']}", ">= 3",
             at["world-shifted"] >= 3),
        _bar("rows with a searched gain on world", f"{at['world']}", ">= 3", at["world"] >= 3),
        _bar(f"learned - searched above {_LEAST_SD} sd", f"{len(near)} of {len(due)}", "all",
             len(near) == len(due)),
        _bar("rows where learned beats searched", f"{len(above)}", f">= {_ABOVE}",
             len(above) >= _ABOVE),
    ]  # fmt: skip


def _bar(name: str, found: str, wanted: str, kept: bool) -> dict[str, object]:
    return {"bar": name, "found": found, "wanted": wanted, "kept": "yes" if kept else "NO"}


def metrics(rows: Sequence[Row]) -> dict[str, float]:
    """Numbers of all rows by name, for the run of the benchmark."""
    named = {}
    for row in rows:
        prefix = f"{row['data']}/{row['task']}"
        named |= {f"{prefix}/random": row["random"]["mean"], f"{prefix}/sd": row["random"]["sd"]}
        for kind in ("searched", "learned"):
            named |= {f"{prefix}/{kind}": row[kind]["value"]}
            named |= {f"{prefix}/{kind}_{k}": row[kind][k] for k in ("gain", "ci_low", "ci_high")}
    return {name: float(value) for name, value in named.items() if value is not None}
