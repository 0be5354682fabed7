"""Specs through JSON and back."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.serving.specs import spec_from_json, spec_to_json
from painter_kit.tasks.depth import EIGEN_CROP, DepthProtocol

WORLD = open_dataset("world")


def trip(spec: Any) -> Any:
    return spec_from_json(json.loads(json.dumps(spec_to_json(spec))), "model.json")


@pytest.mark.parametrize("task", WORLD.tasks)
def test_every_task_of_the_world_comes_back_equal(task: str):
    spec = WORLD.spec(task)
    again = trip(spec)
    assert again == spec
    assert again.digest == spec.digest
    assert [name for name, _ in again.parts] == [name for name, _ in spec.parts]


def test_constants_of_real_sets_come_back():
    spec = WORLD.spec("depth")
    spec = replace(spec, protocol=DepthProtocol(crop=EIGEN_CROP, bin_centre=True))
    assert trip(spec) == spec


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"protocol_type": "Path"}, "protocol_type must be one of DepthProtocol"),
        ({"protocol_type": ["DepthProtocol"]}, "protocol_type must be one of DepthProtocol"),
        ({"protocol": "12"}, "protocol must be a mapping but got text '12'"),
        ({"parts": [3]}, "cannot unpack non-iterable int"),
        ({"parts": [[{}, {}]]}, "parts must be text"),
        ({"canvas": "big"}, "canvas must be a whole number"),
        ({"direction": "up"}, "direction must be one of min, max"),
        ({"nonsense": 1}, "unknown key 'nonsense'"),
        ({"protocol": {"max_m": 10.0, "min": 1}}, "unknown key protocol.min"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], words: str):
    value = json.loads(json.dumps(spec_to_json(WORLD.spec("depth"))))
    with pytest.raises(InputError, match="model.json") as caught:  # noqa: RUF043
        spec_from_json({**value, **change}, "model.json")
    assert words in str(caught.value)


def test_missing_fields_are_named():
    value = json.loads(json.dumps(spec_to_json(WORLD.spec("depth"))))
    del value["metric"]
    with pytest.raises(InputError, match="'metric'"):
        spec_from_json(value, "model.json")


def test_constants_from_elsewhere_are_refused():
    @dataclass(frozen=True)
    class Own:
        pass

    with pytest.raises(InputError, match="Own"):
        spec_to_json(replace(WORLD.spec("depth"), protocol=Own()))
