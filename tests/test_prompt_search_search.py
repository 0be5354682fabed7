import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import Sizes, make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import PartedPrompt, load_prompt
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Record
from prompt_search.config import SearchConfig
from prompt_search.result import SearchResult
from prompt_search.search import search_prompt
from tests.toys import (
    BOTH,
    BOTH_SPEC,
    PART_TASKS,
    PARTS,
    SPEC,
    TOY,
    Listed,
    ToyData,
    ToyPainter,
    make_example,
    registered,
    toy_data,
)

QUICK = SearchConfig(panel=4, resamples=400)


def search(
    folder: Path,
    data: ToyData,
    painter: ToyPainter | None = None,
    config: SearchConfig = QUICK,
    task=TOY,
    spec=SPEC,
    **options,
) -> SearchResult:
    splits = make_splits(data, "toy", seed=config.seed)
    with Store(folder) as store:
        judge = Judge(task, spec, painter or ToyPainter(), store, "model digest")
        return search_prompt(judge, splits, config, quiet=True, **options)


@pytest.mark.parametrize("strategy", ["halving", "exhaustive"])
def test_a_planted_best_is_found_and_confirmed(tmp_path: Path, strategy: str):
    data = toy_data(pool=40, best=17)
    result = search(tmp_path, data, config=replace(QUICK, strategy=strategy))
    assert result.winner.id == "p0017"
    assert result.gain.confirmed
    # quality 255 against about 100 on average, 0.1 each 255
    assert result.gain.value == pytest.approx(0.1 * 155 / 255, abs=0.03)
    assert result.gain.ci_low < result.gain.value < result.gain.ci_high
    assert result.gain.p_value < 0.01
    assert result.winner.confirm.value < result.panel.mean
    assert result.components.prompt_sd > 0.003


def test_random_takes_the_best_of_k(tmp_path: Path):
    result = search(tmp_path, toy_data(), config=replace(QUICK, strategy="random", k=6))
    names = next(d for d in result.trace.decisions if d["event"] == "rung")["scores"]
    judged = [row for row in result.trace.candidates if row["id"] in names]
    assert len(judged) == 6
    best = max(judged, key=lambda row: row["mean_score"])
    assert result.winner.id == best["id"]
    assert result.winner.select == pytest.approx(-best["mean_score"])


def test_without_an_effect_there_is_no_evidence(tmp_path: Path):
    """Interchangeable prompts: the select images flatter the winner, confirm does not."""
    unconfirmed, optimism = 0, []
    data = toy_data(pool=24, select=16, confirm=24)
    for seed in range(12):
        config = replace(QUICK, seed=seed, strategy="random", k=24)
        result = search(tmp_path, data, ToyPainter(effect=0), config)
        unconfirmed += "no evidence of improvement" in result.summary
        optimism.append(result.gain.optimism)
        assert result.components.prompt_sd_low == 0 or seed
    assert unconfirmed >= 10
    assert np.mean(optimism) > 0


def test_forwards_follow_the_formula(tmp_path: Path):
    painter, said = ToyPainter(), []
    data = toy_data(pool=64, select=96, confirm=50)
    result = search(tmp_path, data, painter, say=said.append)
    assert result.forwards["panel"] == 4 * (96 + 50)
    # The panel's four are known and not judged again.
    assert result.forwards["select"] == 60 * 8 + 15 * 24 + 4 * 64
    assert result.forwards["confirm"] == 50
    assert result.exhaustive_forwards == 64 * 96
    requested = sum(result.forwards[k] for k in ("panel", "select", "confirm"))
    assert result.forwards["new"] + result.forwards["reused"] == requested
    assert result.forwards["new"] == len(painter.cells) == len(set(painter.cells))
    assert str(requested) in said[0]
    assert "is expected to gain" in said[1]
    assert len(said) == 2


def test_the_plan_is_said_before_any_forward(tmp_path: Path):
    painter, calls = ToyPainter(), []
    search(tmp_path, toy_data(), painter, say=lambda text: calls.append(len(painter.calls)))
    assert calls[0] == 0
    assert 0 < calls[1] < len(painter.calls)  # the outlook comes between panel and race


