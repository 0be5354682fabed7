import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import Components, components
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Record, SilentReporter
from prompt_search.config import SearchConfig
from prompt_search.maximum import expected_maximum
from prompt_search.outlook import Outlook, foresee, noted, nothing_to_choose, tell
from prompt_search.races import part_panels
from prompt_search.result import Trace
from prompt_search.setting import measure_panel, prepare
from tests.test_prompt_search_search import search, search_both
from tests.toys import BOTH, BOTH_SPEC, PARTS, SPEC, TOY, ToyPainter, registered, toy_data

QUICK = SearchConfig(panel=4, resamples=400)


def outlook(least: float = 0.01, **changes: float) -> Outlook:
    sizes = {"prompt_sd": 0.0, "prompt_sd_low": 0.0, "prompt_sd_high": 0.002}
    sizes |= {"image_sd": 0.5, "image_sd_low": 0.4, "image_sd_high": 0.7}
    sizes |= {"interaction_sd": 0.2, "interaction_sd_low": 0.1, "interaction_sd_high": 0.3}
    sizes |= changes
    return Outlook(SPEC, Components(**sizes), 64, least)


def test_the_expected_gain_is_the_deviation_times_the_maximum():
    found = outlook(prompt_sd=0.1, prompt_sd_low=0.05, prompt_sd_high=0.2)
    times = expected_maximum(64)
    gain = found.expected
    assert (gain.value, gain.low, gain.high) == pytest.approx(
        (0.1 * times, 0.05 * times, 0.2 * times)
    )
    value = found.to_json()
    assert value["expected_gain_ci_high"] == gain.high
    assert (value["prompt_sd"], value["candidates"], value["least_gain"]) == (0.1, 64, 0.01)
    assert "varies by (sd) 0.1 [0.05, 0.2] u between prompts, 0.5 between images" in found.sentence
    assert found.sentence.endswith(
        "the best of 64 is expected to gain 0.23 [0.12, 0.47] u over a random one if prompts' "
        "effects are normal"
    )


def test_the_condition_of_the_stop():
    assert outlook().interchangeable
    assert outlook(prompt_sd_low=0.001).interchangeable  # told apart, though it matters little
    assert not outlook(prompt_sd_high=0.01).interchangeable  # could still gain what matters
    assert outlook(prompt_sd_low=1e-9, prompt_sd_high=2e-9).interchangeable  # last bits
    assert not outlook(**dict.fromkeys(("prompt_sd_low", "prompt_sd_high"), np.nan)).interchangeable
    assert outlook(least=0, prompt_sd_high=0).interchangeable


def foreseen(
    folder: Path, painter: ToyPainter, config: SearchConfig = QUICK, task=TOY, **sizes: int
) -> list[Outlook]:
    splits = make_splits(toy_data(**sizes), "toy")
    with Store(folder) as store:
        setting = prepare(Judge(task, SPEC, painter, store, "model"), splits, config)
        return foresee(setting, [measure_panel(setting)])


def test_the_outlook_is_that_of_the_panel_on_select(tmp_path: Path):
    splits = make_splits(toy_data(), "toy")
    with Store(tmp_path) as store:
        setting = prepare(Judge(TOY, SPEC, ToyPainter(), store, "model"), splits, QUICK)
        panel = measure_panel(setting)
        (found,) = foresee(setting, [panel])
    table = np.array([[-r.values[1] for r in row] for row in panel.on_select])
    assert found.components == components(table)
    assert (found.candidates, found.part) == (32, "")
    assert found.least == pytest.approx(-0.0025 * table.mean())


def test_the_best_of_k_is_less_than_the_best_of_all(tmp_path: Path):
    config = replace(QUICK, strategy="random", k=5, least_gain=0.25)
    (found,) = foreseen(tmp_path, ToyPainter(), config)
    assert (found.candidates, found.least) == (5, 0.25)


def test_what_is_not_a_number_promises_nothing(tmp_path: Path):
    task = replace(TOY, measure=lambda *a: Record(np.array([1.0, np.nan, np.nan])))
    (found,) = foreseen(tmp_path, ToyPainter(), task=task)
    assert not found.interchangeable
    value = found.to_json()
    assert value["prompt_sd"] is value["expected_gain_value"] is value["least_gain"] is None


def test_identical_prompts_always_stop_and_useful_ones_never(tmp_path: Path):
    """The rule with its default, for every size of panel and select that is allowed."""
    for number, (panel, select) in enumerate([(2, 2), (2, 64), (16, 2), (16, 64)]):
        config = replace(QUICK, panel=panel)
        for effect, expected in ((0.0, True), (0.1, False)):
            painter = ToyPainter(effect=effect, noise=0)
            folder = tmp_path / f"{number} {effect}"
            found = foreseen(folder, painter, config, select=select, pool=32)
            assert [o.interchangeable for o in found] == [expected], (panel, select, effect)


