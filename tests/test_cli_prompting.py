"""The settings and the panel's run that search-prompt and tune-prompt share."""

from dataclasses import fields

import click
import pytest

from painter_kit.cli.prompting import PromptSettings, SizeType
from painter_kit.config import load_config
from painter_kit.errors import InputError
from prompt_search.config import SearchConfig


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