def decisions(result: SearchResult) -> str:
    return json.dumps(result.trace.decisions)


def test_decisions_do_not_depend_on_what_is_known(tmp_path: Path):
    data, painter = toy_data(), ToyPainter()
    cold = search(tmp_path / "a", data)
    again = search(tmp_path / "a", data, painter)
    assert painter.calls == []
    assert again.forwards["new"] == 0
    exhaustive = replace(QUICK, strategy="exhaustive", seed=5)
    search(tmp_path / "b", data, config=exhaustive)
    warm = search(tmp_path / "b", data)
    assert warm.forwards["reused"] > cold.forwards["reused"]
    assert decisions(cold) == decisions(again) == decisions(warm)
    assert cold.gain == again.gain == warm.gain


def test_the_seed_matters(tmp_path: Path):
    data = toy_data()
    one = search(tmp_path, data)
    two = search(tmp_path, data, config=replace(QUICK, seed=1))
    assert decisions(one) != decisions(two)


def test_another_strategy_repeats_no_forward(tmp_path: Path):
    data, painter = toy_data(), ToyPainter()
    for strategy in ("halving", "random", "exhaustive"):
        search(tmp_path, data, painter, replace(QUICK, strategy=strategy))
    assert len(painter.cells) == len(set(painter.cells))


def test_an_interrupted_search_continues(tmp_path: Path):
    data, painter = toy_data(), ToyPainter(stop_after=30)
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, data, painter)
    rest = ToyPainter()
    result = search(tmp_path, data, rest)
    assert not set(painter.cells) & set(rest.cells)
    whole = ToyPainter()
    assert decisions(result) == decisions(search(tmp_path / "new", data, whole))
    assert len(painter.cells) + len(rest.cells) == len(whole.cells)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.test_prompt_search_search import search
from tests.toys import ToyPainter, toy_data

class Killed(ToyPainter):
    def __call__(self, *args):
        painted = super().__call__(*args)
        if len(self.calls) == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return painted

