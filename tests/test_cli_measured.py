"""What is told of measured prompts."""

import numpy as np
import pytest

from painter_kit.cli.measured import of_panel
from painter_kit.evaluation.panel import panel_stats
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Pair


def test_the_panel_is_shown_by_its_median_prompt():
    picture = np.zeros((4, 4, 3), np.uint8)
    median = Prompt(Pair(picture, picture, Coding()), "depth", kind="random")
    values = [4.0, 1.0, 2.0, 3.0]
    measured = of_panel(panel_stats(np.array(values)), median)
    assert measured.prompt is median
    assert (measured.value.value, measured.strategy, measured.gain) == (2.5, "random", None)
    assert measured.sd == pytest.approx(np.std(values, ddof=1))
    assert not np.isfinite([measured.value.low, measured.value.high]).any()
