"""Asking a part by class: who obeys the prompt is right under it and wrong under controls."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.suites.base import Part, Protocol
from benchmarks.suites.cells import OpenPart, open_part
from benchmarks.suites.controls import CONTROLS, control_prompts
from benchmarks.suites.episodes import draw_episodes
from benchmarks.suites.measure import Asking, forwards
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.store import Store
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import forwards_of
from tests.few_shot import COLOURS, LevelPainter, write_fss

PART = Part("test", "foreground", "fss1000", "class", category_data="fss1000:{category}")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_fss(folder)
    return folder


def opened_part(root: Path, count: int | None = None) -> OpenPart:
    opened = open_part(PART, root, 32, count)
    return replace(opened, spec=replace(opened.spec, output_resize="nearest"))


def asking(root: Path, tmp_path: Path, shots: int = 1) -> tuple[Asking, LevelPainter, Store]:
    opened, painter, store = opened_part(root), LevelPainter(), Store(tmp_path / "store")
    groups = opened.shown.group_of()
    episodes = draw_episodes(Protocol(), opened.asked, groups, opened.usable, 3, shots)
    judge = Judge(opened.task, opened.spec, painter, store, "model", batch_size=1)
    return Asking(opened, episodes, judge, "output"), painter, store


def test_right_prompts_find_the_category_and_controls_do_not(root: Path, tmp_path: Path):
    asked, painter, store = asking(root, tmp_path)
    with store:
        random = asked.random()
        cells = painter.cells
        records, shown = asked.controls(2)
        task, spec = asked.opened.task, asked.opened.spec
        assert all(primary(task, spec, row) > 0.8 for row in random)
        assert set(records) == set(shown) == set(CONTROLS)
        for name, rows in records.items():
            assert len(rows) == 2
            assert all(primary(task, spec, row) < 0.3 for row in rows), name
        before = painter.cells
        asked.random()
        assert painter.cells == before  # everything was in the store
    assert cells == forwards(asked.episodes, "output", 0, 0, True) == 15 * 3


def test_fixed_prompts_answer_their_own_category(root: Path, tmp_path: Path):
    asked, _, store = asking(root, tmp_path)
    with store:
        prompts = {c: asked.opened.one(f"{c}/1") for c in COLOURS}
        right = asked.fixed(prompts)
        moved = dict(zip(COLOURS, [*prompts.values()][1:] + [*prompts.values()][:1], strict=True))
        wrong = asked.fixed(moved)
    task, spec = asked.opened.task, asked.opened.spec
    assert primary(task, spec, right) > 0.8 > 0.3 > primary(task, spec, wrong)


def test_several_shots_paint_together(root: Path, tmp_path: Path):
    asked, _, store = asking(root, tmp_path, shots=3)
    with store:
        prompt = asked.prompt(asked.first[0].supports)
    assert isinstance(prompt, EnsemblePrompt)
    assert prompt.forwards == 3
    one = forwards(asked.episodes, "grid", 0, 0, True)
    for how in ("output", "features", "grid"):
        made = asked.opened.prompt(asked.first[0].supports, how)
        assert forwards(asked.episodes, how, 0, 0, True) == forwards_of(made) * one


def test_controls_say_what_they_say(root: Path):
    opened = opened_part(root)
    supports = {c: [(f"{c}/1",), (f"{c}/2",)] for c in COLOURS}
    made = control_prompts(opened, supports, "cat", 0)
    own = opened.one("cat/1")
    assert not made["blank"].pair.image.any()
    np.testing.assert_array_equal(made["wrong task"].pair.target, own.pair.image)
    np.testing.assert_array_equal(made["shuffled target"].pair.target, opened.pair("cat/2").target)
    np.testing.assert_array_equal(made["shuffled target"].pair.image, own.pair.image)
    assert made["wrong class"].digest == opened.one("dog/1").digest


def test_counts_are_spread_over_categories(root: Path):
    opened = opened_part(root, count=6)
    assert [opened.asked.categories.count(c) for c in COLOURS] == [2, 2, 2]
    assert opened.asked.ids == opened_part(root, count=6).asked.ids


def test_wrong_tasks_come_from_the_data_where_it_has_them():
    part = Part("semantic", "semantic", "world-unseen", min_classes=3)
    opened = open_part(part, None, 64, 2)
    names = opened.usable("", 2)
    made = control_prompts(opened, {"": [(n,) for n in names]}, "", 0)
    assert set(made) == set(CONTROLS) - {"wrong class"}
    target = made["wrong task"].pair.target
    assert not np.array_equal(target, opened.pair(names[0]).target)
    assert not np.array_equal(target, opened.pair(names[0]).image)
    classes = [len(np.unique(opened.supports[opened.places[n]].truth["labels"])) for n in names]
    assert min(classes) >= 3


def test_tasks_with_parts_are_told_to_ask_their_parts():
    with pytest.raises(InputError, match="semantic, instance"):
        open_part(Part("p", "panoptic", "world-unseen"), None, 64)
