"""The names that everything is reported under: one schema for all runs, so that pages line up.

Runs are flat. Of every kind those of one group belong together, and every evaluated prompt is one
run of kind ``prompt`` with the same params, metrics, pictures and table, whatever verb measured
it: MLflow's chart view, parallel coordinates, image grid, table view and compare page then put
random, searched and learned prompts side by side without being told how.

======================  ============================================================
tags                    ``KIND``, ``GROUP``; of a prompt ``COLOUR``
params of a prompt      ``PROMPT_PARAMS``
metrics                 ``TASK/METRIC`` with ``_ci_low`` and ``_ci_high`` (of the random panel
                        ``_sd``), ``gain/value``, ``gain/ci_low``, ...
pictures                ``PROMPT_INPUT``, ``PROMPT_TARGET`` (by step while one is learned),
                        ``query_00_input``, ``query_00_painted``, ``query_00_truth``, ...
tables                  ``PER_IMAGE`` of a prompt, ``CANDIDATES`` of a search, ...
======================  ============================================================
"""

from __future__ import annotations

from collections.abc import Mapping

KIND = "painterkit.kind"
KINDS = ("train", "search", "tune", "prompt", "benchmark")
GROUP = "group"
# MLflow draws a run in the colour of this tag; otherwise in one that its id decides, so that two
# of three may look alike.
COLOUR = "mlflow.runColor"
COLOURS = {"random": "#8c8c8c", "searched": "#1f77b4", "learned": "#ff7f0e",
           "released": "#2ca02c", "given": "#9467bd"}  # fmt: skip

PROMPT_PARAMS = ("task", "data", "split", "checkpoint", "model_digest", "prompt_kind",
                 "prompt_digest", "shots", "together", "strategy", "seed", "n")  # fmt: skip

PROMPT_INPUT, PROMPT_TARGET = "prompt_input", "prompt_target"
QUERY_PICTURES = ("input", "painted", "truth")
QUERIES = 4  # queries whose pictures get keys of their own

PER_IMAGE = "per_image.json"
CANDIDATES = "candidates.json"
REFINEMENT = "refinement.json"
SENSITIVITY = "sensitivity.json"
ROBUSTNESS = "robustness.json"


def metric_key(task: str, metric: str) -> str:
    """The name of a task's metric."""
    return f"{task}/{metric}"


def sd_key(task: str, metric: str) -> str:
    """The name of the deviation of a metric among the prompts of a panel."""
    return f"{metric_key(task, metric)}_sd"


def metric_values(task: str, metric: str, values: Mapping[str, float | None]) -> dict[str, float]:
    """``value``, ``ci_low`` and ``ci_high`` of a metric by their names; unknown ones left out."""
    key = metric_key(task, metric)
    named = {"value": key, "ci_low": f"{key}_ci_low", "ci_high": f"{key}_ci_high"}
    known = {name: values.get(name) for name in named}
    return {named[name]: value for name, value in known.items() if value is not None}


def gain_values(values: Mapping[str, float | None], over: str = "gain") -> dict[str, float]:
    """The numbers of a gain by their names; unknown ones left out."""
    fields = ("value", "ci_low", "ci_high", "p_value", "optimism")
    known = {name: values.get(name) for name in fields}
    return {f"{over}/{name}": value for name, value in known.items() if value is not None}


def query_key(index: int, what: str) -> str:
    """The name of a picture of a query; ``what`` is one of ``QUERY_PICTURES``."""
    return f"query_{index:02d}_{what}"
