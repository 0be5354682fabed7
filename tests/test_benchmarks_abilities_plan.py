"""The plan of the tables, and the predictor that counts."""

import numpy as np
import pytest
import torch
from tqdm import tqdm

from benchmarks.abilities.plan import WatchedPredictor, forwards, measured_rate, plan_text
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.cost import Rate
from painter_kit.model.builders import get_config
from painter_kit.training.draws import draw_prompts, draw_queries


@pytest.fixture(scope="module")
def predictor() -> WatchedPredictor:
    torch.manual_seed(0)
    return WatchedPredictor(get_config("world-tiny").build(), 2)


def test_the_plan_grows_with_what_is_asked_until_there_is_no_more():
    small, more = forwards(10, 2, 10, 2), forwards(10, 4, 10, 4)
    for section in set(small) - {"picture"}:
        assert more[section] == 2 * small[section]
    assert forwards(5000, 2, 10, 2) == forwards(2000, 2, 10, 2)
    for other in (forwards(20, 2, 10, 2), forwards(10, 4, 10, 2)):
        assert other["bars"] == 2 * small["bars"]
        assert other["reading the prompt"] == small["reading the prompt"]


def test_the_bar_moves_with_what_is_painted(predictor: WatchedPredictor):
    world = open_dataset("world")
    (prompt,) = draw_prompts(world, "depth", 1)
    images = [example.image for example in draw_queries(world, "depth", "test", 3)]
    before = predictor.pictures(prompt, images)
    with tqdm(total=3, disable=False) as predictor.bar:
        predictor.begin("depth")
        again = predictor.pictures(prompt, images)
        assert predictor.bar.n == 3
        assert predictor.bar.desc == "depth: "
    predictor.bar = None
    assert predictor.painted == 6
    np.testing.assert_array_equal(before, again)


def test_a_rate_is_measured_and_told(predictor: WatchedPredictor):
    assert measured_rate(predictor).throughput > 0
    text = plan_text({"bars": 1500, "picture": 500}, Rate(100.0))
    assert text.startswith("plan: 2,000 forwards (bars 1,500, picture 500), about 20.0 s at 100 ")
    assert "cannot be continued" in text
