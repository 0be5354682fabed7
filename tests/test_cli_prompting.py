"""The settings and the panel's run that search-prompt and tune-prompt share."""

from dataclasses import fields

import click
import numpy as np
import pytest

from painter_kit.cli.prompting import PromptSettings, SizeType, of_panel
from painter_kit.config import load_config
from painter_kit.errors import InputError
from painter_kit.evaluation.panel import panel_stats
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Pair
from prompt_search.plan import SearchConfig


def test_a_size_is_a_number_or_all():
    assert [SizeType().convert(v, None, None) for v in ("12", 3, "all")] == [12, 3, "all"]
    with pytest.raises(click.BadParameter, match="neither a whole number nor 'all'"):
        SizeType().convert("most", None, None)


def test_sizes_from_a_file_are_held_to_the_same():
    assert load_config(PromptSettings, None, ["pool=all", "test=7"]).pool == "all"
    with pytest.raises(InputError, match="pool must be"):
        load_config(PromptSettings, None, ["pool=most"])
    with pytest.raises(InputError, match="forward_batch must be at least 1"):
        load_config(PromptSettings, None, ["forward_batch=0"])


def test_shared_defaults_are_those_of_the_search():
    shared = {f.name for f in fields(PromptSettings)} & {f.name for f in fields(SearchConfig)}
    assert shared == {"seed", "panel", "resamples"}
    for name in shared:
        assert getattr(PromptSettings(), name) == getattr(SearchConfig(), name)


def test_the_panel_is_shown_by_its_median_prompt():
    flat = [np.full((4, 4, 3), level, np.uint8) for level in (0, 50, 100, 150)]
    prompts = [Prompt(Pair(p, p, Coding()), "depth", "random") for p in flat]
    values = [4.0, 1.0, 2.0, 3.0]
    measured = of_panel(panel_stats(np.array(values)), prompts, values)
    assert measured.prompt is prompts[2]  # the lower one of the two in the middle
    assert (measured.value.value, measured.strategy, measured.gain) == (2.5, "random", None)
    assert measured.sd == pytest.approx(np.std(values, ddof=1))
    assert not np.isfinite([measured.value.low, measured.value.high]).any()
