"""Prompts by name: random, released, and folders, with and without parts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.cli.given_prompt import check_coding, folder_prompt, given_forwards, given_prompt
from painter_kit.data.base import open_dataset
from painter_kit.data.specs import class_spec
from painter_kit.errors import InputError
from painter_kit.evaluation.splits import make_splits, part_split
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.types import Coding, Pair
from prompt_search.candidates import make_candidates
from prompt_tuning.starts import make_start
from tests.toys import BOTH, BOTH_SPEC, PARTS, SPEC, TOY, ToyData, registered, toy_data

DATA = toy_data()
PICTURE = np.full((4, 4, 3), 90, np.uint8)


@pytest.fixture(autouse=True)
def _known_parts() -> Iterator[None]:
    with registered():
        yield


@dataclass(frozen=True)
class Published(ToyData):
    """Toys whose published prompt is of one grey per task."""

    def released(self, task: str) -> Pair:
        return Pair(PICTURE, PICTURE + len(task), Coding())


def part(name: str) -> Prompt:
    return Prompt(
        Pair(PICTURE, PICTURE, Coding()), f"toy-{name}", kind="searched", confirm_touches=2
    )


def test_random_is_the_first_of_the_panel_that_the_seed_draws():
    candidates = make_candidates(TOY, SPEC, make_splits(DATA, "toy").pool)
    drawn = []
    for name, seed in (("random", 0), ("random:0", 0), ("random:7", 7), ("random:8", 8)):
        prompt = given_prompt(name, TOY, DATA, SPEC, "abc")
        assert prompt.digest == make_start("random", candidates, seed).digest
        assert (prompt.kind, prompt.model_digest, prompt.spec_digest) == (
            ("random", "abc", SPEC.digest)
        )
        drawn.append(prompt.digest)
    assert given_prompt("random", TOY, DATA, SPEC, seed=7).digest == drawn[2]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3


def test_random_of_a_large_pool_renders_one_scene():
    world = open_dataset("world")
    prompt = given_prompt("random:5", get_task("depth"), world, world.spec("depth"))
    assert prompt.provenance["data"] == "world"
    assert str(prompt.provenance["candidate"]).startswith("train/")


def test_random_parts_come_from_the_pool_of_the_whole():
    prompt = given_prompt("random:2", BOTH, DATA, BOTH_SPEC, "abc")
    assert isinstance(prompt, PartedPrompt)
    splits = make_splits(DATA, "toy-both")
    for name in PARTS:
        mine = prompt.parts[name]
        assert (mine.task, mine.kind) == (f"toy-{name}", "random")
        pool = part_split(DATA, mine.task, "pool", splits.pool)
        assert mine.provenance["candidate"] in pool.ids
    assert (prompt.task, prompt.kind, prompt.model_digest) == ("toy-both", "random", "abc")
    assert prompt.provenance == {"data": "toys", "seed": 2}


def test_released_is_what_the_data_publish():
    data = Published(DATA.subsets)
    prompt = given_prompt("released", TOY, data, SPEC)
    assert isinstance(prompt, Prompt)
    assert (prompt.kind, prompt.task) == ("released", "toy")
    np.testing.assert_array_equal(prompt.pair.target, PICTURE + 3)
    parted = given_prompt("released", BOTH, data, BOTH_SPEC)
    assert isinstance(parted, PartedPrompt)
    assert parted.kind == "released"
    assert {n: p.task for n, p in parted.parts.items()} == {n: f"toy-{n}" for n in PARTS}


def test_a_folder_of_the_task(tmp_path: Path):
    Prompt(Pair(PICTURE, PICTURE, Coding()), "toy", kind="learned").save(tmp_path / "p")
    prompt = given_prompt(str(tmp_path / "p"), TOY, DATA, SPEC, "abc")
    assert (prompt.kind, prompt.model_digest) == ("learned", "")


def test_what_a_picture_costs_is_told_by_the_folder(tmp_path: Path):
    part("one").save(tmp_path / "one")
    EnsemblePrompt((part("one"),) * 3, "features").save(tmp_path / "three")
    costs = [given_forwards(n) for n in ("random:3", "released", f"{tmp_path}", f"{tmp_path}/one")]
    assert costs == [1, 1, 1, 1]
    assert given_forwards(f"{tmp_path}/three") == 3
    (tmp_path / "three" / "00" / "input.png").unlink()
    with pytest.raises(InputError, match=r"input\.png does not exist"):
        given_forwards(f"{tmp_path}/three")


def test_a_joint_folder_and_one_folder_per_part(tmp_path: Path):
    PartedPrompt({n: part(n) for n in PARTS}, "toy-both", kind="searched").save(tmp_path / "joint")
    for name in PARTS:
        part(name).save(tmp_path / "parts" / name)
    joint, parts = (
        given_prompt(str(tmp_path / name), BOTH, DATA, BOTH_SPEC) for name in ("joint", "parts")
    )
    assert joint.digest == parts.digest
    assert (parts.kind, parts.task, parts.confirm_touches) == ("searched", "toy-both", 2)
    replace(part("two"), kind="learned").save(tmp_path / "parts" / "two")
    assert given_prompt(str(tmp_path / "parts"), BOTH, DATA, BOTH_SPEC).kind == "given"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("random:x", "--prompt random:x: the seed must be a whole number"),
        ("random:-1", "the seed must be a whole number"),
        ("released", r"--data toys has no released prompt; the data that have one: .*coco"),
        ("rnadom", "--prompt must be random, random:SEED, released or a prompt folder"),
        ("other", "other is a prompt for toy-one, not for --task toy; give another"),
        ("joint", "joint is a prompt for toy-both, not for --task toy"),
        ("parts", r"parts/prompt\.json: no such file"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
):
    monkeypatch.chdir(tmp_path)
    part("one").save("other")
    part("one").save("parts/one")
    PartedPrompt({n: part(n) for n in PARTS}, "toy-both").save("joint")
    with pytest.raises(InputError, match=words):
        given_prompt(name, TOY, DATA, SPEC)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plain", "--init plain is a prompt for toy-one, not for --task toy-both"),
        ("half", r"needs the parts one \(for toy-one\), two \(for toy-two\); it has one \("),
        ("swapped", r"it has one \(for toy-two\), two \(for toy-one\)"),
        ("bare", "task toy-both needs the parts one .* it has no parts"),
        ("lacking", "prompt lacking/two: no such folder"),
    ],
)
def test_what_is_wrong_with_parts_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
):
    monkeypatch.chdir(tmp_path)
    part("one").save("plain")
    PartedPrompt({"one": part("one")}, "toy-both").save("half")
    PartedPrompt({"one": part("two"), "two": part("one")}, "toy-both").save("swapped")
    replace(part("one"), task="toy-both").save("bare")
    part("one").save("lacking/one")
    with pytest.raises(InputError, match=words):
        folder_prompt(Path(name), BOTH, BOTH_SPEC, "--init")


def test_a_prompt_has_a_colour_for_every_class():
    spec = class_spec("d", "semantic", ("a", "b", "c"))
    fitting = Prompt(Pair(PICTURE, PICTURE, spec.coding), "semantic")
    check_coding(fitting, spec, "--prompt p")
    plain = Pair(PICTURE, PICTURE, Coding())
    few = Prompt(plain, "semantic")
    words = "--prompt p has colours for 0 classes but semantic on d has 3; give a prompt"
    with pytest.raises(InputError, match=words):
        check_coding(few, spec, "--prompt p")
    both = replace(spec, task="both", parts=(("one", spec), ("two", spec)))
    check_coding(PartedPrompt({"one": fitting, "two": fitting}, "both"), both, "--prompt p")
    with pytest.raises(InputError, match=words):
        check_coding(PartedPrompt({"one": fitting, "two": few}, "both"), both, "--prompt p")
