from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.gain import plain_gain
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Pair
from prompt_search.config import SearchConfig
from prompt_search.released import against_released, find_released
from prompt_search.setting import Setting, measure_panel, prepare
from tests.test_prompt_search_search import decisions, search, search_both
from tests.toys import SPEC, TOY, Published, ToyData, ToyPainter, toy_data

QUICK = SearchConfig(panel=4, resamples=400)
PUBLISHED = Published(toy_data().subsets)


@dataclass(frozen=True)
class Missing(ToyData):
    """Published, but the files are not here."""

    def released(self, task: str) -> Pair:
        raise InputError(f"prompt of {task}: no such file; get it")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as store:
        yield store


def setting(store: Store, data: ToyData, strategy: str = "halving") -> Setting:
    splits = make_splits(data, "toy")
    judge = Judge(TOY, SPEC, ToyPainter(), store, "model")
    return prepare(judge, splits, replace(QUICK, strategy=strategy))


def test_found_where_the_data_have_it(store: Store):
    prompt = find_released(setting(store, PUBLISHED))
    assert prompt is not None
    assert (prompt.kind, prompt.model_digest) == ("released", "model")
    assert find_released(setting(store, toy_data())) is None


def test_missing_files_are_said_and_stop_only_the_strategy(store: Store):
    said, data = [], Missing(toy_data().subsets)
    assert find_released(setting(store, data), said.append) is None
    assert said == ["not compared with the released prompt: prompt of toy: no such file; get it"]
    with pytest.raises(InputError, match="no such file; get it"):
        find_released(setting(store, data, "released"))


def test_the_strategy_needs_data_that_have_one(store: Store):
    with pytest.raises(InputError, match="--strategy released: --data toys has no released prompt"):
        find_released(setting(store, toy_data(), "released"))
    made = setting(store, toy_data(), "released")
    nowhere = replace(made, splits=replace(made.splits, dataset=None))
    with pytest.raises(InputError, match="needs splits that were cut from a dataset"):
        find_released(nowhere)


def test_the_comparison_is_paired_and_on_confirm(store: Store):
    made = setting(store, PUBLISHED)
    released, panel, judge = find_released(made), measure_panel(made), made.judge
    assert released is not None
    winner, confirm = made.join([5]), made.splits.confirm
    ours = judge.records(winner, confirm)
    others = [judge.records(p, confirm) for p in panel.prompts]
    before = judge.requested
    found = against_released(made, panel, winner, released)
    assert judge.requested - before == len(confirm)
    theirs = judge.recall(released, confirm)
    assert found.over.value == pytest.approx(plain_gain(TOY, SPEC, ours, [theirs]))
    gain = found.against_panel.gain
    assert gain.value == pytest.approx(plain_gain(TOY, SPEC, theirs, others))
    # Quality 200 against about 100: the released one is better than both.
    assert gain.confirmed
    assert found.over.ci_high < 0
    # Pairing takes the pictures' difficulty out: narrower than the value's own interval.
    value = found.against_panel.ours
    assert found.over.ci_high - found.over.ci_low < value.high - value.low
    assert found.prompt.scores["gain"]["value"] == gain.value
    assert found.prompt.confirm_touches == 1
    assert np.isfinite([found.over.p_value, value.value]).all()


def published(quality: int = 200, **sizes: int) -> Published:
    return Published(toy_data(**sizes).subsets, quality=quality)


def test_the_winner_is_compared_with_the_released_prompt(tmp_path: Path):
    plain = search(tmp_path / "a", toy_data(best=3))
    result = search(tmp_path / "b", published(quality=60, best=3))
    assert plain.released is None
    assert "over_released" not in plain.to_json()
    assert result.released is not None
    assert result.forwards["confirm"] == plain.forwards["confirm"] + 40
    over = result.to_json()["over_released"]
    assert over["value"] == pytest.approx(0.1 * 195 / 255, abs=0.03)  # quality 255 against 60
    assert "against the released prompt: gain in error" in result.summary
    assert result.gain == plain.gain


def test_the_released_prompt_as_the_strategy(tmp_path: Path):
    config, out = replace(QUICK, strategy="released"), tmp_path / "out"
    painter, said = ToyPainter(), []
    result = search(tmp_path, published(), painter, config, out=out, say=said.append)
    assert result.released is None
    assert (result.winner.id, result.prompt.kind) == ("released", "released")
    assert result.forwards == {
        **{"panel": 4 * 80, "select": 40, "confirm": 40},
        **{"new": 4 * 80 + 80, "reused": 0},
    }
    assert str(4 * 80 + 80) in said[0]
    assert result.gain.value == pytest.approx(0.1 * 100 / 255, abs=0.03)
    assert result.gain.optimism is not None
    assert result.summary.startswith("released prompt for toy on toys")
    assert [d["event"] for d in result.trace.decisions] == ["start", "outlook", "winner"]
    prompt = Prompt.load(out / "prompt")
    assert (prompt.kind, prompt.confirm_touches) == ("released", 1)
    again = search(tmp_path, published(), config=config)
    assert again.forwards["new"] == 0
    assert decisions(again) == decisions(result)
    with pytest.raises(InputError, match="--strategy released: --data toys has no released"):
        search(tmp_path, toy_data(), config=config)


def test_released_parts(tmp_path: Path):
    config = replace(QUICK, strategy="released")
    said: list[str] = []
    result = search_both(tmp_path, published(), config=config, say=said.append)
    assert (result.prompt.kind, result.winner.id) == ("released", "one released, two released")
    assert (result.forwards["select"], result.forwards["confirm"]) == (2 * 40, 2 * 40)
    asked = sum(result.forwards[name] for name in ("panel", "select", "confirm"))
    assert str(asked) in said[0]
