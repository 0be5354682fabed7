from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.gain import Gain
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import load_prompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import make_pair
from prompt_search.alternatives import (
    ALSO,
    Alternative,
    also_forwards,
    check_also,
    numbers,
    verdicts,
)
from prompt_search.config import SearchConfig
from prompt_search.halving import Halving
from prompt_search.plan import make_plan
from tests.contest_toys import CLASSES, SEMANTIC
from tests.toys import BOTH, BOTH_SPEC, SPEC, TOY, make_example, registered

PROMPT = Prompt(make_pair(TOY, SPEC, make_example("p", 1)), "toy")


def alternative(low: float, high: float, **fields) -> Alternative:
    gain = Gain((low + high) / 2, low, high, 0.2, low > 0, metric="error", unit="u")
    prompts = {"ensemble": EnsemblePrompt((PROMPT,))}
    made = Alternative("ensemble", "an ensemble of 3", 0.5, gain, 3, 90, prompts=prompts)
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ((0.1, 0.3), "an ensemble of 3 helps (gain in error +0.2 u, 95 % interval +0.1 to +0.3)"),
        ((-0.1, 0.3), "no evidence that an ensemble of 3 helps (gain in error +0.1 u, 95 %"),
        ((-0.3, -0.1), "an ensemble of 3 is worse (gain in error -0.2 u, 95 % interval -0.3"),
        ((np.nan, np.nan), "no evidence that an ensemble of 3 helps"),
    ],
)
def test_the_verdict_says_what_the_limits_do(limits: tuple[float, float], verdict: str):
    one = alternative(*limits)
    assert one.verdict.startswith(verdict)
    assert one.verdict.endswith("); it costs 3 x")
    assert alternative(*limits, note="but").verdict.endswith("; it costs 3 x; but")


def test_an_alternative_that_comes_to_nothing_says_only_why():
    assert alternative(0, 0, what="", note="do not ensemble").verdict == "do not ensemble"


def test_plain_data():
    value = alternative(0.1, np.nan, details={"members": ["a"]}).to_json()
    assert set(value) == {
        *("name", "value", "gain", "forwards_per_query", "forwards", "note", "members")
    }
    assert value["gain"] == {"value": None, "ci_low": 0.1, "ci_high": None}
    assert alternative(0.1, 0.3, value=np.nan).to_json()["value"] is None
    assert (value["name"], value["forwards_per_query"], value["forwards"]) == ("ensemble", 3, 90)


def test_only_what_helps_is_written_and_says_how_often_confirm_was_read(tmp_path: Path):
    alternative(-0.1, 0.3).write(tmp_path)
    assert list(tmp_path.iterdir()) == []
    alternative(0.1, 0.3).touched(4).write(tmp_path)
    prompt = load_prompt(tmp_path / "ensemble")
    assert isinstance(prompt, EnsemblePrompt)
    assert prompt.confirm_touches == 4


def test_lines_and_numbers():
    assert verdicts([]) == []
    lines = verdicts([alternative(0.1, 0.3), alternative(-1, 1)])
    assert [line.partition(":")[0] for line in lines[:2]] == ["ensemble", "ensemble"]
    assert lines[2].startswith("confirm was read 3 times")
    found = numbers([alternative(0.1, np.nan)])
    assert found == {"alternatives/ensemble": 0.5, "alternatives/ensemble_gain_ci_low": 0.1}


def test_what_a_task_cannot_have():
    check_also((), TOY, SPEC)
    check_also(ALSO, SEMANTIC, CLASSES)
    check_also(("ensemble", "retrieval"), TOY, SPEC)
    with pytest.raises(InputError, match="--also per-class: task toy has no classes of pixels"):
        check_also(("per-class",), TOY, SPEC)
    viewed = replace(TOY, views=lambda example, spec: example.views)
    check_also(("ensemble",), viewed, SPEC)
    with pytest.raises(InputError, match="--also retrieval: task toy paints crops"):
        check_also(("ensemble", "retrieval"), viewed, SPEC)
    with (
        registered(),
        pytest.raises(InputError, match=r"toy-both has parts; .*\(toy-one, toy-two\)"),
    ):
        check_also(("ensemble",), BOTH, BOTH_SPEC)
    with pytest.raises(InputError, match="--also must name some of ensemble, retrieval, per-class"):
        SearchConfig(also=("ensembles",))


def costs(*also: str, classes: int = 3, **settings) -> int:
    return also_forwards(SearchConfig(also=also, **settings), 64, 96, 50, classes)


def test_what_they_may_cost():
    assert costs() == 0
    assert costs("ensemble") == 8 * 96 + (5 + 3 + 3 + 1) * 50
    assert costs("ensemble", ensemble_finalists=2) == 2 * 96 + (2 + 2 + 2 + 1) * 50
    assert costs("retrieval") == 2 * 64 + 5 * 50
    assert costs("per-class") == 3 * Halving().cells(64, 96) + 7 * 50
    assert costs(*ALSO) == sum(costs(name) for name in ALSO)


def test_the_plan_counts_them_and_says_so():
    config = SearchConfig(also=("ensemble",))
    plain, plan = (make_plan(c, [64], 96, 50, views=2) for c in (SearchConfig(), config))
    assert plan.also_forwards == 2 * costs("ensemble")
    assert plan.total == plain.total + plan.also_forwards
    assert f"at most {plan.also_forwards} for alternatives = {plan.total}" in plan.sentence
    assert "alternatives" not in plain.sentence


@pytest.mark.parametrize("name", ["ensemble_finalists", "ensemble_most", "ensemble_size"])
def test_an_ensemble_needs_two(name: str):
    with pytest.raises(InputError, match=f"{name} of a search must be at least 2"):
        SearchConfig(**{name: 1})
