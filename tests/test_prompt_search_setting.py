from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import Sizes, Splits, make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, make_pair
from prompt_search.config import SearchConfig
from prompt_search.setting import (
    WHOLE,
    Setting,
    draw_members,
    join_names,
    make_pools,
    measure_panel,
    prepare,
    prompt_of,
    views_of,
)
from tests.toys import (
    BOTH,
    BOTH_SPEC,
    PART_TASKS,
    PARTS,
    SPEC,
    TOY,
    Listed,
    ToyPainter,
    make_example,
    registered,
    toy_data,
)

DATA = toy_data(pool=10, select=6, confirm=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with registered(), Store(tmp_path) as store:
        yield store


def cut() -> Splits:
    return make_splits(DATA, "toy-both").with_parts(DATA, {p: f"toy-{p}" for p in PARTS})


def setting(store: Store, panel: int = 4) -> Setting:
    judge = Judge(BOTH, BOTH_SPEC, ToyPainter(), store, "model")
    return prepare(judge, cut(), SearchConfig(panel=panel))


def test_a_task_without_parts_is_its_own_only_part(store: Store):
    judge = Judge(TOY, SPEC, ToyPainter(), store, "model")
    made = prepare(judge, make_splits(DATA, "toy"), SearchConfig(panel=3))
    assert [(p.name, p.judge) for p in made.parts] == [(WHOLE, judge)]
    assert (made.pools, made.plan.parts) == ([10], 1)
    joined = made.join([4])
    assert isinstance(joined, Prompt)
    assert joined.digest == made.parts[0].candidates.prompt(4).digest
    assert made.name_of([4]) == made.parts[0].candidates.ids[4]
    assert prompt_of(joined, WHOLE) is joined


def test_every_part_has_judge_candidates_and_select_of_its_own(store: Store):
    made = setting(store)
    assert [p.name for p in made.parts] == list(PARTS)
    for part in made.parts:
        assert part.judge.task is PART_TASKS[f"toy-{part.name}"]
        assert part.candidates.task is part.judge.task
        assert list(part.select.ids) == list(made.splits.select.ids)
        assert set(part.candidates.ids) <= set(made.splits.pool.ids)
    joined = made.join([1, 2])
    assert isinstance(joined, PartedPrompt)
    assert (joined.task, joined.kind, joined.spec_digest) == (
        ("toy-both", "random", BOTH_SPEC.digest)
    )
    ids = [made.parts[0].candidates.ids[1], made.parts[1].candidates.ids[2]]
    assert joined.provenance["candidate"] == f"one {ids[0]}, two {ids[1]}" == made.name_of([1, 2])
    assert prompt_of(joined, "two").provenance["candidate"] == ids[1]


def test_members_of_the_panel_are_drawn_in_step(store: Store):
    made = setting(store, panel=50)
    members = draw_members(made)
    assert len(members) == 10
    assert all(sorted(drawn) == list(range(10)) for drawn in zip(*members, strict=True))
    panel = measure_panel(replace(made, config=SearchConfig(panel=3)))
    assert [p.digest for p in panel.prompts] == [made.join(m).digest for m in members[:3]]
    assert list(panel.names) == [made.name_of(m) for m in members[:3]]
    values = np.array([[r.values for r in row] for row in panel.on_select])
    assert values.shape[:2] == (3, 6)
    np.testing.assert_allclose(panel.reference.values, values.sum((0, 1)))
    assert made.judge.new == 3 * 6 * 2


def test_an_ensemble_is_no_prompt_of_one_part(store: Store):
    made = setting(store)
    with pytest.raises(TypeError, match="got an ensemble"):
        prompt_of(EnsemblePrompt((made.parts[0].candidates.prompt(0),)), WHOLE)


def test_dropped_pairs_are_summed_over_parts(store: Store):
    made = setting(store)
    dropped = [{"dark": 1}, {"dark": 2, "copy": 1}]
    parts = tuple(
        replace(p, candidates=replace(p.candidates, dropped=d))
        for p, d in zip(made.parts, dropped, strict=True)
    )
    assert replace(made, parts=parts).dropped == {"dark": 3, "copy": 1}


def test_names_of_parts():
    assert join_names({WHOLE: "a"}) == "a"
    assert join_names({"one": "a", "two": "b"}) == "one a, two b"


def test_views_are_told_by_the_first_example():
    examples = [make_example("a", 0)]
    assert views_of(TOY, SPEC, examples) == 1  # pyright: ignore[reportArgumentType]
    viewed = replace(TOY, views=lambda example, spec: [example.image] * 3)
    assert views_of(viewed, SPEC, examples) == 3  # pyright: ignore[reportArgumentType]


def test_the_plan_says_what_became_of_the_pools(store: Store):
    judge = Judge(BOTH, BOTH_SPEC, ToyPainter(), store, "model")
    assert prepare(judge, cut(), SearchConfig(panel=4)).notes == ()
    config = SearchConfig(panel=4, flips=True, max_candidates=6)
    pairs = {p: make_pair(PART_TASKS[f"toy-{p}"], SPEC, make_example(p, 9)) for p in PARTS}
    prompts = {
        p: Prompt(pair, f"toy-{p}", kind="learned", spec_digest=BOTH_SPEC.part(p).digest)
        for p, pair in pairs.items()
    }
    given = PartedPrompt(prompts, "toy-both", kind="learned", spec_digest=BOTH_SPEC.digest)
    made = prepare(judge, cut(), config, [given])
    assert made.pools == [8, 8]  # six, the given one and its mirror image
    edited = sum(p.candidates.edited for p in made.parts)
    assert made.notes == (
        f"crops and mirror images: {edited}",
        "given prompts: 4",
        *[p.candidates.cap.sentence for p in made.parts if p.candidates.cap],
    )
    assert len(made.notes) == 4
    assert made.plan.sentence.endswith("; ".join(("less what the store holds", *made.notes)))


def test_the_panel_is_drawn_from_the_pool_alone(store: Store):
    judge = Judge(TOY, SPEC, ToyPainter(), store, "model")
    splits = make_splits(DATA, "toy")
    given = Prompt(
        make_pair(TOY, SPEC, make_example("x", 9)), "toy", kind="learned", spec_digest=SPEC.digest
    )
    made = prepare(judge, splits, SearchConfig(panel=50), [given])
    assert (made.pools, made.panel_size, made.plan.panel_size) == ([11], 10, 10)
    assert sorted(index for (index,) in draw_members(made)) == list(range(10))
    plain = prepare(judge, splits, SearchConfig(panel=4))
    few = prepare(judge, splits, SearchConfig(panel=4, crops=1, flips=True), [given])
    assert draw_members(plain) == draw_members(few)


def test_what_select_and_confirm_show_is_left_out(store: Store):
    splits = make_splits(DATA, "toy")
    twins = [replace(splits.select[2], id="s", group="s"), replace(splits.confirm[1], id="c")]
    pool = Listed([*splits.pool, *twins, replace(splits.test[0], id="t")])
    made = prepare(Judge(TOY, SPEC, ToyPainter(), store, "model"), replace(splits, pool=pool))
    assert made.dropped == {"a copy of a query": 2}
    assert "t" in made.parts[0].candidates.ids  # test is not read by a search


def test_parts_without_classes_keep_all_pairs():
    world = open_dataset("world")
    spec = world.spec("panoptic")
    joint = make_splits(world, "panoptic", Sizes(12, 2, 2, 2))
    splits = joint.with_parts(world, {name: own.task for name, own in spec.parts})
    pools = [(get_task(own.task), own, splits.parts[name].pool) for name, own in spec.parts]
    config = SearchConfig(pool_class="ring", class_share=0.02)
    semantic, instance = make_pools(("semantic", "instance"), pools, config, splits)
    assert semantic.dropped == {"too little of class ring": 12 - len(semantic)}
    assert len(semantic) < len(instance) == 12
    with pytest.raises(InputError, match="has no class 'sofa'"):
        make_pools(("semantic", "instance"), pools, replace(config, pool_class="sofa"), splits)
