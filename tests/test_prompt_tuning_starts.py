"""Where tuning may start."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import draw_panel
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Pair
from prompt_search.candidates import make_candidates
from prompt_search.config import SearchConfig
from prompt_search.search import search_prompt
from prompt_search.setting import draw_members, prepare
from prompt_tuning.starts import (
    check_starts,
    count_starts,
    gather_starts,
    make_start,
    make_starts,
    split_init,
)
from tests.toys import BOTH, BOTH_SPEC, PARTS, TOY, ToyPainter, registered, toy_data
from tests.toys import SPEC as TOY_SPEC
from tests.tuning_toys import INVERT, SPEC, splits


@pytest.fixture
def candidates():
    return make_candidates(INVERT, SPEC, splits().pool)


def test_random_is_the_panels_first(candidates):
    start = make_start("random", candidates, 3)
    expected = candidates.prompt(draw_panel(candidates.ids, 1, 3)[0])
    assert start.digest == expected.digest
    assert start.kind == "random"


def test_mean_averages_pictures_and_targets(candidates):
    start = make_start("mean", candidates, 0)
    images = [candidates.examples[i].image for i in candidates.indices]
    targets = [candidates.examples[i].truth["picture"] for i in candidates.indices]
    np.testing.assert_array_equal(start.pair.image, np.rint(np.mean(images, axis=0)))
    np.testing.assert_array_equal(start.pair.target, np.rint(np.mean(targets, axis=0)))
    assert start.provenance["init"] == "mean"
    assert start.spec_digest == SPEC.digest


def test_grey_is_flat(candidates):
    start = make_start("grey", candidates, 0)
    assert np.unique(start.pair.image).tolist() == np.unique(start.pair.target).tolist() == [128]
    assert start.pair.image.shape == (16, 16, 3)
    assert start.pair.coding == SPEC.coding


def test_other_names_are_refused(candidates):
    with pytest.raises(InputError, match="one of search, random, mean, grey, not 'noise'"):
        make_start("noise", candidates, 0)


@pytest.mark.parametrize(("name", "kind"), [("random", "random"), ("mean", "given")])
def test_parts_start_alike(tmp_path: Path, name: str, kind: str):
    data = toy_data(pool=6)
    cut = make_splits(data, "toy-both").with_parts(data, {p: f"toy-{p}" for p in PARTS})
    with registered(), Store(tmp_path) as store:
        judge = Judge(BOTH, BOTH_SPEC, ToyPainter(), store, "model")
        setting = prepare(judge, cut, SearchConfig(panel=2, seed=3))
        start = make_starts(name, setting, 3)
    assert isinstance(start, PartedPrompt)
    assert (start.task, start.kind, start.provenance["init"]) == ("toy-both", kind, name)
    for part in setting.parts:
        assert start.parts[part.name].digest == make_start(name, part.candidates, 3).digest
    if name == "random":
        assert start.digest == setting.join(draw_members(setting)[0]).digest


def test_names_are_split_at_commas():
    assert split_init("search, mean,grey") == ["search", "mean", "grey"]
    prompt = Prompt(Pair(*np.zeros((2, 4, 4, 3), np.uint8), SPEC.coding), "toy")
    assert split_init(prompt) == [prompt]
    assert split_init(["random", prompt]) == ["random", prompt]
    with pytest.raises(InputError, match="not 'noise'"):
        check_starts(["mean", "noise"])
    assert count_starts(["search", "mean", "random", prompt], 3) == 3 + 1 + 3 + 1


def test_the_best_of_a_search_and_the_first_of_the_panel(tmp_path: Path):
    """The winner first, then the candidates that came furthest and scored best."""
    data = toy_data(pool=12, select=16, best=7)
    with Store(tmp_path) as store:
        judge = Judge(TOY, replace(TOY_SPEC, task="toy"), ToyPainter(noise=0.001), store, "model")
        config = SearchConfig(strategy="exhaustive", panel=4, resamples=200)
        cut = make_splits(data, "toy")
        setting, found = prepare(judge, cut, config), search_prompt(judge, cut, config)
    candidates = setting.parts[0].candidates
    starts = gather_starts(["search", "random"], setting, found, 0, 3)
    assert list(starts) == ["search", "search 2", "search 3", "random", "random 2", "random 3"]
    qualities = [int(starts[n].pair.image[0, 0, 2]) for n in ("search", "search 2", "search 3")]
    pool = sorted((int(candidates.prompt(i).pair.image[0, 0, 2]) for i in range(12)), reverse=True)
    assert qualities == pool[:3]
    assert starts["search"] is found.prompt
    drawn = draw_panel(candidates.ids, 3, 0)
    assert [starts[n].digest for n in ("random", "random 2", "random 3")] == [
        candidates.prompt(i).digest for i in drawn
    ]


def test_fewer_candidates_give_fewer_starts(tmp_path: Path):
    data = toy_data(pool=3)
    with Store(tmp_path) as store:
        judge = Judge(TOY, replace(TOY_SPEC, task="toy"), ToyPainter(), store, "model")
        setting = prepare(judge, make_splits(data, "toy"), SearchConfig(panel=2))
        starts = gather_starts(["random", "grey"], setting, None, 0, 9)
    assert list(starts) == ["random", "random 2", "random 3", "grey"]
