"""What an evaluation asks of prompts and says of its setting."""

from pathlib import Path

import numpy as np
import pytest

from painter_kit.cli.evaluate import EvaluateSettings
from painter_kit.cli.evaluate_run import prompt_names, strategy_of
from painter_kit.errors import InputError
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Coding, Pair

PAIR = Pair(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8), Coding())


@pytest.mark.parametrize("name", ["random", "random:7", "released"])
def test_names_are_those_of_every_task(name: str):
    settings = EvaluateSettings(prompt=name)
    assert prompt_names(settings, ["depth", "semantic"]) == {"depth": name, "semantic": name}


def test_all_tasks_need_a_folder_each(tmp_path: Path):
    (tmp_path / "depth").mkdir()
    settings = EvaluateSettings(prompt=str(tmp_path))
    assert prompt_names(settings, ["depth"]) == {"depth": str(tmp_path / "depth")}
    with pytest.raises(InputError, match="has no folder semantic, keypoint; for --task all"):
        prompt_names(settings, ["depth", "semantic", "keypoint"])
    single = EvaluateSettings(task="semantic", prompt=str(tmp_path))
    assert prompt_names(single, ["semantic"]) == {"semantic": str(tmp_path)}


def test_the_strategy_is_that_of_the_search_or_the_kind():
    searched = Prompt(PAIR, "depth", "searched", provenance={"search": {"strategy": "halving"}})
    assert strategy_of(searched) == "halving"
    assert strategy_of(Prompt(PAIR, "depth", "released")) == "released"
