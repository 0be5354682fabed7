"""Imports go one way; the syntax trees are walked, so late imports count too."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SIBLINGS = ("prompt_search", "prompt_tuning", "benchmarks")
# A module may import its own layer's package and any layer with a smaller number. Two names
# with one number know nothing of each other.
ORDER = {
    "painter_kit.errors": 0,
    "painter_kit.types": 1,
    "painter_kit.plugins": 1,
    "painter_kit.files": 1,
    "painter_kit.documents": 1,
    "painter_kit.schema": 1,
    "painter_kit.keys": 1,
    "painter_kit.options": 1,
    "painter_kit.config": 2,
    "painter_kit.tracking": 3,
    "painter_kit.distributed": 3,
    "painter_kit.metrics": 3,
    "painter_kit.tasks": 4,
    "painter_kit.data": 5,
    "painter_kit.model": 5,
    "painter_kit.inference": 6,
    "painter_kit.evaluation": 7,
    "painter_kit.training": 8,
    "painter_kit.report": 8,
    "painter_kit.serving": 8,
    "prompt_search": 9,
    "prompt_tuning": 10,
    "benchmarks": 11,
    "painter_kit.cli": 12,
    "painter_kit.__main__": 13,
}


@dataclass(frozen=True)
class Import:
    """One imported module: where, what, and whether it stands inside a function body or is
    for type checkers only."""

    file: str
    line: int
    module: str
    late: bool


RUN_BY_MLFLOW = "painter_kit.serving.mlflow_model"  # imported by nothing


def python_files() -> list[Path]:
    folders = [ROOT / "painter_kit", *(ROOT / name for name in SIBLINGS)]
    return sorted(p for folder in folders for p in folder.rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def walk(node: ast.AST, late: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        yield child, late
        inside = late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from walk(child, inside or _for_types_only(child))


def _for_types_only(node: ast.AST) -> bool:
    """A block that no program runs: what stands in it is imported by type checkers alone."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports_of(source: str, file: str) -> list[Import]:
    found = []
    for node, late in walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(file, node.lineno, alias.name, late) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: write the full name of the module"
            base = node.module or ""
            # "from package import name": the name may be a module of its own.
            found += [Import(file, node.lineno, f"{base}.{a.name}", late) for a in node.names]
    return found


def layer(module: str) -> str | None:
    """The entry of ORDER that holds ``module``; None for other people's packages."""
    held = [name for name in ORDER if module == name or module.startswith(f"{name}.")]
    return max(held, key=len, default=None)


def re_export(module: str) -> bool:
    """Whether this is a name that painter_kit/__init__.py loads from elsewhere."""
    parts = module.split(".")
    return parts[0] == "painter_kit" and layer(module) is None and parts[-1] != "__version__"


def broken_rules(module: str, imported: Import) -> list[str]:
    """What is wrong with this import, in words."""
    here, there = layer(module), layer(imported.module)
    place = f"{imported.file}:{imported.line}"
    broken = []
    if there and here and here != there and ORDER[here] <= ORDER[there]:
        broken.append(f"{place}: {here} must not import {there}")
    if module.startswith("painter_kit") and re_export(imported.module):
        broken.append(f"{place}: name the module that defines it, not painter_kit")
    if there in SIBLINGS and module.startswith("painter_kit"):
        if here != "painter_kit.cli":
            broken.append(f"{place}: only painter_kit.cli names {there}")
        elif not imported.late:
            broken.append(f"{place}: name {there} inside the verb's body")
    below = ("painter_kit.types", "painter_kit.errors", "painter_kit.files", "painter_kit.keys")
    if here == "painter_kit.tracking" and there not in (None, here, *below):
        broken.append(f"{place}: tracking imports only types, errors, files and keys")
    if imported.module.split(".")[0] == "mlflow" and module != RUN_BY_MLFLOW:
        if here != "painter_kit.tracking":
            broken.append(f"{place}: only painter_kit.tracking imports mlflow")
        elif not imported.late:
            broken.append(f"{place}: import mlflow inside a function, it takes seconds")
    if here == "painter_kit.model" and imported.module.split(".")[0] in ("PIL", "numpy"):
        broken.append(f"{place}: the network takes and gives tensors, no pictures")
    return broken


def own_imports() -> list[tuple[str, Import]]:
    found = []
    for path in python_files():
        name = str(path.relative_to(ROOT))
        if name == "painter_kit/__init__.py":  # re-exports by name, checked below
            continue
        found += [(module_of(path), i) for i in imports_of(path.read_text(), name)]
    return found


def test_imports_go_one_way():
    assert [line for module, i in own_imports() for line in broken_rules(module, i)] == []


def test_every_module_has_a_layer():
    modules = {module_of(p) for p in python_files()} - {"painter_kit"}
    assert sorted(m for m in modules if layer(m) is None) == []


def test_package_start_imports_nothing_heavy():
    source = (ROOT / "painter_kit" / "__init__.py").read_text()
    tree = ast.parse(source)
    kept = [n for n in tree.body if not isinstance(n, ast.If)]  # without "if TYPE_CHECKING"
    found = imports_of(ast.unparse(ast.Module(kept, [])), "painter_kit/__init__.py")
    assert {i.module.split(".")[0] for i in found} <= {"importlib", "typing"}


@pytest.mark.parametrize(
    ("module", "source", "words"),
    [
        ("painter_kit.tasks.depth", "import painter_kit.model.painter", "must not import"),
        ("painter_kit.data.folder", "from painter_kit.model import painter", "must not import"),
        ("painter_kit.data.folder", "from painter_kit import Painter", "name the module"),
        ("painter_kit.cli.main", "from painter_kit import __version__", ""),
        ("painter_kit.model.painter", "from painter_kit import data", "must not import"),
        ("painter_kit.tracking", "from painter_kit.types import Image", ""),
        ("painter_kit.tracking", "from painter_kit.config import load_config", "only types"),
        ("painter_kit.inference.x", "def f():\n  import prompt_search", "only painter_kit.cli"),
        ("painter_kit.cli.x", "import prompt_search.search", "inside the verb's body"),
        ("painter_kit.cli.x", "def f():\n  import prompt_search.search", ""),
        ("prompt_search.x", "from prompt_tuning import tune", "must not import"),
        ("painter_kit.cli.ui", "def f():\n  import mlflow", "only painter_kit.tracking"),
        ("painter_kit.tracking", "import mlflow.tracking", "inside a function"),
        ("painter_kit.serving.mlflow_model", "import mlflow.pyfunc", ""),
        ("painter_kit.serving.answer", "import mlflow.pyfunc", "only painter_kit.tracking"),
        ("painter_kit.tracking", "def f():\n  from mlflow import MlflowClient", ""),
        ("painter_kit.model.x", "import numpy as np", "tensors"),
    ],
)
def test_rules_catch_what_they_should(module: str, source: str, words: str):
    broken = [line for i in imports_of(source, "x.py") for line in broken_rules(module, i)]
    assert words in " ".join(broken)
    assert bool(broken) == bool(words)
