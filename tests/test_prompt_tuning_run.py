"""The decision on confirm: random, searched or learned, and only on evidence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.specs import with_canvas
from painter_kit.errors import InputError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import Sizes, make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import PartedPrompt, load_prompt
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, task_parts
from painter_kit.types import Coding, Pair
from prompt_search.plan import SearchConfig
from prompt_search.setting import measure_panel, prepare
from prompt_tuning.run import _decide, tune_prompt
from prompt_tuning.tune import TuneConfig
from tests.toys import SPEC, TOY, ToyPainter, toy_data
from tests.tuning_toys import judge as tiny_judge
from tests.tuning_toys import painter, splits

CONFIG = TuneConfig(panel=4, resamples=400)
# The toy model paints better the higher this byte of the prompt is; the pool's are about 100.
GOOD, BETTER, BAD = 180, 250, 0


def made(quality: int, kind: str) -> Prompt:
    image = np.zeros((4, 4, 3), np.uint8)
    image[0, 0, 2], image[3, 3, 0] = quality, kind == "learned"
    return Prompt(Pair(image, image, Coding()), "toy", kind)


@pytest.mark.parametrize(
    ("learned", "searched", "chosen"),
    [
        (GOOD, None, "learned"),
        (BAD, None, "random"),
        (BAD, BAD, "random"),
        (BAD, GOOD, "searched"),
        (GOOD, GOOD, "searched"),
        (BETTER, GOOD, "learned"),
        (GOOD, BAD, "learned"),
    ],
)
def test_each_step_up_needs_evidence(tmp_path: Path, learned, searched, chosen: str):
    with Store(tmp_path) as store:
        judge = Judge(TOY, SPEC, ToyPainter(noise=0.001), store, "model digest")
        setting = prepare(
            judge, make_splits(toy_data(), "toy"), SearchConfig(panel=4, resamples=400)
        )
        panel = measure_panel(setting)
        other = None if searched is None else made(searched, "searched")
        verdict = _decide(setting, panel, made(learned, "learned"), other, CONFIG)
    assert verdict.chosen == chosen
    assert (verdict.over_searched is None) == (searched is None)
    assert verdict.ours.gain.confirmed == (learned > BAD)
    if learned == BAD:
        assert verdict.ours.gain.sentence.startswith("no evidence of improvement")


def test_noise_is_no_evidence(tmp_path: Path):
    """Prompts that make no difference: the cheapest kind is kept nearly always."""
    chosen = []
    for seed in range(10):
        with Store(tmp_path) as store:
            judge = Judge(TOY, SPEC, ToyPainter(effect=0), store, "model digest")
            search = SearchConfig(panel=4, resamples=400, seed=seed)
            setting = prepare(judge, make_splits(toy_data(), "toy", seed=seed), search)
            panel = measure_panel(setting)
            prompts = made(seed, "learned"), made(seed, "searched")
            chosen.append(_decide(setting, panel, *prompts, CONFIG).chosen)
    assert chosen.count("random") >= 7


TINY = replace(CONFIG, steps=2, batch=2, evaluate_every=1)


def test_the_plan_is_said_first_and_counts_hold(tmp_path: Path):
    model, said = painter(), []
    judge = tiny_judge(model, tmp_path)

    def say(text: str) -> None:
        assert judge.new == 0
        said.append(text)

    result = tune_prompt(model, judge, splits(), TINY, "grey", say=say, quiet=True)
    assert len(said) == 1
    assert "2 steps x 2 queries = 4 samples" in said[0]
    assert f"forwards: {4 * 12} before, {3 * 6 + 6} to judge" in said[0]
    asked = sum(result.forwards[k] for k in ("panel", "select", "confirm"))
    assert result.forwards["select"] == 18
    assert result.forwards["confirm"] == 6
    assert asked == result.forwards["panel"] + 24
    assert result.init == "grey"
    assert result.prompt.confirm_touches == 1
    assert result.searched is None


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
    start = Prompt(pair, "toy", "searched", confirm_touches=2)
    result = tune_prompt(model, tiny_judge(model, tmp_path), splits(), TINY, start, quiet=True)
    assert result.init == f"searched prompt {start.digest[:8]}"
    assert result.prompt.confirm_touches == 3
    assert result.searched is start
    assert result.over_searched is not None
    assert result.forwards["confirm"] == 12


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
    assert result.searched is start
    for words in ("semantic: miou on 4 select", "instance: ap50 on 4 select", "together: pq"):
        assert words in result.summary
