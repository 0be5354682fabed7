"""A whole tuning: what is said, counted, chosen and written; starts, parts, continuation."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.specs import with_canvas
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import Sizes, make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import PartedPrompt, load_prompt
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, task_parts
from painter_kit.types import Coding, Pair, SilentReporter
from prompt_search.config import SearchConfig
from prompt_search.setting import prepare
from prompt_tuning.config import TuneConfig
from prompt_tuning.robustness import CHANGES
from prompt_tuning.run import tune_prompt
from tests.tuning_toys import judge as tiny_judge
from tests.tuning_toys import painter, splits

TINY = TuneConfig(steps=2, batch=2, evaluate_every=1, panel=4, resamples=400, robustness=False)


def test_the_plan_is_said_first_and_counts_hold(tmp_path: Path):
    model, said = painter(), []
    judge = tiny_judge(model, tmp_path)

    def say(text: str) -> None:
        assert judge.new == 0
        said.append(text)

    result = tune_prompt(model, judge, splits(), TINY, "grey", say=say, quiet=True)
    assert len(said) == 1
    assert "2 steps x 2 queries (2 at a time)" in said[0]
    assert "= 4 samples" in said[0]
    assert f"forwards: {4 * 12} before, {3 * 6 + 6} to judge" in said[0]
    asked = sum(result.forwards[k] for k in ("panel", "select", "confirm"))
    assert result.forwards["select"] == 18
    assert result.forwards["confirm"] == 6
    assert asked == result.forwards["panel"] + 24
    assert result.init == "grey"
    assert result.prompt.confirm_touches == 1
    assert result.rival is None


def test_a_second_run_is_free(tmp_path: Path):
    model = painter()
    judge = tiny_judge(model, tmp_path)
    first = tune_prompt(model, judge, splits(), TINY, "random", quiet=True)
    again = tune_prompt(model, judge, splits(), TINY, "random", quiet=True)
    assert again.forwards["new"] == 0
    assert again.prompt.digest == first.prompt.digest
    assert again.gain == first.gain


def test_a_given_prompt_is_named_and_its_touches_counted(tmp_path: Path):
    model = painter()
    pair = Pair(*np.full((2, 16, 16, 3), 99, np.uint8), Coding())
    start = Prompt(pair, "toy", kind="searched", confirm_touches=2)
    result = tune_prompt(model, tiny_judge(model, tmp_path), splits(), TINY, start, quiet=True)
    assert result.init == f"searched prompt {start.digest[:8]}"
    assert result.prompt.confirm_touches == 3
    assert result.rival is start
    assert result.over_rival is not None
    assert result.forwards["confirm"] == 12


def test_of_several_finished_prompts_the_best_on_select_is_the_rival(tmp_path: Path):
    model, pictures = painter(), [np.full((2, 16, 16, 3), level, np.uint8) for level in (0, 128)]
    given = [Prompt(Pair(*one, Coding()), "toy", kind="released") for one in pictures]
    judge = tiny_judge(model, tmp_path)
    worth = [primary(judge.task, judge.spec, judge.records(p, splits().select)) for p in given]
    assert worth[0] != worth[1]
    result = tune_prompt(model, judge, splits(), TINY, given, quiet=True)
    assert result.rival is given[int(np.argmin(worth))]
    assert result.rival_name == "given"
    told = result.to_json()
    assert told["rival"] == "given"
    assert told["gain_over_rival"] == result.over_rival.to_json()
    assert told["loss_is_not_metric"] in (True, False)


def test_an_unknown_start_is_refused_before_any_forward(tmp_path: Path):
    model = painter()
    judge = tiny_judge(model, tmp_path)
    with pytest.raises(InputError, match="--init must be"):
        tune_prompt(model, judge, splits(), TINY, "noise", quiet=True)
    assert judge.requested == 0


def test_parts_are_learned_one_by_one_and_decided_jointly(tmp_path: Path):
    model, world, task = painter(), open_dataset("world"), get_task("panoptic")
    spec = with_canvas(world.spec("panoptic"), model.canvas)
    cut = make_splits(world, "panoptic", Sizes(4, 4, 3, 2))
    cut = cut.with_parts(world, {n: part.name for n, part, _ in task_parts(task, spec)})
    said: list[str] = []
    with Store(tmp_path / "store") as store:
        judge = Judge.of(Predictor(model, 4), task, spec, store)
        setting = prepare(judge, cut, SearchConfig(panel=2))
        start = replace(setting.join([0, 1]), kind="searched", confirm_touches=1)
        config = replace(TINY, panel=2)
        result = tune_prompt(
            model, judge, cut, config, start, out=tmp_path / "out", say=said.append, quiet=True
        )
    assert isinstance(start, PartedPrompt)
    assert result.forwards["panel"] == 2 * 2 * (4 + 3)
    assert result.forwards["select"] == 2 * 3 * 4 + 2 * 4  # snapshots of each, then both together
    assert result.forwards["confirm"] == 2 * 2 * 3  # learned and searched
    asked = sum(result.forwards[k] for k in ("panel", "select", "confirm"))
    assert result.forwards["new"] + result.forwards["reused"] == asked
    assert f"{2 * 2 * 2} samples" in said[0]
    assert result.to_json()["winner"]["select"] == result.select
    assert set(result.learned) == {"semantic", "instance"}
    prompt = load_prompt(tmp_path / "out" / "learned")
    assert isinstance(prompt, PartedPrompt)
    assert (prompt.task, prompt.kind, prompt.confirm_touches) == ("panoptic", "learned", 2)
    assert prompt.digest == result.prompt.digest
    for name, part in prompt.parts.items():
        assert part.digest == result.learned[name].best.prompt.digest
        assert part.provenance["start"]["digest"] == start.parts[name].digest
        assert part.confirm_touches == 2
    assert result.rival is start
    for words in ("semantic: miou on 4 select", "instance: ap50 on 4 select", "together: pq"):
        assert words in result.summary


def test_the_robustness_of_learned_and_searched_is_counted_as_select(tmp_path: Path):
    model = painter()
    judge = tiny_judge(model, tmp_path)
    config = replace(TINY, robustness=True)
    search = SearchConfig(strategy="random", k=3, panel=4, resamples=400)
    result = tune_prompt(model, judge, splits(), config, search=search, quiet=True)
    assert [row["change"] for row in result.robustness] == list(CHANGES)
    assert set(result.robustness[0]) == {"change", "learned", "searched"}
    assert result.robustness[0]["learned"] == result.select
    assert result.forwards["select"] == 3 * 6 + 2 * len(CHANGES) * 6
    assert "robustness on select (learned / searched): as it is " in result.summary


def test_starts_are_gathered_and_raced(tmp_path: Path):
    model, said = painter(), []
    judge = tiny_judge(model, tmp_path)
    config = replace(TINY, starts=2, steps=4, evaluate_every=1)
    search = SearchConfig(strategy="random", k=3, panel=4, resamples=400)
    result = tune_prompt(
        model, judge, splits(), config, "search,mean", search=search, say=said.append, quiet=True,
        out=tmp_path / "out",
    )  # fmt: skip
    (learned,) = result.learned.values()
    assert list(learned.decisions[0]["error"]) == ["search", "search 2", "mean"]
    assert result.init == "search, mean"
    assert result.rival is not None
    assert "from 3 starts" in said[0]
    lines = (tmp_path / "out" / "decisions.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [d["step"] for d in learned.decisions]
    assert result.prompt.provenance["start"]["digest"] == learned.start.digest


def test_a_killed_tuning_goes_on_exactly(tmp_path: Path):
    """States, the panel and what the store holds: the result is that of an undisturbed run."""

    class Kill(SilentReporter):
        def metrics(self, values, step=None) -> None:
            if step == 3:
                raise KeyboardInterrupt

    config = replace(TINY, steps=5, evaluate_every=2, save_every=1)
    straight = tune_prompt(
        painter(), tiny_judge(painter(), tmp_path / "a"), splits(), config, "grey", quiet=True
    )
    args = (splits(), config, "grey")
    with pytest.raises(KeyboardInterrupt):
        tune_prompt(painter(), tiny_judge(painter(), tmp_path / "b"), *args, quiet=True,
                    work=tmp_path / "out", reporter=Kill())  # fmt: skip
    again = tune_prompt(
        painter(), tiny_judge(painter(), tmp_path / "b"), *args, quiet=True, work=tmp_path / "out"
    )
    assert again.prompt.digest == straight.prompt.digest
    assert again.learned[""].losses == straight.learned[""].losses
    assert again.gain == straight.gain
    told, expected = again.to_json(), straight.to_json()
    for json_ in (told, expected):
        json_.pop("seconds")
        counts = json_["forwards"]
        json_["forwards"] = {**counts, "new": 0, "reused": counts["new"] + counts["reused"]}
    assert told == expected


def test_a_palette_that_is_not_there_is_told_before_any_forward(tmp_path: Path):
    model = painter()
    judge = tiny_judge(model, tmp_path)
    with pytest.raises(InputError, match="not painted in a palette"):
        tune_prompt(model, judge, splits(), replace(TINY, parametrisation="palette"), "grey")
    assert judge.requested == 0
