import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.judge import BATCH_SIZE, Describer, Judge
from painter_kit.evaluation.painting import Paint
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.ensemble import EnsemblePrompt, WholePrompt
from painter_kit.inference.parted import load_prompt
from painter_kit.types import Image, Reporter, Spec, silent
from prompt_search.alternatives import ALSO
from prompt_search.budget import Stop
from prompt_search.config import SearchConfig
from prompt_search.result import SearchResult
from prompt_search.search import search_prompt
from tests.contest_toys import (
    CLASSES,
    DESCRIBER,
    SEMANTIC,
    Opposed,
    Specialists,
    labelled,
    split_data,
)
from tests.test_prompt_search_ensembles import opposed_data
from tests.test_prompt_search_result import Kept
from tests.toys import SPEC, TOY, registered

QUICK = SearchConfig(panel=4, resamples=400, strategy="exhaustive")
OPPOSED = opposed_data([148, 106, 178, 60, 200, 30])


def search(
    folder: Path,
    painter: Paint | None = None,
    reporter: Reporter = silent,
    stop: Stop = lambda: "",
    describer: Describer = DESCRIBER,
    **settings,
) -> SearchResult:
    with Store(folder / "store") as store:
        judge = Judge(TOY, SPEC, painter or Opposed(), store, "model", describer=describer)
        splits = make_splits(OPPOSED, "toy")
        config = replace(QUICK, **settings)
        out = folder / "out"
        options = {"reporter": reporter, "stop": stop, "quiet": True}
        return search_prompt(judge, splits, config, out=out, **options)


def test_by_default_nothing_else_is_measured(tmp_path: Path):
    result = search(tmp_path)
    assert not result.alternatives
    assert "alternatives" not in result.to_json()
    assert "alternatives" not in result.forwards


def test_alternatives_stand_beside_the_same_winner(tmp_path: Path):
    plain = search(tmp_path / "plain")
    result = search(tmp_path, also=("ensemble", "retrieval"))
    value = result.to_json()
    names = [f"ensemble{how}" for how in ("", "-mean", "-features", "-grid")]
    names += ["retrieval", "retrieval-label"]
    assert [one["name"] for one in value["alternatives"]] == names
    json.dumps(value, allow_nan=False)
    for key in ("winner", "gain", "panel"):
        assert value[key] == plain.to_json()[key]
    assert result.prompt.digest == plain.prompt.digest
    scores = [[d for d in r.trace.decisions if d["event"] != "start"] for r in (plain, result)]
    assert scores[0] == scores[1]
    for one in result.alternatives:
        assert f"  {one.name}: {one.verdict}" in result.summary.splitlines()
    assert "confirm was read 7 times" in result.summary


def test_all_forwards_are_accounted_for(tmp_path: Path):
    result = search(tmp_path, also=("ensemble", "retrieval"))
    forwards = result.forwards
    assert forwards["alternatives"] == sum(one.forwards for one in result.alternatives)
    stages = ("panel", "select", "confirm", "alternatives")
    assert forwards["new"] + forwards["reused"] == sum(forwards[name] for name in stages)
    assert f", {forwards['alternatives']} alternatives;" in result.summary


def test_an_ensemble_that_helps_is_written_as_a_prompt(tmp_path: Path):
    result = search(tmp_path, also=("ensemble",))
    greedy = result.alternatives[0]
    assert greedy.gain.confirmed
    prompt = load_prompt(tmp_path / "out" / "ensemble")
    assert isinstance(prompt, EnsemblePrompt)
    assert prompt.digest == greedy.prompts["ensemble"].digest
    assert prompt.confirm_touches == 2
    written = {one.name for one in result.alternatives if one.gain.confirmed}
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"prompt", *written}
    with Store(tmp_path / "store") as store:  # it is judged as what was reported
        judge = Judge(TOY, SPEC, Opposed(), store, "model")
        splits = make_splits(OPPOSED, "toy")
        records = judge.records(prompt, splits.confirm)
        assert (judge.new, judge.reused) == (0, 2 * len(splits.confirm))
    assert TOY.summarise(records, SPEC)["error"] == greedy.value


def test_a_run_gets_their_numbers_and_folders(tmp_path: Path):
    kept = Kept()
    result = search(tmp_path, reporter=kept, also=("ensemble",))
    one = result.alternatives[0]
    assert kept.numbers["alternatives/ensemble"] == one.value
    assert kept.numbers["alternatives/ensemble_gain_ci_low"] == one.gain.ci_low
    assert kept.numbers["forwards/alternatives"] == result.forwards["alternatives"]
    assert "ensemble" in kept.files


