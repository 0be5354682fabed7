"""Settings: a dataclass with defaults, a YAML file over it, ``a.b=c`` changes over that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from painter_kit.documents import parse_yaml
from painter_kit.errors import InputError
from painter_kit.schema import Builder, kind_name

S = TypeVar("S")

SET = "--set"


def recipe_names() -> list[str]:
    """Names of the recipes that ship with the package."""
    folder = files("painter_kit") / "recipes"
    if not folder.is_dir():
        return []
    return sorted(p.name[: -len(".yaml")] for p in folder.iterdir() if p.name.endswith(".yaml"))


def load_config(cls: type[S], config: str | Path | None = None, sets: Sequence[str] = ()) -> S:
    """An instance of the dataclass ``cls``: its defaults, changed by a file and by ``sets``.

    ``config`` is a YAML file or the name of a recipe; each of ``sets`` reads ``a.b=c`` with a
    YAML value. ``painter_kit.schema`` says which types fields may have. Raises ``InputError``.
    """
    data, file = ({}, "defaults") if config is None else _read(str(config))
    changed = [_apply(data, item) for item in sets]

    def source(key: str) -> str:
        if not key:  # the settings as a whole
            return SET if changed and config is None else file
        # What was set may be the key, stand around it or inside of it.
        is_set = (f"{key}.".startswith(f"{c}.") or f"{c}.".startswith(f"{key}.") for c in changed)
        return SET if any(is_set) else file

    return Builder(source).build(cls, data)


def dump_config(settings: Any) -> str:
    """The settings as YAML; ``load_config`` of it gives them back."""
    import yaml

    return yaml.safe_dump(_plain(asdict(settings)), sort_keys=False, allow_unicode=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, Path) else value


def _read(config: str) -> tuple[dict[str, Any], str]:
    """The mapping in a file or recipe, and the name to use in messages."""
    if config in recipe_names():
        text, file = (files("painter_kit") / "recipes" / f"{config}.yaml").read_text(), config
    else:
        file = config
        try:
            text = Path(config).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{file}: not UTF-8 text ({error}); is it damaged?") from error
        except OSError as error:
            known = ", ".join(recipe_names()) or "none"
            raise InputError(
                f"--config {config}: no such readable file or recipe; recipes: {known}"
            ) from error
    try:
        data = parse_yaml(text)
    except ValueError as error:
        raise InputError(f"{file}: not valid YAML: {error}") from error
    if data is not None and not isinstance(data, dict):
        raise InputError(f"{file}: must hold 'key: value' lines but holds a {kind_name(data)}")
    return data or {}, file


def _apply(data: dict[str, Any], item: str) -> str:
    """Change ``data`` by one ``a.b=c``; returns ``a.b``."""
    key, equals, text = item.partition("=")
    key = key.strip()
    if not equals or not all(key.split(".")):
        raise InputError(f"{SET} {item}: write KEY=VALUE, for example {SET} optim.lr=0.1")
    *path, last = key.split(".")
    for name in path:
        below = data.get(name)
        data[name] = dict(below) if isinstance(below, dict) else {}
        data = data[name]
    try:
        data[last] = parse_yaml(text)
    except ValueError as error:
        raise InputError(f"{SET} {item}: the value is not valid YAML ({error})") from error
    return key
