"""Refinement of the toy, whose prompts are the better the bluer their first pixel is."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import PartedPrompt, load_prompt
from painter_kit.types import SilentReporter
from prompt_search.config import SearchConfig
from prompt_search.edits import Edits, edited_prompt
from prompt_search.plan import make_plan
from prompt_search.refined import STUDY_FILE
from prompt_search.result import SearchResult
from prompt_search.search import search_prompt
from tests.coupled_toys import FAINT_SPEC, FaintPainter
from tests.toys import BOTH, PARTS, SPEC, TOY, ToyData, ToyPainter, registered, toy_data

CONFIG = SearchConfig(panel=3, b0=4, keep=2, resamples=200, refine=16)
DATA = toy_data(pool=8, select=24, confirm=20)


def search(
    folder: Path,
    config: SearchConfig = CONFIG,
    painter: ToyPainter | None = None,
    task=TOY,
    data: ToyData = DATA,
    **options: Any,
) -> SearchResult:
    splits, judge_of = make_splits(data, "toy"), (task, SPEC, painter or ToyPainter())
    with Store(folder) as store:
        judge = Judge(*judge_of, store, "model", batch_size=4)
        return search_prompt(judge, splits, config, quiet=True, **options)


def search_both(folder: Path, config: SearchConfig, painter: ToyPainter, **options: Any):
    splits = make_splits(DATA, "toy-both").with_parts(DATA, {p: f"toy-{p}" for p in PARTS})
    with registered(), Store(folder) as store:
        judge = Judge(BOTH, FAINT_SPEC, painter, store, "model", batch_size=4)
        return search_prompt(judge, splits, config, quiet=True, **options)


@dataclass(frozen=True)
class Both:
    """One search without and with refinement, and what the second one forwarded and said."""

    plain: SearchResult
    refined: SearchResult
    painter: ToyPainter
    said: list[str]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder, painter, said = tmp_path_factory.mktemp("both"), ToyPainter(), []
    plain = search(folder / "plain", replace(CONFIG, refine=0))
    refined = search(folder / "refined", painter=painter, say=said.append)
    return Both(plain, refined, painter, said)


def test_a_better_edit_is_found_used_and_compared(both: Both):
    plain, result = both.plain, both.refined
    refined = result.refined
    assert plain.refined is None
    assert refined
    assert refined.used
    assert result.winner.id == plain.winner.id  # the same pair, edited
    assert result.prompt.digest == refined.prompt.digest != plain.prompt.digest
    assert result.winner.select == refined.select < plain.winner.select
    assert refined.over_select == pytest.approx(plain.winner.select - refined.select)
    assert refined.gain
    assert refined.gain.value == pytest.approx(
        plain.winner.confirm.value - result.winner.confirm.value
    )
    assert refined.gain.optimism == pytest.approx(refined.over_select - refined.gain.value)
    assert refined.gain.ci_low < refined.gain.value < refined.gain.ci_high
    assert result.gain.value == pytest.approx(result.panel.mean - result.winner.confirm.value)
    assert "16 edits tried" in result.summary
    assert "over the winner on confirm: " in result.summary


def test_the_coordinates_rebuild_the_pair(both: Both):
    result = both.refined
    noted = dict(result.prompt.provenance["edits"])
    noted.pop("box")
    example = next(e for e in DATA.subsets["pool"].items if e.id == result.winner.id)
    again, _ = edited_prompt(TOY, SPEC, example, result.prompt, Edits(**noted))
    assert again.digest == result.prompt.digest
    assert result.prompt.provenance["candidate"] == result.winner.id
    assert result.prompt.kind == "searched"


def test_the_json_tells_what_was_tried(both: Both):
    value = both.refined.to_json()
    refined = value["refined"]
    assert set(refined) == {"trials", "forwards", "select", "gain_over_winner", "used"}
    assert set(refined["gain_over_winner"]) == {
        *("select", "value", "ci_low", "ci_high", "p_value", "confirmed", "optimism")
    }
    assert (refined["trials"], refined["used"]) == (16, True)
    assert set(value["forwards"]) == {"panel", "select", "confirm", "new", "reused"}
    assert "refined" not in both.plain.to_json()
    json.dumps(value, allow_nan=False)


def test_edits_that_change_nothing_are_not_used(tmp_path: Path):
    painter = ToyPainter(effect=0, noise=0)
    result = search(tmp_path, replace(CONFIG, stop_interchangeable=False), painter)
    assert result.refined
    assert not result.refined.used
    assert result.refined.over_select == 0
    assert result.refined.gain is None
    assert "edits" not in result.prompt.provenance
    assert result.forwards["confirm"] == 20
    assert "none is better on select, the winner stays as it is" in result.summary
    assert result.to_json()["refined"]["gain_over_winner"]["value"] is None


def test_forwards_add_up_and_the_plan_is_the_most(both: Both):
    plain, result, painter, said = both.plain, both.refined, both.painter, both.said
    plan = make_plan(CONFIG, [8], 24, 20)
    # Two generations of eight edits, of which two reach all images.
    races = 2 * (8 * 4 + 2 * 12 + 2 * 8)
    assert plan.refine_forwards == races + 20
    assert f"(at most {plan.refine_forwards} to refine)" in said[0]
    assert result.refined
    assert result.refined.forwards == plan.refine_forwards
    assert result.forwards["select"] - plain.forwards["select"] == races
    assert result.forwards["confirm"] == 2 * 20 == plan.confirm_forwards
    asked = sum(result.forwards[name] for name in ("panel", "select", "confirm"))
    assert asked == plan.total
    assert result.forwards["new"] + result.forwards["reused"] == asked
    assert result.forwards["new"] == len(painter.cells) == len(set(painter.cells))


def log(result: SearchResult) -> str:
    assert result.refined
    return json.dumps([list(result.refined.decisions), list(result.refined.table)])


def test_a_study_repeats_and_grows_from_the_store(tmp_path: Path, both: Both):
    first, painter = search(tmp_path, replace(CONFIG, refine=8)), ToyPainter()
    again = search(tmp_path, replace(CONFIG, refine=8), painter)
    assert painter.calls == []
    assert log(first) == log(again)
    longer = search(tmp_path, CONFIG, painter)
    fresh = both.refined
    assert log(longer) == log(fresh)
    assert longer.refined
    assert first.refined
    assert list(longer.refined.table)[:8] == list(first.refined.table)
    assert 0 < longer.forwards["new"] < fresh.forwards["new"] / 2


def test_an_interrupted_refinement_goes_on(tmp_path: Path, both: Both):
    expected = both.refined
    stopped = ToyPainter(stop_after=len(both.painter.calls) - 10)
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, painter=stopped)
    rest = ToyPainter()
    result = search(tmp_path, painter=rest)
    assert log(result) == log(expected)
    assert result.prompt.digest == expected.prompt.digest
    assert not set(stopped.cells) & set(rest.cells)


def test_trials_are_raced_on_common_images(both: Both):
    result = both.refined
    assert result.refined
    starts = [d for d in result.refined.decisions if d["event"] == "start"]
    assert [(d["stage"], d["generation"]) for d in starts] == [("refine", 0), ("refine", 1)]
    assert all(len(d["edits"]) == 8 for d in starts)
    rungs = [d for d in result.refined.decisions if d["event"] == "rung"]
    assert [d["images"] for d in rungs] == [4, 16, 24] * 2
    assert all(result.winner.id in rungs[i]["scores"] for i in (2, 5))  # the winner is known
    states = [row["state"] for row in result.refined.table]
    assert (states.count("complete"), states.count("pruned")) == (4, 12)
    full = [row for row in result.refined.table if row["images"] == 24]
    assert min(row["error"] for row in full) == result.refined.select
    assert all(row["error"] is None for row in result.refined.table if row["images"] < 24)


def test_the_study_is_kept_with_the_run(tmp_path: Path):
    from optuna import load_study
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    class Tables(SilentReporter):
        def __init__(self) -> None:
            self.tables, self.values = {}, {}

        def table(self, name, rows) -> None:
            self.tables[name] = rows

        def metrics(self, values, step=None) -> None:
            self.values |= values

    reporter = Tables()
    result = search(tmp_path / "store", out=tmp_path / "out", reporter=reporter)
    assert result.refined
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "out" / STUDY_FILE)))
    study = load_study(study_name=None, storage=storage)
    assert len(study.trials) == 1 + 16
    assert {step for t in study.trials for step in t.intermediate_values} == {4, 16, 24}
    assert reporter.tables["refinement.json"] == result.refined.table
    assert reporter.values["refined/select"] == result.refined.select
    assert reporter.values["refine/best"] == result.refined.select
    lines = (tmp_path / "out/decisions.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines[-8:]] == list(result.refined.decisions)


def test_edits_that_are_no_prompts_are_not_judged(tmp_path: Path):
    def weight(truth, spec, size):
        return np.full((*size, 3), size[0] > 2, np.float32)  # a crop to two pixels counts nowhere

    result = search(tmp_path, task=replace(TOY, weight=weight))
    assert result.refined
    failed = [row for row in result.refined.table if row["state"] == "fail"]
    assert failed
    assert all(row["flaw"] == "no ground truth that counts" for row in failed)
    assert all((row["images"], row["mean_score"]) == (0, None) for row in failed)
    assert result.refined.forwards < make_plan(CONFIG, [8], 24, 20).refine_forwards


def test_parts_are_refined_in_turn_by_the_metric_of_the_whole(tmp_path: Path):
    config = replace(CONFIG, refine=8, joint_share=0.5)
    painter, out = FaintPainter(), tmp_path / "out"
    plain = search_both(tmp_path / "plain", replace(config, refine=0), FaintPainter())
    result = search_both(tmp_path / "refined", config, painter, out=out)
    refined = result.refined
    assert refined
    assert refined.used
    assert refined.trials == 16
    assert {row["part"] for row in refined.table} == set(PARTS)
    assert {(d["part"], d["stage"]) for d in refined.decisions} == {(p, "refine") for p in PARTS}
    assert [study.study_name for study in refined.studies] == ["refine one", "refine two"]
    assert result.winner.id == plain.winner.id
    assert result.winner.select == refined.select < plain.winner.select
    assert refined.gain
    assert refined.gain.value == pytest.approx(
        plain.winner.confirm.value - result.winner.confirm.value
    )
    prompt = load_prompt(out / "prompt")
    assert isinstance(prompt, PartedPrompt)
    assert prompt.digest == refined.prompt.digest
    assert any("edits" in part.provenance for part in prompt.parts.values())
    plan = make_plan(config, [8, 8], 24, 20)
    asked = sum(result.forwards[name] for name in ("panel", "select", "confirm"))
    assert asked <= plan.total
    assert refined.forwards <= plan.refine_forwards
    assert result.forwards["new"] + result.forwards["reused"] == asked
    assert result.forwards["new"] == len(painter.cells)


def test_cma_es_refines_too(tmp_path: Path, both: Both):
    result = search(tmp_path, replace(CONFIG, sampler="cmaes"))
    assert result.refined
    assert result.refined.used
    assert log(result) != log(both.refined)
