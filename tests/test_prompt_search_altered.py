"""Prompts that are made worse on purpose, of toys and of the world."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import Sizes, make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, make_pair, task_parts
from painter_kit.types import Coding
from prompt_search.altered import (
    blank,
    changed,
    own_prompts,
    shuffled,
    with_target,
    wrong_tasks,
)
from prompt_search.config import SearchConfig
from prompt_search.setting import Setting, prepare
from tests.cli_toys import make_pairs
from tests.toys import ToyPainter

WORLD = open_dataset("world")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as store:
        yield store


def setting(store: Store, name: str, data=WORLD) -> Setting:
    """A small search of a task of the world; nothing is painted here."""
    task, spec = get_task(name), data.spec(name)
    parts = {part: own.name for part, own, _ in task_parts(task, spec)}
    splits = make_splits(data, name, Sizes(6, 3, 4, 2)).with_parts(data, parts)
    return prepare(Judge(task, spec, ToyPainter(), store, "model"), splits, SearchConfig())


def pair_of(prompt: AnyPrompt):
    assert isinstance(prompt, Prompt)
    return prompt.pair


def test_a_blank_prompt_shows_nothing_and_keeps_the_coding(store: Store):
    prompt = setting(store, "foreground").parts[0].candidates.prompt(0)
    empty = blank(prompt)
    assert not empty.pair.image.any()
    assert not empty.pair.target.any()
    assert empty.pair.coding == prompt.pair.coding
    assert prompt.pair.image.any()


def test_another_target_is_fitted_without_new_colours(store: Store):
    prompt = setting(store, "depth").join([0])
    assert isinstance(prompt, Prompt)
    target = np.zeros((7, 5, 3), np.uint8)
    target[3:] = 200, 10, 10
    coding = Coding(span=(1.0, 2.0))
    made = with_target(prompt, target, coding)
    assert made.pair.target.shape == prompt.pair.image.shape
    assert {tuple(c) for c in made.pair.target.reshape(-1, 3)} == {(0, 0, 0), (200, 10, 10)}
    np.testing.assert_array_equal(made.pair.image, prompt.pair.image)
    assert (made.pair.coding, made.kind) == (coding, "given")
    assert with_target(prompt, target).pair.coding == prompt.pair.coding


def test_shuffled_targets_are_those_of_other_candidates_in_their_coding(store: Store):
    made = setting(store, "foreground")
    candidates = made.parts[0].candidates
    prompt = made.join([2])
    found = shuffled(made, prompt, 3)
    pairs = {candidates.prompt(i).pair.target.tobytes(): i for i in range(len(candidates))}
    drawn = [pairs[pair_of(p).target.tobytes()] for p in found]
    assert len(set(drawn)) == 3
    assert 2 not in drawn
    for index, other in zip(drawn, found, strict=True):
        assert pair_of(other).coding == candidates.prompt(index).pair.coding
        np.testing.assert_array_equal(pair_of(other).image, pair_of(prompt).image)
    again = shuffled(made, prompt, 3)
    assert [p.digest for p in again] == [p.digest for p in found]
    assert len(shuffled(made, prompt, 50)) == len(candidates) - 1
    other = replace(made, config=SearchConfig(seed=5))
    assert [p.digest for p in shuffled(other, prompt, 3)] != [p.digest for p in found]


def test_wrong_tasks_show_the_same_scene_painted_otherwise(store: Store):
    made = setting(store, "depth")
    prompt = made.join([1])
    found = wrong_tasks(made, prompt)
    # Keypoints have figures of their own under the same ids, the clean picture is painted once.
    assert set(found) == {"semantic", "coco-semantic", "instance", "foreground", "denoise"}
    name = prompt.provenance["candidate"]
    source = WORLD.examples("semantic", "train")
    example = source[list(source.ids).index(name)]
    expected = make_pair(get_task("semantic"), WORLD.spec("semantic"), example).target
    np.testing.assert_array_equal(pair_of(found["semantic"]).target, expected)
    np.testing.assert_array_equal(pair_of(found["denoise"]).target, pair_of(prompt).image)
    for wrong in found.values():
        assert pair_of(wrong).coding == pair_of(prompt).coding
        np.testing.assert_array_equal(pair_of(wrong).image, pair_of(prompt).image)


def test_wrong_tasks_of_corrupted_pictures_and_of_figures(store: Store):
    dark = setting(store, "enhance")
    found = wrong_tasks(dark, dark.join([0]))
    # Noise and rain have the same clean target as darkness.
    assert set(found) == {"depth", "semantic", "coco-semantic", "instance", "foreground"}
    figures = setting(store, "keypoint")
    assert wrong_tasks(figures, figures.join([0])) == {}


def test_equal_paintings_count_once(store: Store):
    """On world-shifted both kinds of semantic segmentation have one palette."""
    shifted = setting(store, "depth", open_dataset("world-shifted"))
    found = wrong_tasks(shifted, shifted.join([0]))
    assert len({"semantic", "coco-semantic"} & set(found)) == 1
    semantic = setting(store, "semantic", open_dataset("world-shifted"))
    assert "coco-semantic" not in wrong_tasks(semantic, semantic.join([0]))


def test_an_unknown_picture_and_unknown_data_have_no_wrong_task(store: Store):
    made = setting(store, "depth")
    prompt = made.join([1])
    assert isinstance(prompt, Prompt)
    assert wrong_tasks(made, replace(prompt, provenance={})) == {}
    turned = replace(prompt.pair, image=prompt.pair.image[::-1].copy())
    assert wrong_tasks(made, replace(prompt, pair=turned)) == {}
    nowhere = replace(made, splits=replace(made.splits, dataset=None))
    assert wrong_tasks(nowhere, prompt) == {}


def test_what_is_not_prepared_and_what_is_no_truth_is_left_out(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = setting(store, "depth")
    prompt, examples = made.join([1]), type(WORLD).examples

    def some(self, task: str, subset: str):
        if task == "semantic":
            raise InputError("no files")
        return examples(self, task, subset)

    monkeypatch.setattr(type(WORLD), "examples", some)
    assert {"instance", "denoise"} <= set(wrong_tasks(made, prompt))
    assert "semantic" not in wrong_tasks(made, prompt)
    # One target per picture is not the truth of several tasks.
    make_pairs(tmp_path / "pairs", 8)
    folder = open_dataset(f"folder:{tmp_path / 'pairs'}")
    assert len(folder.tasks) > 2
    assert wrong_tasks(replace(made, splits=replace(made.splits, dataset=folder)), prompt) == {}


def test_every_part_is_altered(store: Store):
    made = setting(store, "panoptic")
    prompt = made.join([0, 1])
    assert isinstance(prompt, PartedPrompt)
    for altered in (
        changed(prompt, lambda part, own: blank(own)),
        *shuffled(made, prompt, 2),
        *wrong_tasks(made, prompt).values(),
        *(p for _, p in own_prompts(made, prompt, 2)),
    ):
        assert isinstance(altered, PartedPrompt)
        assert set(altered.parts) == {"semantic", "instance"}
        for name, part in altered.parts.items():
            assert part.digest != prompt.parts[name].digest
            assert part.task == prompt.parts[name].task
    assert {"depth", "denoise"} <= set(wrong_tasks(made, prompt))


def test_own_prompts_are_the_queries_with_their_truth(store: Store):
    made = setting(store, "foreground")
    found = list(own_prompts(made, made.join([0]), 3))
    assert [index for index, _ in found] == [0, 1, 2]
    for index, prompt in found:
        example = made.splits.confirm[index]
        expected = make_pair(made.judge.task, made.judge.spec, example)
        assert pair_of(prompt).digest == expected.digest
        assert pair_of(prompt).coding == example.coding


def test_no_own_prompt_for_views_and_for_missing_parts(store: Store):
    made = setting(store, "panoptic")
    part = made.splits.parts["semantic"]
    fewer = replace(part, confirm=made.splits.parts["instance"].select)
    splits = replace(made.splits, parts={**made.splits.parts, "semantic": fewer})
    assert not list(own_prompts(replace(made, splits=splits), made.join([0, 0]), 4))
    task = replace(made.judge.task, views=lambda example, spec: [example.image])
    judge = Judge(task, made.judge.spec, ToyPainter(), store, "model")
    assert not list(own_prompts(replace(made, judge=judge), made.join([0, 0]), 4))
