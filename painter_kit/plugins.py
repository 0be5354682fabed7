"""Code of one's own: modules that register tasks and data when they are imported.

``PAINTERKIT_PLUGINS`` names them, Python files or importable modules, separated as in ``PATH``;
``painterkit --plugin`` adds to it. Being in the environment, they reach every process that is
started from here. Nothing else names code to run: no data, prompt or checkpoint can.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

from painter_kit.errors import InputError, PainterKitError

VARIABLE = "PAINTERKIT_PLUGINS"
SUFFIX = ".py"
_loaded: set[str] = set()


def plugin_names() -> list[str]:
    """What the environment names, in order."""
    return [name for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]


def add_plugin(name: str) -> None:
    """Name one more file or module, for this process and those that it starts.

    Raises ``InputError`` for a file that does not exist.
    """
    if name.endswith(SUFFIX):
        name = str(_existing(name).resolve())
    if name not in plugin_names():
        os.environ[VARIABLE] = os.pathsep.join([*plugin_names(), name])


def load_plugins() -> None:
    """Import what is named and has not been imported yet.

    Raises ``InputError`` naming the plugin and the reason when one cannot be imported.
    """
    for name in plugin_names():
        if name not in _loaded:
            _loaded.add(name)  # before it is imported, because it may ask for tasks itself
            try:
                _load(name)
            except Exception as error:
                _loaded.discard(name)
                raise _failure(name, error) from error


def _failure(name: str, error: Exception) -> PainterKitError:
    if isinstance(error, PainterKitError):
        return error
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return InputError(f"plugin {name} cannot be loaded: {reason}")


def _load(name: str) -> None:
    if not name.endswith(SUFFIX):
        importlib.import_module(name)
        return
    path = _existing(name)
    known_as = f"painterkit_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(known_as, path)
    assert spec is not None
    assert spec.loader is not None  # a .py file always has both
    module = importlib.util.module_from_spec(spec)
    sys.modules[known_as] = module  # where dataclasses look up the names of their fields' types
    spec.loader.exec_module(module)


def _existing(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise InputError(f"plugin {name} does not exist; name a Python file or a module")
    return path