search(Path(sys.argv[1]), toy_data(), Killed())
"""


def test_a_killed_search_loses_the_batch_in_flight(tmp_path: Path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", KILLED, str(tmp_path), "25"]
    run = subprocess.run(command, env=environment, capture_output=True)
    assert run.returncode == -signal.SIGKILL, run.stderr
    data, rest, whole = toy_data(), ToyPainter(), ToyPainter()
    result = search(tmp_path, data, rest)
    uninterrupted = search(tmp_path / "new", data, whole)
    assert decisions(result) == decisions(uninterrupted)
    assert len(rest.calls) == len(whole.calls) - 24
    assert result.forwards["new"] == len(rest.cells)


def test_everything_is_written_and_reads_back(tmp_path: Path):
    out = tmp_path / "out"
    result = search(tmp_path / "store", toy_data(), out=out, checkpoint="toy-model")
    assert sorted(p.name for p in out.iterdir()) == [
        "candidates.csv",
        "decisions.jsonl",
        "prompt",
        "result.json",
        "scores.parquet",
    ]
    prompt = Prompt.load(out / "prompt")
    assert prompt.digest == result.prompt.digest
    assert (prompt.kind, prompt.task, prompt.confirm_touches) == ("searched", "toy", 1)
    assert prompt.provenance["candidate"] == result.winner.id
    assert prompt.provenance["search"]["strategy"] == "halving"
    assert prompt.scores["gain"]["value"] == result.gain.value
    assert prompt.scores["confirm"]["ci_low"] == result.winner.confirm.low
    assert prompt.model_digest == "model digest"
    assert json.loads((out / "result.json").read_text())["checkpoint"] == "toy-model"


def test_small_numbers_of_everything(tmp_path: Path):
    result = search(tmp_path, toy_data(pool=2, select=2, confirm=2), config=SearchConfig())
    assert result.panel.size == 2
    assert result.splits["pool"] == 2
    assert np.isfinite([result.gain.ci_low, result.gain.ci_high]).all()


def test_left_out_pairs_are_counted(tmp_path: Path):
    data = toy_data(pool=10)
    items = [*data.subsets["pool"].items, make_example("dark", 0, level=0)]
    data = ToyData({**data.subsets, "pool": Listed(items)})
    result = search(tmp_path, data)
    assert result.splits["pool"] == 10
    assert result.dropped == {"target nearly black": 1}
    assert result.trace.decisions[0]["dropped"] == result.dropped
    assert result.to_json()["dropped"] == result.dropped
    assert "left out of the pool: 1 (target nearly black)" in result.summary


def test_a_dataset_level_metric_decides_among_finalists(tmp_path: Path):
    """Scores only carry candidates to the last rung; the exact metric picks the winner."""

    def summarise(records, spec):
        return {"error": float(np.max([r.values[1] / r.values[0] for r in records]))}

    task = replace(TOY, summarise=summarise)
    config = replace(QUICK, strategy="exhaustive")
    result = search(tmp_path, toy_data(pool=20), config=config, task=task)
    exact = result.trace.decisions[-1]["metric"]
    assert len(exact) == 20
    assert result.winner.id == min(exact, key=exact.__getitem__)
    assert result.winner.select == min(exact.values())


def test_more_can_be_better(tmp_path: Path):
    task = replace(TOY, score=lambda rows, reference: np.array([r.values[1] for r in rows]))
    spec = replace(SPEC, direction="max")
    config = replace(QUICK, strategy="exhaustive")
    result = search(tmp_path, toy_data(pool=20), config=config, task=task, spec=spec)
    values = result.trace.decisions[-1]["metric"]
    assert result.winner.select == max(values.values())
    assert result.gain.value == pytest.approx(result.winner.confirm.value - result.panel.mean)


def test_no_numbers_at_all(tmp_path: Path):
    task = replace(TOY, measure=lambda *a: Record(np.array([1.0, np.nan, np.nan])))
    with pytest.raises(PainterKitError, match="not a finite number"):
        search(tmp_path, toy_data(pool=8), task=task)


def test_an_empty_pool_forwards_nothing(tmp_path: Path):
    painter = ToyPainter()
    data = toy_data()
    dark = Listed([make_example(f"dark{i}", 0, level=0) for i in range(5)])
    with pytest.raises(InputError, match=r"5 left out \(target nearly black\)"):
        search(tmp_path, ToyData({**data.subsets, "pool": dark}), painter)
    assert painter.calls == []


def test_the_median_prompt_stands_for_the_panel(tmp_path: Path):
    result = search(tmp_path, toy_data(), config=replace(QUICK, panel=5))
    values = dict(zip([p.digest for p in result.panel_prompts], result.panel_values, strict=True))
    assert values[result.median_prompt.digest] == sorted(values.values())[2]
    assert result.panel.mean == pytest.approx(np.mean(list(values.values())))


@pytest.mark.parametrize("name", ["depth", "semantic", "foreground", "enhance"])
def test_real_tasks_through_the_real_network(tmp_path: Path, name: str):
    """The whole path with a network of random weights: every step but a good model is real."""
    import torch

    from painter_kit.data.base import open_dataset
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.builders import ModelConfig
    from painter_kit.tasks.base import get_task

    data, task = open_dataset("world"), get_task(name)
    spec = data.spec(name)
    side = spec.canvas
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = ModelConfig(
            img_size=(2 * side, side),
            patch_size=side // 4,
            embed_dim=16,
            depth=2,
            num_heads=2,
            decoder_embed_dim=4,
            taps=(0, 1),
            merge_after=0,
        ).build()
    predictor = Predictor(network, batch_size=4)
    splits = make_splits(data, name, Sizes(pool=6, select=8, confirm=6, test=2))
    config = SearchConfig(panel=3, b0=2, keep=2, resamples=200, stop_interchangeable=False)
    results = []
    for _ in range(2):
        with Store(tmp_path / "store") as store:
            judge = Judge.of(predictor, task, spec, store)
            out = tmp_path / "out"
            results.append(search_prompt(judge, splits, config, out=out, quiet=True))
    first, second = results
    assert first.splits == {"pool": 6, "select": 8, "confirm": 6, "test": 2}
    assert first.forwards["select"] == config.build().cells(6, 8, 3) == 3 * 2 + 2 * 6
    assert second.forwards["new"] == 0
    assert decisions(first) == decisions(second)
    assert first.gain == second.gain
    assert np.isfinite([first.gain.value, first.winner.select, first.panel.sd]).all()
    assert spec.metric == first.to_json()["metric"]
    painted = predictor.pictures(Prompt.load(out / "prompt"), [splits.test[0].image], spec)
    assert painted.shape == (1, side, side, 3)


def search_both(folder: Path, data: ToyData, **options) -> SearchResult:
    splits = make_splits(data, "toy-both").with_parts(data, {p: f"toy-{p}" for p in PARTS})
    with registered(), Store(folder / "store") as store:
        judge = Judge(BOTH, BOTH_SPEC, options.pop("painter", ToyPainter()), store, "model digest")
        config = options.pop("config", QUICK)
        return search_prompt(judge, splits, config, quiet=True, **options)


def test_parts_are_searched_one_by_one_and_confirmed_jointly(tmp_path: Path):
    painter, said = ToyPainter(), []
    data = toy_data(pool=40, select=40, confirm=30, best=17)
    out = tmp_path / "out"
    result = search_both(tmp_path, data, painter=painter, say=said.append, out=out)
    assert result.winner.id == "one p0017, two p0017"
    assert result.gain.confirmed
    assert result.gain.value == pytest.approx(result.panel.mean - result.winner.confirm.value)
    assert result.forwards["panel"] == 4 * (4 * 40 + 2 * 30)
    assert result.forwards["confirm"] == 2 * 40 + 2 * 30
    asked = sum(result.forwards[name] for name in ("panel", "select", "confirm"))
    assert result.forwards["new"] + result.forwards["reused"] == asked
    assert result.splits == {"pool": 80, "select": 40, "confirm": 30, "test": 8}
    assert result.exhaustive_forwards == 80 * 40
    value = result.to_json()
    parts = value.pop("forwards_by_part")
    assert set(value) == set(search(tmp_path / "a", toy_data()).to_json())
    assert list(parts) == list(PARTS)
    assert sum(parts.values()) <= result.forwards["select"]
    assert f"; races of one {parts['one']}; races of two {parts['two']})" in result.summary

    prompt = load_prompt(out / "prompt")
    assert isinstance(prompt, PartedPrompt)
    assert (prompt.task, prompt.kind, prompt.confirm_touches) == ("toy-both", "searched", 1)
    assert prompt.provenance["candidate"] == result.winner.id
    assert prompt.scores["gain"]["value"] == result.gain.value
    for part in PARTS:
        own = Prompt.load(out / "prompt" / part)
        assert (own.task, own.kind, own.confirm_touches) == (f"toy-{part}", "searched", 1)
        assert own.provenance["candidate"] == "p0017"
        assert own.scores["select"]["value"] > 0
    lines = [json.loads(line) for line in (out / "decisions.jsonl").read_text().splitlines()]
    apart = [line for line in lines if line["event"] == "winner" and line["round"] == 0]
    assert [line["part"] for line in apart] == list(PARTS)
    assert {str(row["part"]) for row in result.trace.candidates} == set(PARTS)
    cells = result.trace.cells
    races = len(cells["score"])
    # The panels' are known, and in the races together the winners; their pair is painted there
    # first, and the fixed part again for the second race.
    known = 2 * 4 * 40 + 2 * 40
    assert result.forwards["select"] == races - known + 2 * 40 + 40
    assert {len(column) for column in cells.values()} == {races}


def test_a_second_joint_search_is_free_and_equal(tmp_path: Path):
    data = toy_data(pool=8, select=8, confirm=8)
    first, again = (search_both(tmp_path, data) for _ in range(2))
    assert again.forwards["new"] == 0
    assert decisions(first) == decisions(again)
    assert first.gain == again.gain


def test_a_part_alone_finds_what_it_finds_in_the_whole(tmp_path: Path):
    data = toy_data(pool=12, select=12, confirm=6)
    both = search_both(tmp_path, data)
    assert isinstance(both.prompt, PartedPrompt)
    with registered():
        alone = search(
            tmp_path / "alone",
            data,
            task=PART_TASKS["toy-two"],
            spec=BOTH_SPEC.part("two"),
        )
    assert alone.prompt.digest == both.prompt.parts["two"].digest
