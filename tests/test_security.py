"""What no source may do, what no file can make the program do, and which versions are pinned."""

import ast
import importlib.machinery
import importlib.util
import json
import os
import pickle
import re
from argparse import Namespace
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from painter_kit.data.base import open_dataset
from painter_kit.data.coco20i import read_list
from painter_kit.data.pairs import read_pair_list
from painter_kit.data.pictures import write_png
from painter_kit.errors import InputError
from painter_kit.inference.parted import load_prompt
from painter_kit.model.checkpoint import load_painter
from painter_kit.training.state import STATE_FILE, load_state

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("painter_kit", "prompt_search", "prompt_tuning", "benchmarks")

# Calls that can execute what a file or an option says.
FORBIDDEN = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.execvp"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "pickle.load", "pickle.loads"),
    *("pickle.Unpickler", "marshal.load", "marshal.loads", "shelve.open", "yaml.load"),
    *("yaml.full_load", "yaml.unsafe_load", "yaml.load_all", "pd.read_pickle", "joblib.load"),
}
# (file, call) -> why it is allowed.
REASONS = {
    ("painter_kit/data/coco20i.py", "class of pickle.Unpickler"): (
        "COCO-20i is handed out as pickles; this one refuses every name of code"
    ),
    ("painter_kit/documents.py", "yaml.load"): (
        "with the safe loader of libyaml, which safe_load does not use"
    ),
    ("benchmarks/newcomer.py", "subprocess.run with shell"): (
        "types the lines of this checkout's own quick start into a shell, as a reader would"
    ),
    ("benchmarks/bad_input/weights.py", "pickle.loads"): (
        "reads the sample that the campaign itself has just written, to damage it"
    ),
    ("benchmarks/bad_input/arrays.py", "np.save with allow_pickle"): (
        "writes a malicious array for the campaign"
    ),
}


