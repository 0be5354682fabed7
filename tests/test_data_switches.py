import re
from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.specs import panoptic_spec, released_spec
from painter_kit.data.switches import switch_names, switched
from painter_kit.errors import InputError
from painter_kit.tasks.panoptic import PanopticProtocol
from painter_kit.types import Coding, Spec

SEMANTIC = released_spec("d", "semantic", ("a", "b"))
INSTANCE = released_spec("d", "instance")
PARTED = Spec(
    "both", "d", 560, "m", "max", "", Coding(), None, parts=(("s", SEMANTIC), ("i", INSTANCE))
)


def test_nothing_switched_is_the_same_spec():
    assert switched(SEMANTIC, []) == SEMANTIC


def test_a_field_of_the_protocol_and_one_of_the_spec():
    spec = switched(SEMANTIC, ["rounding=round", "target_resize=bicubic", "margin=3"])
    assert spec.protocol == replace(SEMANTIC.protocol, rounding="round", margin=3.0)
    assert spec.target_resize == "bicubic"
    assert spec.digest != SEMANTIC.digest


def test_a_field_of_a_part():
    spec = switched(PARTED, ["i.distance_threshold=18"])
    assert spec.part("i").protocol.distance_threshold == 18
    assert spec.part("s") == SEMANTIC
    assert "s.void" in switch_names(PARTED)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("nonsense=1", "keys of semantic: distance, void"),
        ("rounding", "write KEY=VALUE"),
        ("rounding=up", "one of truncate, round"),
        ("void=3", "true or false"),
        ("canvas=x", "a whole number"),
        ("margin=[", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_named(item: str, message: str):
    with pytest.raises(InputError, match=message):
        switched(SEMANTIC, [item])


def documented() -> list[tuple[str, str, tuple[str, ...]]]:
    """Data, task and the switches of every row of the documentation that has some."""
    page = Path(__file__).resolve().parents[1] / "docs" / "protocols.md"
    rows = []
    for line in page.read_text(encoding="utf-8").splitlines():
        sets = tuple(re.findall(r"--protocol ([^\s`]+)", line))
        if line.startswith("|") and sets:
            data, task = line.split("|")[3].strip().split(": ")
            rows.append((data, task, sets))
    return rows


def test_the_documentation_names_many_switches():
    assert len(documented()) > 30


@pytest.mark.parametrize(("data", "task", "sets"), documented(), ids=lambda v: str(v))
def test_every_switch_of_the_documentation_changes_something(
    data: str, task: str, sets: tuple[str, ...]
):
    spec = open_dataset(data).spec(task)
    for item in sets:
        assert switched(spec, [item]).digest != spec.digest


def test_every_convention_of_panoptic_can_be_switched():
    spec = panoptic_spec("x", ("cat", "sky", "sea"), (0,))
    sets = ["stuff_area=100", "overlap_threshold=0.3", "things=[0, 1]"]
    sets += ["instance.distance_threshold=18", "instance.ignore_black=true"]
    sets += ["semantic.output_resize=nearest", "semantic.distance=square"]
    changed = switched(spec, sets)
    assert changed.protocol == PanopticProtocol((0, 1), 0.55, 0.3, 100)
    instance, semantic = changed.part("instance"), changed.part("semantic")
    assert (instance.protocol.distance_threshold, instance.protocol.ignore_black) == (18, True)
    assert (semantic.output_resize, semantic.protocol.distance) == ("nearest", "square")
    assert changed.digest != spec.digest
