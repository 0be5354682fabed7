"""The run of one evaluated prompt, read back from MLflow."""

import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.cli.prompt_run import (
    About,
    Query,
    paint_queries,
    per_image,
    prompts_in,
    report_prompt,
)
from painter_kit.data.base import open_dataset
from painter_kit.data.pictures import read_image
from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.intervals import Interval
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.model.builders import get_config
from painter_kit.tasks.base import get_task, make_pair, task_parts
from painter_kit.tracking import start_tracking

WORLD, DEPTH = open_dataset("world-shifted"), get_task("depth")
SPEC = WORLD.spec("depth")
EXAMPLES = [WORLD.examples("depth", "test")[i] for i in range(3)]
ABOUT = About("world-shifted", "test", "world-tiny", "abc", "halving", 3, 2)


@pytest.fixture
def prompt() -> Prompt:
    return Prompt(make_pair(DEPTH, SPEC, EXAMPLES[2]), "depth", kind="searched")


def test_every_prompt_has_the_same_keys(mlflow_here: Path, prompt: Prompt):
    opened = start_tracking()
    metrics = {"rmse": Interval(0.5, 0.4, 0.6), "a1": Interval(0.9, float("nan"), float("nan"))}
    query = Query(*(EXAMPLES[0].image for _ in range(3)))
    rows = [{"id": "a", "rmse": 0.4}, {"id": "b", "rmse": None}]
    gain = Gain(0.1, 0.05, 0.15, 0.01, True, optimism=0.02)
    with opened.run("prompt", "searched") as run:
        report_prompt(run, prompt, ABOUT, metrics, gain, [query, query], rows)
    assert opened.client is not None
    data = opened.client.get_run(run.run_id).data
    assert data.params == {
        "task": "depth",
        "data": "world-shifted",
        "split": "test",
        "checkpoint": "world-tiny",
        "model_digest": "abc",
        "prompt_kind": "searched",
        "prompt_digest": prompt.digest,
        "shots": "1",
        "together": "alone",
        "strategy": "halving",
        "seed": "3",
        "n": "2",
    }
    assert data.metrics == {
        "depth/rmse": 0.5,
        "depth/rmse_ci_low": 0.4,
        "depth/rmse_ci_high": 0.6,
        "depth/a1": 0.9,
        "gain/value": 0.1,
        "gain/ci_low": 0.05,
        "gain/ci_high": 0.15,
        "gain/p_value": 0.01,
        "gain/optimism": 0.02,
    }
    folder = next((mlflow_here / "mlartifacts").glob("*/artifacts"))
    pictures = {p.name.split("+")[0] for p in (folder / "images").glob("*.png")}
    assert pictures == {
        "prompt_input",
        "prompt_target",
        *(f"query_{i:02d}_{what}" for i in range(2) for what in ("input", "painted", "truth")),
    }
    table = json.loads((folder / "per_image.json").read_text())
    assert table == {"columns": ["id", "rmse"], "data": [["a", 0.4], ["b", None]]}


def test_queries_are_painted_at_their_own_size_in_the_prompts_coding(prompt: Prompt):
    predictor = Predictor(get_config("world-tiny").build(), 2)
    queries = paint_queries(predictor, prompt, DEPTH, WORLD.spec("depth"), EXAMPLES[:2])
    for query, example in zip(queries, EXAMPLES, strict=False):
        np.testing.assert_array_equal(query.input, example.image)
        assert query.painted.shape == example.image.shape
        np.testing.assert_array_equal(query.truth, make_pair(DEPTH, SPEC, example).target)


def test_table_of_images_leaves_open_what_has_no_value():
    truths = [EXAMPLES[0].truth, {"depth_m": np.zeros_like(EXAMPLES[0].truth["depth_m"])}]
    records = [DEPTH.measure(truths[0]["depth_m"] + 0.5, truth, SPEC) for truth in truths]
    rows = per_image(DEPTH, SPEC, ["a", "b"], records)
    assert rows == [{"id": "a", "rmse": pytest.approx(0.5, abs=1e-5)}, {"id": "b", "rmse": None}]


def test_a_prompt_of_parts_is_shown_and_what_they_make_together(mlflow_here: Path):
    task, spec = get_task("panoptic"), WORLD.spec("panoptic")
    examples = [WORLD.examples("panoptic", "test")[i] for i in range(2)]
    made = {
        name: Prompt(make_pair(part, own, WORLD.examples(part.name, "test")[5]), part.name)
        for name, part, own in task_parts(task, spec)
    }
    prompt = PartedPrompt(made, "panoptic", kind="random")
    predictor = Predictor(get_config("world-tiny").build(), 2)
    queries = paint_queries(predictor, prompt, task, spec, examples)
    for query, example in zip(queries, examples, strict=True):
        assert query.painted.shape == query.truth.shape == example.image.shape
        expected = task.encode(example.truth, prompt.effective(spec), example.image.shape[:2])
        np.testing.assert_array_equal(query.truth, expected)
    opened = start_tracking()
    with opened.run("prompt", "random") as run:
        report_prompt(run, prompt, ABOUT, {}, None, queries)
    folder = next((mlflow_here / "mlartifacts").glob("*/artifacts"))
    pictures = {p.name.split("+")[0]: p for p in (folder / "images").glob("*.png")}
    assert set(pictures) == {
        "prompt_input",
        "prompt_target",
        *(f"query_{i:02d}_{what}" for i in range(2) for what in ("input", "painted", "truth")),
    }
    assert read_image(pictures["prompt_input"]).shape == (64, 2 * 64 + 2, 3)


def test_an_ensemble_shows_each_member_once(prompt: Prompt):
    other = Prompt(make_pair(DEPTH, SPEC, EXAMPLES[1]), "depth")
    shown = prompts_in(EnsemblePrompt((prompt, other, prompt)))
    assert [one.digest for one in shown] == [prompt.digest, other.digest]
    assert prompts_in(prompt) == [prompt]


def test_first_rows_of_the_table_have_pictures():
    records = [DEPTH.measure(e.truth["depth_m"] + 0.5, e.truth, SPEC) for e in EXAMPLES]
    picture = EXAMPLES[0].image
    rows = per_image(DEPTH, SPEC, ["a", "b", "c"], records, [Query(picture, picture, picture)])
    assert [list(row) for row in rows] == [["id", "rmse", "input", "painted", "truth"]] * 3
    shown = rows[0]["painted"]
    assert isinstance(shown, np.ndarray)
    assert shown.shape[0] % picture.shape[0] == 0
    assert [row["painted"] for row in rows[1:]] == [None, None]