def name_of(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def dangers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and kind of everything that could run code from outside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                if name_of(base) in FORBIDDEN:
                    yield node.lineno, f"class of {name_of(base)}"
        if not isinstance(node, ast.Call):
            continue
        called = name_of(node.func)
        options = {k.arg: k.value for k in node.keywords}
        if called in FORBIDDEN:
            yield node.lineno, called
        if "shell" in options:
            yield node.lineno, f"{called} with shell"
        if called == "torch.load" and ast.unparse(options.get("weights_only", node)) != "True":
            yield node.lineno, "torch.load without weights_only=True"
        if ast.unparse(options.get("allow_pickle", ast.Constant(False))) != "False":
            yield node.lineno, f"{called} with allow_pickle"
        first = node.args[0] if node.args else None
        if called.startswith("subprocess.") and isinstance(first, ast.Constant | ast.JoinedStr):
            yield node.lineno, f"{called} of a text"


def sources() -> list[Path]:
    found = [p for package in PACKAGES for p in (ROOT / package).rglob("*.py")]
    return [*sorted(found), ROOT / ".ci" / "audit"]


def test_nothing_is_executed_anywhere():
    found = {
        (path.relative_to(ROOT).as_posix(), what)
        for path in sources()
        for _, what in dangers(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set(REASONS), "explain an exception in REASONS, remove one that is gone"


@pytest.mark.parametrize(
    "source",
    [
        "eval(text)",
        "os.system(text)",
        "subprocess.run(text, shell=True)",
        "subprocess.run(f'ls {name}')",
        "yaml.load(text, Loader=yaml.FullLoader)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "pickle.loads(data)",
        "class A(pickle.Unpickler): pass",
    ],
)
def test_dangers_are_recognised(source: str):
    assert list(dangers(ast.parse(source)))


def test_harmless_calls_are_left_alone():
    calm = "model.eval(); re.compile('a'); torch.load(p, weights_only=True); subprocess.run([a])"
    calm += "; np.load(p, allow_pickle=False); yaml.safe_load(text); torch.compile(f)"
    assert list(dangers(ast.parse(calm))) == []


class Runs:
    """Unpickling it calls a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def codes(marker: Path) -> dict[str, Runs]:
    import subprocess

    return {
        "os.system": Runs(os.system, f"touch {marker}"),
        "eval": Runs(eval, f"open({str(marker)!r}, 'w')"),
        "exec": Runs(exec, f"open({str(marker)!r}, 'w').close()"),
        "subprocess": Runs(subprocess.check_output, ["touch", str(marker)]),
        "open": Runs(open, str(marker), "w"),
    }


NAMES = tuple(codes(Path("marker")))


def placed(code: Runs, place: str) -> Any:
    weights = {"mask_token": torch.zeros(1)}
    return {
        "alone": code,
        "beside the weights": {"model": weights, "args": code},
        "among the weights": {"model": {**weights, "blocks": code}},
        "deep inside": {"model": weights, "args": Namespace(a=[{"b": (code,)}])},
    }[place]


@pytest.mark.parametrize(
    "place", ["alone", "beside the weights", "among the weights", "deep inside"]
)
@pytest.mark.parametrize("modern", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", NAMES)
def test_malicious_weights_are_refused_and_do_nothing(
    name: str, modern: bool, place: str, tmp_path: Path
):
    marker, path = tmp_path / "marker", tmp_path / "weights.pth"
    held = placed(codes(marker)[name], place)
    torch.save(held, path, _use_new_zipfile_serialization=modern)
    with pytest.raises(
        InputError, match=r"weights\.pth: refused, because reading it would execute"
    ):
        load_painter(path)
    torch.save(held, tmp_path / STATE_FILE, _use_new_zipfile_serialization=modern)
    with pytest.raises(InputError, match=r"state\.pt: unreadable"):
        load_state(tmp_path)
    assert not marker.exists()


def test_the_malicious_objects_would_work(tmp_path: Path):
    """Without the care that is tested above the marker is there."""
    for number, code in enumerate(codes(tmp_path / "marker").values()):
        (tmp_path / "marker").unlink(missing_ok=True)
        pickle.loads(pickle.dumps(code))
        assert (tmp_path / "marker").exists(), number


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", NAMES)
def test_malicious_lists_are_refused_and_do_nothing(name: str, protocol: int, tmp_path: Path):
    path = tmp_path / "fold0.pkl"
    path.write_bytes(pickle.dumps({0: [codes(tmp_path / "marker")[name]]}, protocol))
    with pytest.raises(InputError, match=r"fold0\.pkl is no plain list of pictures"):
        read_list(path)
    assert not (tmp_path / "marker").exists()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A picture beside the folder of the data."""
    write_png(tmp_path / "outside.png", np.zeros((20, 20, 3), np.uint8))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_a_keypoint_file_names_only_its_own_pictures(outside: Path):
    (outside / "images").mkdir()
    for name in ("../../outside.png", str(outside.parent / "outside.png")):
        entry = {"id": 1, "file_name": name}
        content = {"images": [entry], "annotations": [], "categories": []}
        annotation = {"image_id": 1, "category_id": 1, "keypoints": [1, 1, 2]}
        content |= {"annotations": [annotation], "categories": [{"id": 1, "keypoints": ["a"]}]}
        (outside / "keypoints.json").write_text(json.dumps(content))
        with pytest.raises(InputError, match=r"keypoints\.json: file_name .* no path"):
            open_dataset(f"folder:{outside}").examples("keypoint", "all")


@pytest.mark.parametrize(
    "path", ["../outside.png", "/outside.png", "a/../../outside.png", "a\0b", ""]
)
def test_a_pair_list_stays_inside(path: str, outside: Path):
    entry = {"image_path": path, "target_path": "b.png", "type": "nyuv2_image2depth"}
    (outside / "pairs.json").write_text(json.dumps([entry]))
    with pytest.raises(InputError, match=r"pairs\.json: entry 0 has the path .* inside the folder"):
        read_pair_list(outside / "pairs.json")


@pytest.mark.parametrize("name", ["../outside__01", "/outside__01", "a/../../b__01"])
def test_a_fold_list_stays_inside(name: str, outside: Path):
    place = outside / "pascal5i" / "splits" / "val"
    place.mkdir(parents=True)
    for fold in range(4):
        (place / f"fold{fold}.txt").write_text(f"{name}\n")
    with pytest.raises(InputError, match=r"fold0\.txt, line 1: expected NAME__CC"):
        open_dataset("pascal5i", outside).examples("foreground", "val")


@pytest.mark.parametrize("name", ["../outside", "..", "/outside", "a/b"])
def test_a_list_of_classes_names_no_paths(name: str, outside: Path):
    (outside / "fss1000").mkdir()
    (outside / "fss1000" / "fss_test_set.txt").write_text(f"{name}\n")
    with pytest.raises(InputError, match=r"fss_test_set\.txt must hold the name of a class"):
        open_dataset("fss1000", outside).examples("foreground", "test")


@pytest.mark.parametrize("name", ["../other", "..", "/other", "a/b", ""])
def test_a_prompt_of_parts_has_its_parts_inside(name: str, outside: Path):
    notes = {"task": "panoptic", "kind": "given", "parts": {name: "instance"}}
    (outside / "prompt.json").write_text(json.dumps(notes))
    with pytest.raises(InputError, match="must be a folder in it"):
        load_prompt(outside)


def test_servers_listen_on_this_machine_alone():
    from mlflow.models.cli import serve

    from painter_kit.cli.ui import command

    for made in (command, serve):
        (host,) = [p for p in made.params if p.name == "host"]
        assert host.get_default(made.make_context("x", ["-m", "a"] if made is serve else [])) == (
            "127.0.0.1"
        )
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert [p.name for p in pages if re.search(r"0\.0\.0\.0|--host \S", p.read_text())] == []


def required(names: list[str]) -> dict[str, str]:
    """Installed versions of the requirements and of all that they bring along."""
    found, seen, waiting = dict[str, str](), set[str](), [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        try:
            installed = distribution(wanted.name)
        except PackageNotFoundError:
            continue
        found[canonicalize_name(wanted.name)] = installed.version
        extras = ["", *wanted.extras]
        for text in installed.requires or []:
            more = Requirement(text)
            marker = more.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(more)
    return found


def test_every_installed_package_is_pinned():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    installed = required([*project["dependencies"], *extras["dev"], *extras["browser"]])
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert len(installed) > 100
    assert {n: v for n, v in installed.items() if pinned.get(n) != v.partition("+")[0]} == {}


@pytest.fixture(scope="module")
def audit():
    loader = importlib.machinery.SourceFileLoader("audit", str(ROOT / ".ci" / "audit"))
    spec = importlib.util.spec_from_loader("audit", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


SAFE = {"name": "numpy", "version": "2.4.6", "vulns": []}
UNSAFE = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
UNKNOWN = {"name": "b", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([SAFE], 0, "audited 1 versions, 0 unsafe; not audited 0"),
        ([SAFE, UNSAFE], 1, "a 1: CVE-1, mended in 2"),
        ([SAFE, UNKNOWN], 0, "not audited 1 (b ...)"),
        ([UNKNOWN], 0, "NOT AUDITED"),
    ],
)
def test_the_audit_says_what_was_not_audited(packages: list, code: int, words: str, audit: Any):
    text, found = audit.verdict({"dependencies": packages})
    assert words in text
    assert found == code
