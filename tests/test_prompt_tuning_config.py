"""Settings of a tuning: what is refused, and what follows from the model's size."""

import math

import pytest
import torch

from painter_kit.errors import InputError
from painter_kit.model.builders import CONFIGS
from prompt_tuning.config import CHOICES, Pace, TuneConfig


def sized(name: str):
    with torch.device("meta"):
        return CONFIGS[name].build()


def test_the_embedded_model_is_tuned_in_minutes():
    pace = TuneConfig().pace(sized("world-tiny"))
    assert pace.steps <= 300
    assert (pace.batch, pace.micro) == (16, 16)
    assert pace.rate == 0.02


def test_the_released_model_has_the_length_of_the_literature():
    pace = TuneConfig().pace(sized("painter-vit-large"))
    assert pace == Pace(2000, 32, 4, 0.02, 100, pytest.approx(0.99))
    for words in ("2000 steps x 32 queries (4 at a time)", "rate 0.02", "every 100 steps"):
        assert words in pace.sentence


def test_what_is_given_is_kept():
    config = TuneConfig(steps=7, batch=3, micro=9, rate=0.5, evaluate_every=2, ema=0.25)
    assert config.pace(sized("world-tiny")) == Pace(7, 3, 3, 0.5, 2, 0.25)


def test_the_average_looks_back_less_in_a_short_run():
    model = sized("world-tiny")
    assert TuneConfig(steps=10).pace(model).ema == 0
    assert TuneConfig(steps=40).pace(model).ema == 0.5


def test_the_authors_preset_is_fast_and_short():
    model = sized("painter-vit-large")
    author, usual = (TuneConfig(parametrisation=kind).pace(model) for kind in ("author", "rgb"))
    assert author.rate == 0.1
    assert author.steps < usual.steps


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("steps", 0), ("batch", 0), ("micro", 0), ("evaluate_every", 0), ("panel", 1)),
        *(("resamples", 99), ("patience", -1), ("starts", 0), ("sweep", -1), ("save_every", 0)),
        *(("rate", 0.0), ("clip", -1.0), ("warmup", 1.0), ("ema", 1.0), ("rounding", -0.1)),
        *(("rate", math.inf), ("smoothness", math.inf)),
        *(("smoothness", -1.0), ("residual_budget", 0.001), ("border_width", 0)),
    ],
)
def test_settings_outside_their_range_are_named(name: str, value: float):
    with pytest.raises(InputError, match=f"{name} of tuning must be .*{value}"):
        TuneConfig(**{name: value})


@pytest.mark.parametrize("name", CHOICES)
def test_unknown_names_list_the_known(name: str):
    with pytest.raises(InputError, match=f"{name} of tuning must be one of {CHOICES[name][0]}, "):
        TuneConfig(**{name: "other"})


def test_a_palette_locks_a_target_that_must_be_learned():
    with pytest.raises(InputError, match="which learn=input does not learn"):
        TuneConfig(parametrisation="palette", learn="input")
