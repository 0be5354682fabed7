"""Declared types from plain data, and the words about data that does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from painter_kit.errors import InputError
from painter_kit.schema import Builder


@dataclass(frozen=True)
class Inner:
    lr: float = 0.1
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.lr <= 0:
            raise ValueError(f"lr must be above 0 but got {self.lr}")


@dataclass(frozen=True)
class Outer:
    steps: int
    on: bool = False
    kind: Literal["a", "b"] = "a"
    size: tuple[int, int] = (1, 2)
    limit: float | None = None
    path: Path | None = None
    either: int | str = 0
    items: list[int] = field(default_factory=list)
    shares: Mapping[str, float] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)
    parts: tuple[Inner, ...] = ()
    free: Any = None


def build(**data: Any) -> Outer:
    return Builder(lambda key: "run.yaml").build(Outer, {"steps": 1, **data})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"steps": 7}, 7),
        ({"on": True}, True),
        ({"kind": "b"}, "b"),
        ({"size": [3, 4]}, (3, 4)),
        ({"limit": None}, None),
        ({"limit": 2}, 2.0),
        ({"limit": "1e-3"}, 0.001),
        ({"path": "a/b"}, Path("a/b")),
        ({"either": "x"}, "x"),
        ({"items": [1, 2]}, [1, 2]),
        ({"shares": {"depth": 1, "pose": 0.5}}, {"depth": 1.0, "pose": 0.5}),
        ({"inner": {"lr": 2, "names": ["a"]}}, Inner(2.0, ("a",))),
        ({"parts": [{"lr": 3}, {}]}, (Inner(3.0), Inner())),
        ({"free": {"x": [1]}}, {"x": [1]}),
    ],
)
def test_values_take_their_declared_type(data: dict[str, Any], expected: Any):
    (name,) = data
    made = getattr(build(**data), name)
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"stepps": 7}, "run.yaml: unknown key stepps; did you mean steps?"),
        ({"zzz": 7}, "unknown key zzz; keys: steps, on, kind"),
        ({"inner": {"ler": 1}}, "unknown key inner.ler; did you mean inner.lr?"),
        ({"steps": 1.5}, "steps must be a whole number but got float 1.5"),
        ({"steps": True}, "steps must be a whole number but got bool True"),
        ({"steps": None}, "steps must be a whole number but got null None"),
        ({"on": 1}, "on must be true or false but got int 1"),
        ({"kind": "c"}, "kind must be one of a, b but got text 'c'"),
        ({"size": [1]}, "size must be a list of 2 values but got list [1]"),
        ({"size": 3}, "size must be a list but got int 3"),
        ({"limit": "fast"}, "limit must be a number but got text 'fast'"),
        ({"items": [1, "x"]}, "items.1 must be a whole number but got text 'x'"),
        ({"shares": {"depth": "x"}}, "shares.depth must be a number"),
        ({"shares": [1]}, "shares must be a mapping but got list [1]"),
        ({"inner": 3}, "inner must be a mapping but got int 3"),
        ({"inner": {"lr": -1}}, "run.yaml: inner: lr must be above 0 but got -1"),
        ({"parts": [{"lr": 1}, {"lr": 0}]}, "parts.1: lr must be above 0"),
    ],
)
def test_wrong_data_is_named(data: dict[str, Any], words: str):
    with pytest.raises(InputError) as caught:
        build(**data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_required_key_is_asked_for():
    with pytest.raises(InputError, match=r"run\.yaml: missing key steps"):
        Builder(lambda key: "run.yaml").build(Outer, {})


def test_source_is_asked_for_the_key_at_fault():
    builder = Builder(lambda key: f"<{key}>")
    with pytest.raises(InputError, match=r"<inner\.lr>: inner\.lr must be a number"):
        builder.build(Outer, {"steps": 1, "inner": {"lr": []}})


def test_long_values_are_shortened_in_messages():
    values: list[Any] = [list(range(10_000))] * 100
    with pytest.raises(InputError) as caught:
        Builder(lambda key: "file").convert(int, {"a": values, "b": "x" * 9_000}, "key")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "nan", "1e999"])
def test_numbers_are_finite(value: object):
    with pytest.raises(InputError, match="rate must be a finite number"):
        Builder(lambda key: "file").convert(float, value, "rate")
