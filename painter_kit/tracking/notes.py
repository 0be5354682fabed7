"""What MLflow shows as the description of an experiment and of a run, in Markdown."""

from __future__ import annotations

from painter_kit.keys import GROUP, KIND, PER_IMAGE, PROMPT_INPUT, PROMPT_TARGET

NOTE = "mlflow.note.content"

EXPERIMENT_NOTE = f"""\
Prompts of a Painter, searched, learned and drawn at random. `painterkit ui` prints links to the
comparison of the latest ones.

* Tag `{KIND}`: `search` and `tune` are the work, each evaluated prompt is a run `prompt`, `train`
  and `benchmark` what they say. Tag `{GROUP}`: runs that belong together.
* **Chart view** of the `prompt` runs of a group: `TASK/METRIC` and `gain/value` (over random
  prompts, positive is better) as bars; `{PROMPT_INPUT}`, `{PROMPT_TARGET}` and `query_00_painted`,
  ... side by side in the image grid, full screen.
* **Table view** (`{PER_IMAGE}`): group by `id`, compare `painted` or the metric, image by image.
* A `tune` run shows the prompt while it is learned: the slider of its pictures is the step.
"""
