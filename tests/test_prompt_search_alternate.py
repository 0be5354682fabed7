"""Parts raced together: by what is right for PQ and not for AP, and on the toy of two parts."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import Sizes, Splits, make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.types import Image, Spec
from prompt_search.alternate import standing
from prompt_search.config import SearchConfig
from prompt_search.plan import make_plan
from prompt_search.result import SearchResult
from prompt_search.search import search_prompt
from tests.coupled_toys import FAINT_SPEC, FaintPainter
from tests.test_prompt_search_budget import Stopper
from tests.toys import BOTH, PARTS, ToyData, registered, toy_data

WORLD = open_dataset("world")
PANOPTIC, SPEC = get_task("panoptic"), WORLD.spec("panoptic")
TASKS = {name: get_task(part.task) for name, part in SPEC.parts}
CONFIG = SearchConfig(panel=2, b0=4, keep=2, joint_share=1.0, resamples=100)


@cache
def world_splits() -> Splits:
    parts = {name: task.name for name, task in TASKS.items()}
    sizes = Sizes(pool=6, select=8, confirm=4, test=2)
    return make_splits(WORLD, "panoptic", sizes).with_parts(WORLD, parts).loaded()


class Flawed:
    """Paints the truth as far as a candidate's flaws allow.

    A ``dim`` candidate finds every instance but is sure of none: each mask is right, so AP is
    perfect, and none scores enough to become a segment. The others find a share of the
    instances, surely; label maps are right on a share of the rows.
    """

    def __init__(self, dim: str) -> None:
        splits = world_splits()
        self.dim, self.cells = dim, []
        self.truths = {
            (task.name, example.image.tobytes()): example.truth
            for name, task in TASKS.items()
            for split in ("select", "confirm")
            for example in getattr(splits.parts[name], split)
        }
        self.truths |= {
            ("coco-semantic", e.image.tobytes()): e.truth for e in splits.parts["semantic"].confirm
        }

    def __call__(self, prompt: Prompt, images: list[Image], spec: Spec[Any]) -> np.ndarray:
        self.cells += [(prompt.digest, image.tobytes()) for image in images]
        return np.stack([self.paint(prompt, image, spec) for image in images])

    def paint(self, prompt: Prompt, image: Image, spec: Spec[Any]) -> np.ndarray:
        name, truth = prompt.provenance["candidate"], self.truths[prompt.task, image.tobytes()]
        own, size = SPEC.part("semantic"), (64, 64)
        if prompt.task == "coco-semantic":
            picture = TASKS["semantic"].encode(truth, own, size)
            picture[: 40 - 40 * quality(name) // 100] = 0
        else:
            share = 1.0 if name == self.dim else 0.3 + 0.5 * quality(name) / 100
            masks = truth["masks"][: max(1, round(share * len(truth["masks"])))]
            picture = TASKS["instance"].encode({"masks": masks}, SPEC.part("instance"), size)
            picture[picture.any(2)] -= 10 * (name == self.dim)
        return picture.astype(np.float32) / 255


def quality(name: str) -> int:
    """0..100, best for the last of the pool."""
    ids = sorted(world_splits().pool.ids)
    return 100 * ids.index(name) // (len(ids) - 1)


def search(folder: Path, config: SearchConfig, painter: Flawed) -> SearchResult:
    with Store(folder) as store:
        judge = Judge(PANOPTIC, SPEC, painter, store, "model", batch_size=4)
        return search_prompt(judge, world_splits(), config, quiet=True)


def test_pq_finds_a_better_pair_than_the_metrics_of_the_parts(tmp_path: Path):
    ids = sorted(world_splits().pool.ids)
    dim, best = ids[2], ids[-1]
    apart = search(tmp_path / "apart", replace(CONFIG, rounds=0), Flawed(dim))
    together = search(tmp_path / "together", CONFIG, Flawed(dim))
    assert apart.winner.id == f"semantic {best}, instance {dim}"
    assert together.winner.id == f"semantic {best}, instance {best}"
    assert together.winner.select > apart.winner.select + 0.1
    assert together.winner.confirm.value > apart.winner.confirm.value + 0.1
    decision = together.trace.decisions[-1]
    assert decision["event"] == "together"
    assert decision["metric"] == {
        apart.winner.id: apart.winner.select,
        together.winner.id: together.winner.select,
    }
    first, last = (f"{values:.4g}" for values in decision["metric"].values())
    assert f"raced together by pq, the parts go from {first} to {last} on select" in (
        together.summary
    )
    assert "together" not in apart.summary
    assert isinstance(together.prompt, PartedPrompt)
    scores = together.prompt.parts["instance"].scores
    assert (scores["metric"], scores["select"]["value"]) == ("pq", together.winner.select)


def test_decisions_name_part_round_and_what_is_fixed(tmp_path: Path):
    ids = sorted(world_splits().pool.ids)
    result = search(tmp_path, CONFIG, Flawed(ids[2]))
    starts = [d for d in result.trace.decisions if d["event"] == "start"]
    assert [(d["part"], d["round"]) for d in starts] == [
        ("semantic", 0),
        ("instance", 0),
        ("instance", 1),
        ("semantic", 1),
    ]  # the second round would repeat the first: the label map has not changed
    assert starts[2]["fixed"] == {"semantic": ids[-1]}
    assert starts[3]["fixed"] == {"instance": ids[-1]}
    assert [d["task"] for d in starts] == ["coco-semantic", "instance", "panoptic", "panoptic"]
    assert all({"part", "round"} <= d.keys() for d in result.trace.decisions[:-1])
    assert {(r["part"], r["round"]) for r in result.trace.candidates} == {
        (d["part"], d["round"]) for d in starts
    }
    assert len({len(column) for column in result.trace.cells.values()}) == 1


def test_a_second_search_and_any_store_decide_alike(tmp_path: Path):
    dim = sorted(world_splits().pool.ids)[2]
    first = search(tmp_path / "a", CONFIG, Flawed(dim))
    painter = Flawed(dim)
    again = search(tmp_path / "a", CONFIG, painter)
    assert (again.forwards["new"], painter.cells) == (0, [])
    search(tmp_path / "b", replace(CONFIG, strategy="random", k=3, rounds=1), Flawed(dim))
    warm = search(tmp_path / "b", CONFIG, Flawed(dim))
    logs = [json.dumps(result.trace.decisions) for result in (first, again, warm)]
    assert logs[0] == logs[1] == logs[2]
    asked = [sum(r.forwards[k] for k in ("panel", "select", "confirm")) for r in (first, warm)]
    assert asked[0] == asked[1] == first.forwards["new"] + first.forwards["reused"]


TOY = SearchConfig(panel=3, b0=4, keep=2, resamples=100, joint_share=0.5)


def search_toy(folder: Path, data: ToyData, config: SearchConfig, **options: Any) -> SearchResult:
    splits = make_splits(data, "toy-both").with_parts(data, {p: f"toy-{p}" for p in PARTS})
    painter = options.pop("painter", FaintPainter())
    with registered(), Store(folder) as store:
        judge = Judge(BOTH, FAINT_SPEC, painter, store, "model", batch_size=4)
        return search_prompt(judge, splits, config, quiet=True, **options)


@pytest.mark.parametrize("strategy", ["halving", "exhaustive", "random", "halving+certify"])
def test_forwards_add_up_and_the_plan_is_the_most(tmp_path: Path, strategy: str):
    data, painter, said = toy_data(pool=12, select=16, confirm=6), FaintPainter(), []
    config = replace(TOY, strategy=strategy, k=5)
    result = search_toy(tmp_path, data, config, painter=painter, say=said.append)
    asked = sum(result.forwards[name] for name in ("panel", "select", "confirm"))
    assert result.forwards["new"] + result.forwards["reused"] == asked
    plan = make_plan(config, [12, 12], 16, 6)
    assert str(plan.total) in said[0]
    assert f"at most {plan.joint_forwards} together" in said[0]
    assert result.forwards["select"] <= plan.select_forwards
    assert result.forwards["panel"] == plan.panel_forwards
    assert result.forwards["confirm"] == plan.confirm_forwards
    assert result.forwards["new"] == len(painter.cells)


def test_forwards_are_counted_part_by_part(tmp_path: Path):
    data = toy_data(pool=12, select=16, confirm=6, best=5)  # best of both parts: nothing changes
    apart = search_toy(tmp_path / "a", data, replace(TOY, rounds=0))
    both = search_toy(tmp_path / "b", data, TOY)
    assert both.winner.id == apart.winner.id == "one p0005, two p0005"
    # Two races of six entrants, one of them known: 5 x 4 and 2 x 12 cells each.
    races = 2 * (5 * 4 + 2 * 12)
    fixed_and_first = 16 + 16 + 16
    assert both.forwards["select"] - apart.forwards["select"] == races + fixed_and_first
    assert both.forwards["confirm"] == apart.forwards["confirm"]
    assert both.prompt.digest == apart.prompt.digest


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.mark.parametrize(
    ("after", "stage"),
    [
        *((after, {"part": part, "round": 1}) for after, part in ((68, "two"), (82, "one"))),
        *((after, {"part": "one", "stage": "refine"}) for after in (89, 103)),
        (117, {"part": "two", "stage": "refine"}),
    ],
)
def test_a_stop_in_a_later_stage_is_told_and_replayed(
    store: Path, after: int, stage: dict[str, object]
):
    """What is stopped while parts are raced together is not refined, in the replay as well."""
    data = toy_data(pool=8, select=16, confirm=6)
    config = replace(TOY, refine=4, rounds=1)
    early = search_toy(store, data, config, stop=Stopper(after))
    (event,) = (d for d in early.decisions if d["event"] == "stopped")
    assert event.items() >= {**stage, "reason": "bell"}.items()
    assert event["cut"] > early.forwards["panel"]  # counted from the beginning of the search
    again = search_toy(store, data, replace(config, cut=event["cut"]))
    logs = [json.dumps(list(result.decisions)) for result in (early, again)]
    assert logs[0].replace('"bell"', '"budget"') == logs[1]
    assert again.prompt.digest == early.prompt.digest
    assert (early.refined is None) == ("round" in stage)


def test_no_rounds_leave_the_parts_as_they_are(tmp_path: Path):
    result = search_toy(tmp_path, toy_data(pool=6, select=6, confirm=4), replace(TOY, rounds=0))
    assert {d["round"] for d in result.trace.decisions} == {0}
    assert make_plan(replace(TOY, rounds=0), [6, 6], 6, 4).joint_forwards == 0


def test_standing_puts_finalists_before_lucky_beginners():
    rows = {
        0: np.array([0.9, 0.1, 0.1, 0.1]),  # known on all images, not good
        1: np.array([0.5, 0.5, 0.9, 0.9]),
        2: np.array([0.6, 0.6]),
        3: np.array([0.1, 0.1]),
        4: np.array([0.4, 0.5, 0.7, 0.7]),
    }
    assert standing(rows, winner=4, keep=2) == [4, 1, 2, 0, 3]
    assert standing(rows, winner=1, keep=3) == [1, 4, 0, 2, 3]
