"""Addresses of MLflow's pages that show runs; its own landing page shows none of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from painter_kit.keys import GROUP, KIND, metric_key

PROMPTS = f"tags.`{KIND}` = 'prompt'"
MOST_COMPARED = 12  # runs in a link to the compare page
MODES = {"table": "", "charts": "CHART", "images": "ARTIFACT"}


@dataclass(frozen=True)
class Latest:
    """The prompts that were evaluated together most recently."""

    group: str
    task: str
    metric: str
    run_ids: tuple[str, ...]


def runs_link(server: str, experiment_id: str, mode: str = "charts", view: str = "") -> str:
    """The runs of an experiment as ``table``, ``charts`` or ``images`` (tables, with pictures)."""
    shown = f"compareRunsMode={MODES[mode]}&" if MODES[mode] else ""
    kept = f"&viewStateShareKey={view}" if view else ""
    place = f"{server.rstrip('/')}/#/experiments/{experiment_id}/runs"
    return f"{place}?{shown}workflowType=machine_learning{kept}"


def compare_link(server: str, experiment_id: str, run_ids: Sequence[str]) -> str:
    """The page that puts params and metrics of these runs side by side."""
    runs, experiments = (_listed(ids) for ids in (run_ids, [experiment_id]))
    return f"{server.rstrip('/')}/#/compare-runs?runs={runs}&experiments={experiments}"


def _listed(values: Sequence[str]) -> str:
    """A JSON list that survives being clicked in a terminal."""
    return quote(json.dumps(list(values), separators=(",", ":")), safe=",")


def run_link(server: str, experiment_id: str, run_id: str) -> str:
    """The page of one run."""
    return f"{server.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"


def latest_prompts(client: Any, experiment_id: str) -> Latest | None:
    """The group of the prompt run that began last; None when there is none."""
    newest = client.search_runs([experiment_id], PROMPTS, max_results=1)
    if not newest:
        return None
    data = newest[0].data
    group, task, found = data.tags.get(GROUP, ""), data.params.get("task", ""), newest
    if group:
        found = client.search_runs([experiment_id], of_group(group), max_results=MOST_COMPARED)
    run_ids = tuple(run.info.run_id for run in reversed(found))
    return Latest(group, task, _primary(found, task), run_ids)


def of_group(group: str) -> str:
    """MLflow's filter for the prompts of a group; without a group for all."""
    quote = '"' if "'" in group else "'"
    return PROMPTS + (f" AND tags.`{GROUP}` = {quote}{group}{quote}" if group else "")


def _primary(runs: Sequence[Any], task: str) -> str:
    """The metric that has limits, else the first one of the task."""
    names = sorted({name for run in runs for name in run.data.metrics})
    limited = [name.removesuffix("_ci_low") for name in names if name.endswith("_ci_low")]
    own = [name for name in names if name.startswith(metric_key(task, ""))]
    return next((n for n in limited if n in own), own[0] if own else "")
