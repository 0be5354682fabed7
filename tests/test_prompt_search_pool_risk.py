from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import components
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from prompt_search.cap import Cap
from prompt_search.config import SearchConfig
from prompt_search.pool_risk import cap_risks
from prompt_search.setting import measure_panel, prepare
from tests.test_prompt_search_search import QUICK, decisions, search, search_both
from tests.toys import PARTS, SPEC, TOY, ToyPainter, toy_data


def test_the_risk_is_that_of_the_measured_prompt_effect(tmp_path: Path):
    config = SearchConfig(panel=8, max_candidates=20)
    with Store(tmp_path) as store:
        judge = Judge(TOY, SPEC, ToyPainter(), store, "model")
        setting = prepare(judge, make_splits(toy_data(pool=32), "toy"), config)
        panel = measure_panel(setting)
    (risk,) = cap_risks(setting, [panel])
    errors = np.array([[-r.values[1] for r in row] for row in panel.on_select])
    sd = components(errors)
    assert risk.cap == Cap("diverse", 20, 32)
    assert risk.loss == pytest.approx(risk.cap.loss_in_sd * sd.prompt_sd)
    assert 0 < risk.loss < risk.loss_high
    assert (risk.metric, risk.unit, risk.part) == ("error", "u", "")
    free = replace(setting.parts[0], candidates=replace(setting.parts[0].candidates, cap=None))
    assert cap_risks(replace(setting, parts=(free,)), [panel]) == []


def test_a_cap_says_what_it_may_cost(tmp_path: Path):
    data = toy_data(pool=30)
    config = replace(QUICK, max_candidates=10)
    result, again = (search(tmp_path, data, config=config) for _ in range(2))
    (risk,) = result.cap_risks
    assert (risk.cap.way, risk.cap.size, risk.cap.total) == ("diverse", 10, 30)
    sd = result.components
    assert risk.loss == pytest.approx(risk.cap.loss_in_sd * sd.prompt_sd)
    assert risk.loss_high == pytest.approx(risk.cap.loss_in_sd * sd.prompt_sd_high)
    assert risk.sentence in result.summary
    assert result.to_json()["caps"] == [risk.to_json()]
    assert decisions(result) == decisions(again)
    assert result.splits["pool"] == 10


def test_every_capped_part_has_a_risk(tmp_path: Path):
    data = toy_data(pool=12, select=10, confirm=8)
    result = search_both(tmp_path, data, config=replace(QUICK, max_candidates=6, cap="random"))
    assert [risk.part for risk in result.cap_risks] == list(PARTS)
    assert [risk["part"] for risk in result.to_json()["caps"]] == list(PARTS)
