"""Plain data, as YAML or JSON give it, into values of declared types.

Fields may be bool, int, float, str, Path, Literal, Any, unions, tuples, lists, dicts and
dataclasses of these. A key that a dataclass does not have and a value of the wrong type are
errors that name where it stands, the key and what is allowed. Nothing is converted silently,
apart from whole numbers where a float is meant and ``1e-3``, which YAML reads as text.
"""

from __future__ import annotations

import difflib
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from painter_kit.errors import InputError

S = TypeVar("S")

_SCALARS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def kind_name(value: Any) -> str:
    """What a value read from YAML is called in messages."""
    names = {dict: "mapping", list: "list", str: "text", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def _shown(value: Any) -> str:
    """A value in messages: whole if it is short, else its beginning."""
    import reprlib

    shortened = reprlib.Repr()
    shortened.maxstring = shortened.maxother = shortened.maxlong = 80
    return shortened.repr(value)


class Builder:
    """Builds values of declared types; ``source(key)`` names the place that set a key."""

    def __init__(self, source: Callable[[str], str]) -> None:
        self.source = source

    def error(self, key: str, text: str) -> InputError:
        """The error about ``key``, under the name of the place that set it."""
        return InputError(f"{self.source(key)}: {text}")

    def wrong(self, key: str, expected: str, value: Any) -> InputError:
        """The error about a value of the wrong type."""
        told = f"{kind_name(value)} {_shown(value)}"
        return self.error(key, f"{key} must be {expected} but got {told}")

    def build(self, cls: type[S], data: Mapping[Any, Any], prefix: str = "") -> S:
        """An instance of the dataclass ``cls`` from a mapping found under ``prefix``."""
        if not isinstance(data, Mapping):
            raise self.wrong(prefix.removesuffix("."), "a mapping", data)
        hints = get_type_hints(cls)
        known = {f.name: f for f in fields(cls) if f.init}  # pyright: ignore[reportArgumentType]
        values = {}
        for name, value in data.items():
            key = f"{prefix}{name}"
            if name not in known:
                near = difflib.get_close_matches(str(name), known, n=1)
                hint = f"did you mean {prefix}{near[0]}?" if near else f"keys: {', '.join(known)}"
                raise self.error(key, f"unknown key {key:.80}; {hint}")
            values[name] = self.convert(hints[name], value, key)
        for name, f in known.items():
            if name not in values and f.default is MISSING and f.default_factory is MISSING:
                raise self.error(f"{prefix}{name}", f"missing key {prefix}{name}")
        try:
            return cls(**values)
        except (ValueError, InputError) as error:
            raise self.error(
                prefix.rstrip("."), f"{prefix.rstrip('.')}: {error}".lstrip(": ")
            ) from error

    def convert(self, kind: Any, value: Any, key: str) -> Any:
        """``value`` as the declared type ``kind``."""
        origin, args = get_origin(kind), get_args(kind)
        if kind is Any or kind is object:
            return value
        if origin in (Union, types.UnionType):
            return self._union(args, value, key)
        if origin is Literal:
            if value not in args:
                raise self.wrong(key, f"one of {', '.join(map(str, args))}", value)
            return value
        if is_dataclass(kind):
            if not isinstance(value, dict):
                raise self.wrong(key, "a mapping", value)
            return self.build(typing.cast(type, kind), value, f"{key}.")
        if (origin or kind) in (tuple, list, Sequence, typing.Sequence):
            return self._sequence(origin or kind, args, value, key)
        if (origin or kind) in (dict, Mapping):
            if not isinstance(value, dict):
                raise self.wrong(key, "a mapping", value)
            inner = args[1] if args else Any
            return {k: self.convert(inner, v, f"{key}.{k}") for k, v in value.items()}
        return self._scalar(kind, value, key)

    def _union(self, options: tuple[Any, ...], value: Any, key: str) -> Any:
        if value is None and type(None) in options:
            return None
        last: InputError | None = None
        for option in (o for o in options if o is not type(None)):
            try:
                return self.convert(option, value, key)
            except InputError as error:
                last = error
        raise last or self.wrong(key, "null", value)

    def _sequence(self, kind: Any, args: tuple[Any, ...], value: Any, key: str) -> Any:
        if not isinstance(value, list):
            raise self.wrong(key, "a list", value)
        inner: Sequence[Any] = [args[0] if args else Any] * len(value)
        if kind is tuple and args and args[-1] is not Ellipsis:
            if len(args) != len(value):
                raise self.wrong(key, f"a list of {len(args)} values", value)
            inner = args
        made = [
            self.convert(t, v, f"{key}.{i}")
            for i, (t, v) in enumerate(zip(inner, value, strict=True))
        ]
        return made if kind is list else tuple(made)

    def _scalar(self, kind: Any, value: Any, key: str) -> Any:
        if kind is Path and isinstance(value, str):
            return Path(value)
        if kind is float and isinstance(value, int | str) and not isinstance(value, bool):
            with suppress(ValueError):
                value = float(value)
        if kind in _SCALARS and type(value) is kind:
            if isinstance(value, float) and not math.isfinite(value):
                raise self.wrong(key, "a finite number", value)
            return value
        raise self.wrong(key, _SCALARS.get(kind, str(kind)), value)
