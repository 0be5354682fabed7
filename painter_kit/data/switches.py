"""Switching a dataset's protocol: every published convention can be exchanged by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, get_type_hints

from painter_kit.documents import parse_yaml
from painter_kit.errors import InputError
from painter_kit.schema import Builder
from painter_kit.types import Spec

OPTION = "--protocol"
# Fields of the spec itself that may be switched beside those of the task's protocol.
SPEC_FIELDS = ("canvas", "image_resize", "target_resize", "output_resize", "query_filter")


def switched(spec: Spec[Any], sets: Sequence[str]) -> Spec[Any]:
    """``spec`` with ``KEY=VALUE`` changes applied, values as in YAML.

    Keys are fields of the task's protocol or of ``SPEC_FIELDS``; those of a part start with its
    name (``instance.distance_threshold=18``). Raises ``InputError`` naming what can be switched.
    """
    for item in sets:
        spec = _switch(spec, item)
    return spec


def switch_names(spec: Spec[Any]) -> list[str]:
    """Every key that ``switched`` takes for this spec."""
    own = [f.name for f in fields(spec.protocol)] if spec.protocol is not None else []
    parts = [f"{name}.{key}" for name, part in spec.parts for key in switch_names(part)]
    return [*own, *(() if spec.parts else SPEC_FIELDS), *parts]


def _switch(spec: Spec[Any], item: str) -> Spec[Any]:
    key, equals, text = item.partition("=")
    if not equals or key not in switch_names(spec):
        known = ", ".join(switch_names(spec))
        raise InputError(f"{OPTION} {item}: write KEY=VALUE; keys of {spec.task}: {known}")
    part, dot, rest = key.partition(".")
    if dot:
        changed = _switch(spec.part(part), f"{rest}={text}")
        return replace(spec, parts=tuple((n, changed if n == part else p) for n, p in spec.parts))
    if key in SPEC_FIELDS:
        return replace(spec, **{key: _value(type(spec), key, text)})
    value = _value(type(spec.protocol), key, text)
    try:
        return replace(spec, protocol=replace(spec.protocol, **{key: value}))
    except ValueError as error:
        raise InputError(f"{OPTION} {item}: {error}") from error


def _value(owner: type, key: str, text: str) -> Any:
    """The YAML ``text`` as the type that the field ``key`` of ``owner`` declares."""
    try:
        value = parse_yaml(text)
    except ValueError as error:
        raise InputError(f"{OPTION} {key}={text}: the value is not valid YAML") from error
    return Builder(lambda _: OPTION).convert(get_type_hints(owner)[key], value, key)
