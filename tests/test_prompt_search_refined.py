import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.gain import Gain
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import make_pair
from prompt_search.refined import STUDY_FILE, Refined
from prompt_search.studies import open_study
from tests.toys import SPEC, TOY, make_example

PROMPT = Prompt(make_pair(TOY, SPEC, make_example("p", 9)), "toy", kind="searched")
GAIN = Gain(0.02, -0.01, 0.05, 0.2, confirmed=False, optimism=0.01, metric="error", unit="u")


def refined(over: float, gain: Gain | None = None) -> Refined:
    study = open_study("", np.linspace(0, 1, 8), [4, 8])
    return Refined(SPEC, PROMPT, 24, 900, 0.5, over, gain, studies=[study])


@pytest.mark.parametrize(("over", "used"), [(0.03, True), (0.0, False), (-0.1, False)])
def test_only_what_is_better_is_used(over: float, used: bool):
    assert refined(over).used is used
    assert refined(over).to_json()["used"] is used


def test_the_sentence_says_whether_confirm_supports_it():
    assert refined(0).sentence == (
        "24 edits tried (900 forwards): none is better on select, the winner stays as it is"
    )
    said = refined(0.03, GAIN).sentence
    assert said.startswith("24 edits tried (900 forwards): the best is 0.03 u better on select")
    assert "over the winner on confirm: no evidence of improvement" in said
    assert "95 % interval -0.01 to +0.05" in said


def test_numbers_for_json_and_for_runs():
    value = refined(0.03, GAIN).to_json()
    assert value["gain_over_winner"] == {"select": 0.03, **GAIN.to_json()}
    assert set(refined(0).to_json()["gain_over_winner"]) == set(value["gain_over_winner"])
    json.dumps(refined(0).to_json(), allow_nan=False)
    assert refined(0.03, GAIN).metrics == {
        "refined/select": 0.5,
        "refined/over_select": 0.03,
        "refined/gain_value": 0.02,
        "refined/gain_ci_low": -0.01,
        "refined/gain_ci_high": 0.05,
    }
    assert refined(0).metrics["refined/gain_value"] is None


def test_studies_are_written(tmp_path: Path):
    refined(0).write(tmp_path)
    assert (tmp_path / STUDY_FILE).stat().st_size > 0
