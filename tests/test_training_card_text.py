"""The card's Markdown, from plain data alone."""

import pytest

from painter_kit.training.card_text import card_markdown

SWITCHING = {"share": 0.999, "shares": {"depth": 0.998, "denoise": None}, "excluded": 3}
FIGURES = {
    "task": "depth",
    "primary": "rmse",
    "direction": "min",
    "unit": "m",
    "prompts": ["train/000001"],
    "examples": 7,
    "metrics": {"rmse": {"mean": 0.64, "sd": None}, "d1": {"mean": None, "sd": None}},
    "baselines": {"mean map rmse": 1.38},
}
CARD = {
    "name": "mine",
    "sha256": "abc",
    "bytes": 8_649_076,
    "model_digest": "def",
    "parameters": 2_159_331,
    "canvas": 64,
    "seed": 3,
    "iterations": 10,
    "samples": 480,
    "seconds": 90.0,
    "samples_per_second": 5.333,
    "recipe": "model: world-tiny\ndata: world\n",
    "validation": {
        "data": "world",
        "split": "test",
        "tasks": [FIGURES],
        "task_switching": SWITCHING,
    },
    "limits": ["Knows little."],
    "measured_limits": ["Cannot count."],
    "history": "Trained once.\n",
}


def test_everything_is_told_in_order():
    text = card_markdown(CARD)
    wanted = (
        "# mine\n\n- configuration `world-tiny`, 2,159,331 parameters, pictures of 64 x 64\n",
        "- seed 3, 10 iterations, 480 samples, 1.5 min wall time, 5.3 samples/s\n",
        "- weights 8,649,076 bytes, SHA-256 `abc`\n- model digest `def`\n",
        "## Validation\n\n`world`, 1 random prompts from training scenes x 7 queries of the test",
        "| depth | rmse (m), lower is better | 0.64 | nan | mean map rmse 1.38 | d1 nan |",
        "Task switching: 99.9% of the outputs",
        "(depth 99.8%, denoise unknown); 3 cases",
        "## How this edition came to be\n\nTrained once.\n\n## Limits\n\n- Knows little.\n",
        "Measured on the test split:\n\n- Cannot count.\n",
        "## Recipe\n\n```yaml\nmodel: world-tiny\ndata: world\n```\n",
    )
    places = [text.find(part) for part in wanted]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ({"validation": None}, "## Validation"),
        ({"history": ""}, "How this edition came to be"),
        ({"measured_limits": []}, "Measured on"),
        ({"validation": CARD["validation"] | {"task_switching": None}}, "Task switching"),
    ],
)
def test_what_there_is_not_is_left_out(left_out: dict, words: str):
    assert words in card_markdown(CARD)
    assert words not in card_markdown(CARD | left_out)


def test_a_training_without_a_time_has_no_rate():
    assert "0.0 min wall time, nan samples/s" in card_markdown(
        CARD | {"seconds": 0.0, "samples_per_second": None}
    )
