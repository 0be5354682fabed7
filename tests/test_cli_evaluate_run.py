"""What an evaluation asks of prompts and says of its setting."""

from pathlib import Path

import numpy as np
import pytest

from painter_kit.cli.evaluate import EvaluateSettings
from painter_kit.cli.evaluate_run import (
    alike_warning,
    pictures_of_prompt,
    prompt_names,
    strategy_of,
)
from painter_kit.errors import InputError
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Pair

PAIR = Pair(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8), Coding())


@pytest.mark.parametrize("name", ["random", "random:7", "released"])
def test_names_are_those_of_every_task(name: str):
    settings = EvaluateSettings(prompt=name)
    assert prompt_names(settings, ["depth", "semantic"]) == {"depth": (name,), "semantic": (name,)}


def test_all_tasks_need_a_folder_each(tmp_path: Path):
    (tmp_path / "depth").mkdir()
    settings = EvaluateSettings(prompt=str(tmp_path))
    assert prompt_names(settings, ["depth"]) == {"depth": (str(tmp_path / "depth"),)}
    with pytest.raises(InputError, match="has no folder semantic, keypoint; for --task all"):
        prompt_names(settings, ["depth", "semantic", "keypoint"])
    single = EvaluateSettings(task="semantic", prompt=str(tmp_path))
    assert prompt_names(single, ["semantic"]) == {"semantic": (str(tmp_path),)}


def test_the_warning_names_some_of_the_queries():
    alike = {f"q{i}": "a near-copy" for i in range(5)}
    assert alike_warning("depth", "test", {"q0": "a copy"}) == (
        "depth: 1 pictures of test are copies or near-copies of the prompt's own picture and "
        "flatter it: q0 (a copy)"
    )
    assert alike_warning("depth", "test", alike).endswith(
        "q0 (a near-copy), q1 (a near-copy), q2 (a near-copy), ..."
    )


def test_every_part_of_a_prompt_shows_a_picture():
    prompt = Prompt(PAIR, "depth")
    assert pictures_of_prompt(prompt) == [PAIR.image]
    assert len(pictures_of_prompt(PartedPrompt({"one": prompt, "two": prompt}, "both"))) == 2


def test_the_strategy_is_that_of_the_search_or_the_kind():
    searched = Prompt(
        PAIR, "depth", kind="searched", provenance={"search": {"strategy": "halving"}}
    )
    assert strategy_of(searched) == "halving"
    assert strategy_of(Prompt(PAIR, "depth", kind="released")) == "released"
