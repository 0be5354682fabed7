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
from painter_kit.types import Pair
from prompt_search.plan import SearchConfig
from prompt_search.released import against_released, find_released
from prompt_search.setting import Setting, measure_panel, prepare
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
