"""Tables of speed, memory, operations and search, as Markdown."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from benchmarks.output import markdown_table
from benchmarks.speed.contest import CONTESTANTS, OURS, Result, ratios
from benchmarks.speed.search import EndToEnd

Row = Mapping[str, object]


def speed_rows(model: str, batch: int, results: Mapping[str, Result]) -> list[Row]:
    """One line per contestant; what is not installed says so."""
    rows = []
    for name in CONTESTANTS:
        row: dict[str, object] = {"model": model, "batch": batch, "contestant": name}
        if name not in results:
            missing = ("CPU s", "images/s", "times ours", "least", "most", "difference")
            rows.append({**row, **dict.fromkeys(missing, "not installed")})
            continue
        middle = float(np.median(results[name].seconds))
        ratio, least, most = ratios(results, name)
        rows.append(
            {
                **row,
                "CPU s": f"{middle:.4g}",
                "images/s": f"{batch / middle:.3g}",
                "times ours": f"{ratio:.2f}",
                "least": f"{least:.2f}",
                "most": f"{most:.2f}",
                "difference": f"{results[name].difference:.1e}",
            }
        )
    return rows


def memory_rows(model: str, batch: int, peaks: Mapping[str, float]) -> list[Row]:
    """One line per contestant: MB of the first forward beside the weights."""
    return [
        {
            "model": model,
            "batch": batch,
            "contestant": name,
            "extra MB": f"{peak / 1e6:.0f}",
            "of which ours": f"{peaks[OURS] / peak:.0%}" if peak else "-",
        }
        for name, peak in peaks.items()
    ]


def search_rows(found: Sequence[EndToEnd]) -> list[Row]:
    """One line per task: milliseconds of CPU per forward, and the share of the pure rate."""
    return [
        {
            "task": one.task,
            "forwards": one.forwards,
            "network ms": f"{1e3 * one.network:.2f}",
            "painting ms": f"{1e3 * one.painting:.2f}",
            "decoding and measuring ms": f"{1e3 * one.measuring:.2f}",
            "judging ms": f"{1e3 * one.judging:.2f}",
            "share of the pure rate": f"{one.share:.0%}",
            "measuring per forward": f"{one.measuring_share:.0%}",
            "misses": one.missed or "-",
            "loading ms per example": f"{1e3 * one.loading:.2f}",
        }
        for one in found
    ]


def machine(peak: float) -> str:
    """What measured, and when; ``peak`` in FLOP per CPU second."""
    return (
        f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; "
        f"{torch.get_num_threads()} thread(s), torch {torch.__version__}; matrix products reach "
        f"{peak / 1e9:.0f} GFLOP/s; {datetime.now(UTC):%Y-%m-%d}"
    )


def processor() -> str:
    """The processor's name where Linux tells it."""
    path = Path("/proc") / "cpuinfo"
    found = re.search(r"^model name\s*:\s*(.+)$", path.read_text(), re.M) if path.exists() else None
    return found[1].strip() if found else platform.processor() or "unknown processor"


def report(tables: Mapping[str, Sequence[Row]], peak: float) -> str:
    """All tables as one page; CPU time, interleaved rounds in one process."""
    parts = [
        f"# Speed\n\n{machine(peak)}. CPU seconds, medians of interleaved rounds. A search's share "
        "of the pure rate leaves out the loading of examples, which happens once.\n"
    ]
    parts += [f"## {title}\n\n{markdown_table(rows)}\n" for title, rows in tables.items()]
    return "\n".join(parts)
