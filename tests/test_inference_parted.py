from pathlib import Path
from typing import Any

import numpy as np
import pytest

from painter_kit import load_prompt
from painter_kit.data.specs import released_spec
from painter_kit.errors import InputError
from painter_kit.inference.parted import PartedPrompt, joined
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task
from painter_kit.types import Coding, Pair, Spec
from tests.toys import BOTH, BOTH_SPEC, PARTS, SPEC, TOY, registered

PICTURE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
CODING = Coding(palette=((1, 2, 3), (4, 5, 6)))


def parted(**fields) -> PartedPrompt:
    parts = {
        "semantic": Prompt(Pair(PICTURE, PICTURE, CODING), "coco-semantic"),
        "instance": Prompt(Pair(PICTURE, PICTURE[::-1].copy(), Coding()), "instance"),
    }
    return PartedPrompt(parts, "panoptic", **fields)


def test_round_trip(tmp_path: Path):
    prompt = parted(kind="searched", provenance={"seed": 1}, confirm_touches=2)
    prompt.save(tmp_path / "p")
    back = load_prompt(tmp_path / "p")
    assert isinstance(back, PartedPrompt)
    assert (back.digest, back.kind, back.confirm_touches) == (prompt.digest, "searched", 2)
    assert (tmp_path / "p" / "semantic" / "target.png").is_file()
    prompt.with_scores({"x": 1}, 3).save(tmp_path / "p")
    assert load_prompt(tmp_path / "p").scores == {"x": 1}


def test_a_plain_prompt_loads_as_itself(tmp_path: Path):
    parted().parts["instance"].save(tmp_path / "p")
    assert isinstance(load_prompt(tmp_path / "p"), Prompt)


def test_the_digest_is_that_of_the_parts():
    swapped = PartedPrompt(dict(reversed(parted().parts.items())), "panoptic")
    assert parted(provenance={"a": 1}).digest == parted().digest == swapped.digest
    parts = {**parted().parts, "instance": parted().parts["semantic"]}
    assert PartedPrompt(parts, "panoptic").digest != parted().digest


def test_codings_go_into_the_specs_of_the_parts():
    specs = tuple(
        (name, released_spec("d", task, ("a", "b")))
        for name, task in (("semantic", "coco-semantic"), ("instance", "instance"))
    )
    spec = Spec("panoptic", "d", 560, "pq", "max", "", Coding(), None, parts=specs)
    coded = parted().effective(spec)
    assert coded.part("semantic").coding == CODING
    assert coded.part("instance").coding == Coding()
    assert parted().of(coded.part("instance")).task == "instance"
    assert coded.digest != spec.digest


def test_what_is_missing_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="no such folder"):
        load_prompt(tmp_path / "none")
    parted().save(tmp_path / "p")
    with pytest.raises(InputError, match="prompt of parts"):
        Prompt.load(tmp_path / "p")
    (tmp_path / "p" / "instance" / "input.png").unlink()
    with pytest.raises(InputError, match=r"instance/input\.png does not exist"):
        load_prompt(tmp_path / "p")


def test_a_prompt_needs_parts():
    with pytest.raises(ValueError, match="at least one part"):
        PartedPrompt({}, "panoptic")


def test_joined_prompts_are_made_part_by_part():
    picture = np.full((4, 4, 3), 7, np.uint8)

    def make(task: Task, spec: Spec[Any]) -> Prompt:
        return Prompt(
            Pair(picture, picture, Coding()), task.name, kind="random", spec_digest=spec.digest
        )

    alone = joined(TOY, SPEC, "random", make, {"seed": 1})
    assert isinstance(alone, Prompt)
    assert alone.spec_digest == SPEC.digest
    with registered():
        both = joined(BOTH, BOTH_SPEC, "random", make, {"seed": 1})
    assert isinstance(both, PartedPrompt)
    assert {name: prompt.task for name, prompt in both.parts.items()} == {
        name: f"toy-{name}" for name in PARTS
    }
    assert (both.task, both.kind, both.provenance) == ("toy-both", "random", {"seed": 1})