def test_noise_alone_stops_once_it_is_small_beside_what_matters(tmp_path: Path):
    noisy, quiet = (ToyPainter(effect=0, noise=noise) for noise in (0.05, 0.001))
    assert not any(o.interchangeable for o in foreseen(tmp_path / "a", noisy))
    assert all(o.interchangeable for o in foreseen(tmp_path / "b", quiet))


def test_every_part_has_an_outlook_and_all_must_agree(tmp_path: Path):
    class HalfDeaf(ToyPainter):
        """The first part ignores its prompt."""

        def __call__(self, prompt, images, spec):
            deaf = ToyPainter(effect=0, noise=0)
            return (deaf if spec.task == "toy-one" else super()).__call__(prompt, images, spec)

    data = toy_data()
    splits = make_splits(data, "toy-both").with_parts(data, {p: f"toy-{p}" for p in PARTS})
    with registered(), Store(tmp_path) as store:
        judge = Judge(BOTH, BOTH_SPEC, HalfDeaf(noise=0), store, "model")
        setting = prepare(judge, splits, QUICK)
        found = foresee(setting, part_panels(setting, measure_panel(setting)))
    assert [(o.part, o.interchangeable) for o in found] == [("one", True), ("two", False)]
    assert found[0].sentence.startswith("one: error varies")
    assert not nothing_to_choose(setting, found)
    assert nothing_to_choose(setting, found[:1])
    for change in ({"stop_interchangeable": False}, {"strategy": "released"}):
        other = replace(setting, config=replace(QUICK, **change))
        assert not nothing_to_choose(other, found[:1])
    decisions = [{"event": "start", "part": "one"}, {"event": "start", "part": "two"}]
    trace = noted(Trace(decisions, [], {}), found, stopped=False)
    assert [(d["event"], d["part"]) for d in trace.decisions] == [
        (event, part) for part in PARTS for event in ("start", "outlook")
    ]


def test_only_finite_numbers_are_reported():
    class Kept(SilentReporter):
        def __init__(self) -> None:
            self.values: dict[str, float] = {}

        def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
            self.values.update(values)

    kept = Kept()
    tell([outlook(), replace(outlook(prompt_sd=np.nan), part="one")], kept)
    assert kept.values["outlook/expected_gain_value"] == 0
    assert "outlook/one/prompt_sd_high" in kept.values
    assert "outlook/one/prompt_sd" not in kept.values


def test_identical_prompts_stop_after_the_panel(tmp_path: Path):
    """A model that ignores its prompt: no race, and no gain that is only noise."""
    painter, said, out = ToyPainter(effect=0, noise=0), [], tmp_path / "out"
    result = search(tmp_path, toy_data(pool=64), painter, say=said.append, out=out)
    assert result.interchangeable
    assert result.forwards["select"] == 0
    assert len(painter.cells) == 4 * (40 + 40)  # the panel alone
    assert "prompts are interchangeable for this model and task" in said[-1]
    assert result.winner.id in result.trace.decisions[0]["panel"]
    assert (result.gain.value, result.gain.ci_low, result.gain.ci_high) == (0, 0, 0)
    assert not result.gain.confirmed
    assert "no evidence of improvement" in result.summary
    assert result.summary.startswith("prompts are interchangeable for toy on toys")
    value = json.loads((out / "result.json").read_text())
    assert value["interchangeable"] is True
    assert value["outlook"][0]["prompt_sd_high"] == 0
    events = [d["event"] for d in result.trace.decisions]
    assert events == ["start", "outlook", "interchangeable", "rung", "winner"]
    assert Prompt.load(out / "prompt").kind == "searched"


def test_the_stop_can_be_turned_off(tmp_path: Path):
    config = replace(QUICK, stop_interchangeable=False)
    result = search(tmp_path, toy_data(), ToyPainter(effect=0, noise=0), config)
    assert not result.interchangeable
    assert result.forwards["select"] > 0
    assert "interchangeable" not in result.to_json()
    assert not result.gain.confirmed


def test_a_smaller_interest_searches_on(tmp_path: Path):
    painter = {"painter": ToyPainter(effect=0, noise=0.001)}
    assert search(tmp_path / "a", toy_data(), **painter).interchangeable
    fine = replace(QUICK, least_gain=1e-6)
    assert not search(tmp_path / "b", toy_data(), config=fine, **painter).interchangeable


def test_parts_stop_together(tmp_path: Path):
    painter = ToyPainter(effect=0, noise=0)
    result = search_both(tmp_path, toy_data(pool=12, select=8, confirm=6), painter=painter)
    assert result.interchangeable
    assert result.forwards["select"] == 0
    events = [(d["event"], d["part"]) for d in result.trace.decisions]
    assert [p for e, p in events if e == "interchangeable"] == list(PARTS)
    assert len(result.outlooks) == 2
