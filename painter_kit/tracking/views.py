"""A view of MLflow's run page on the prompts that were evaluated last, kept in the experiment.

A link cannot carry columns or charts. MLflow keeps a shared view (filter, columns, charts) as JSON
in a tag of the experiment, which its own share button does too, and a link names the view's key.
What MLflow finds in the runs beside these charts it adds by itself, at the end.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from painter_kit.keys import (
    PROMPT_INPUT,
    PROMPT_TARGET,
    QUERIES,
    gain_values,
    metric_key,
    query_key,
)
from painter_kit.tracking.links import Latest, of_group

VIEW = "painterkit"
VIEW_TAG = f"mlflow.sharedViewState.{VIEW}"
PICTURE_HEIGHT, CHART_HEIGHT = 560, 300  # pixels of a card


def keep_view(client: Any, experiment_id: str, latest: Latest) -> str:
    """Keep the view on these prompts in the experiment, in the place of the last; its key."""
    client.set_experiment_tag(experiment_id, VIEW_TAG, json.dumps(view_of(latest)))
    return VIEW


def view_of(latest: Latest) -> dict[str, object]:
    """The state of MLflow's run page that shows these prompts and what tells them apart."""
    charts, sections = _charts(latest)
    columns = _columns(latest)
    return {
        "searchFilter": of_group(latest.group),
        "selectedColumns": columns,
        "columnOrder": columns,
        "runsHiddenMode": "FIRST_20_RUNS",
        "compareRunCharts": charts,
        "compareRunSections": sections,
        "isAccordionReordered": True,
    }


def _columns(latest: Latest) -> list[str]:
    gains = gain_values(dict.fromkeys(("value", "ci_low", "ci_high"), 0.0))
    metrics = [latest.metric, f"{latest.metric}_ci_low", f"{latest.metric}_ci_high", *gains]
    params = ("prompt_kind", "strategy", "data", "split", "n")
    return [*(f"params.`{name}`" for name in params), *(f"metrics.`{name}`" for name in metrics)]


def _charts(latest: Latest) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Cards and the sections that hold them: pictures of all runs side by side, then numbers."""
    painted = [query_key(i, "painted") for i in range(QUERIES)]
    truths = [query_key(i, what) for i in range(QUERIES) for what in ("input", "truth")]
    pictures = {
        "what each prompt paints": painted,
        "the prompts": [PROMPT_INPUT, PROMPT_TARGET],
        "queries and their truth": truths,
    }
    cards = [_pictures(name, keys) for name, keys in pictures.items()]
    gain = metric_key("gain", "value")
    cards += [_bar(latest.task, latest.metric), _bar("gain", gain)]
    limits = [f"{latest.metric}_ci_low", f"{latest.metric}_ci_high", "gain/ci_low", "gain/ci_high"]
    cards += [_bar(key.partition("/")[0], key, deleted=True) for key in limits]  # said by columns
    cards.append(_parallel(latest.task, ("prompt_kind", "strategy"), (latest.metric,)))
    sections = [_section("pictures", 1, PICTURE_HEIGHT)]
    sections += [_section(name, 3, CHART_HEIGHT) for name in (latest.task, "gain")]
    return cards, sections


def _section(name: str, columns: int, height: int) -> dict[str, object]:
    return {
        "uuid": _section_id(name),
        "name": name,
        "display": True,
        "isReordered": True,
        "deleted": False,
        "isGenerated": False,
        "columns": columns,
        "cardHeight": height,
    }


def _section_id(name: str) -> str:
    return f"{VIEW}-{name}"


def _card(kind: str, section: str, name: str, **more: object) -> dict[str, object]:
    return {
        "type": kind,
        "uuid": f"{VIEW}-{kind}-{name}",
        "metricSectionId": _section_id(section),
        "runsCountToCompare": 10,
        "deleted": False,
        "isGenerated": False,
        "displayName": name,
        **more,
    }


def _pictures(name: str, keys: Sequence[str]) -> dict[str, object]:
    return _card("IMAGE", "pictures", name, imageKeys=list(keys), step=0, showRunParams=False)


def _bar(section: str, key: str, deleted: bool = False) -> dict[str, object]:
    return _card("BAR", section, key.rpartition("/")[2], metricKey=key, deleted=deleted)


def _parallel(section: str, params: Sequence[str], metrics: Sequence[str]) -> dict[str, object]:
    chosen = {"selectedParams": list(params), "selectedMetrics": list(metrics)}
    return _card("PARALLEL", section, "parallel coordinates", showAllRuns=False, **chosen)