def test_a_second_time_gives_the_same_and_forwards_nothing(tmp_path: Path):
    first = search(tmp_path, also=("ensemble", "retrieval"))
    painter = Opposed()
    again = search(tmp_path, painter, also=("ensemble", "retrieval"))
    assert first.to_json()["alternatives"] == again.to_json()["alternatives"]
    assert (again.forwards["new"], painter.painted) == (0, 0)
    assert again.forwards["reused"] == first.forwards["new"] + first.forwards["reused"]


@pytest.mark.parametrize("blocks", [34, 37, 42])
def test_a_kill_among_the_alternatives_loses_a_batch_at_most(tmp_path: Path, blocks: int):
    whole = search(tmp_path / "whole", also=("ensemble", "retrieval"))
    painter = Opposed()

    def killed(*arguments: Any) -> np.ndarray:
        if painter.painted >= BATCH_SIZE * blocks:
            raise KeyboardInterrupt
        return painter(*arguments)

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, killed, also=("ensemble", "retrieval"))
    with Store(tmp_path / "store") as store:
        assert len(store) < whole.forwards["new"]
    rest = search(tmp_path, also=("ensemble", "retrieval"))
    assert rest.to_json()["alternatives"] == whole.to_json()["alternatives"]
    lost = rest.forwards["new"] + BATCH_SIZE * blocks - whole.forwards["new"]
    assert -2 * BATCH_SIZE < lost <= BATCH_SIZE


ENSEMBLES = ["ensemble", "ensemble-mean", "ensemble-features", "ensemble-grid"]


@pytest.mark.parametrize(
    ("rung_by", "left", "skipped"),
    [
        ("a blank prompt", [], ["--diagnose", "--also ensemble", "--also retrieval"]),
        ("an ensemble", [], ["--also ensemble", "--also retrieval"]),
        ("a description", ENSEMBLES, ["--also retrieval"]),
    ],
)
def test_a_stop_leaves_out_the_rest_and_says_so(
    tmp_path: Path, rung_by: str, left: list[str], skipped: list[str]
):
    also, seen, painter = ("ensemble", "retrieval"), set[str](), Opposed()

    def paint(prompt: WholePrompt, images: list[Image], spec: Spec[Any]) -> np.ndarray:
        if isinstance(prompt, EnsemblePrompt):
            seen.add("an ensemble")
        elif not prompt.pair.image.any():
            seen.add("a blank prompt")
        return painter(prompt, images, spec)

    def describe(images: Sequence[Image]) -> np.ndarray:
        seen.add("a description")
        return DESCRIBER.of(images)

    def stop() -> str:
        return "bell" if rung_by in seen else ""

    settings: dict[str, Any] = {"also": also, "diagnose": True, "shuffles": 1}
    describer = Describer(describe, DESCRIBER.cost)
    with registered():  # a diagnosis looks for other tasks
        result = search(tmp_path, paint, stop=stop, describer=describer, **settings)
        rest = search(tmp_path, **settings)
    assert [one.name for one in result.alternatives] == left
    assert list(result.skipped) == result.to_json()["skipped"] == skipped
    told = "  not measured, because the search was ended (bell): " + ", ".join(skipped)
    assert told in result.summary.splitlines()
    assert (result.sensitivity is None) == ("--diagnose" in skipped)
    assert "skipped" not in rest.to_json()
    assert len(rest.alternatives) == 6


def test_all_of_them_for_classes(tmp_path: Path):
    pool = [labelled(f"p{i}-{good}", good) for i, good in enumerate([0, 1, 2, 9, 9, 9])]
    data = split_data(pool, 16, 16, lambda name, i: labelled(name, 9), "semantic")
    with Store(tmp_path) as store:
        judge = Judge(SEMANTIC, CLASSES, Specialists(), store, "model", describer=DESCRIBER)
        splits = make_splits(data, "semantic")
        config = SearchConfig(panel=6, resamples=400, also=("per-class", "per-class"))
        result = search_prompt(judge, splits, config, out=tmp_path / "out", quiet=True)
    (one,) = result.alternatives
    assert one.gain.confirmed
    folders = {p.name for p in (tmp_path / "out" / "per-class").iterdir()}
    assert {f"per-class/{name}" for name in folders} == set(one.prompts)
    assert load_prompt(tmp_path / "out" / "per-class" / "0").confirm_touches == 2


def test_what_the_task_cannot_have_is_said_before_any_forward(tmp_path: Path):
    painter = Opposed()
    with pytest.raises(InputError, match="--also per-class"):
        search(tmp_path, painter, also=ALSO)
    assert painter.painted == 0
