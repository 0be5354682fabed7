"""Habits of the whole project that no single file can hold."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("painter_kit", "prompt_search", "prompt_tuning", "benchmarks")
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".json", ""}
MOST_LINES = 400
# An absolute path belongs to one machine; these few exist everywhere.
ABSOLUTE = re.compile(r"(?<![\w.:/#<>)\]}*$~-])/[a-z]+/[\w./-]+")
EVERYWHERE = ("/usr/bin/env", "/usr/bin/python3", "/dev/null")
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError|breakpoint\(\))")


def tracked() -> list[Path]:
    try:
        run = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a clone of the repository")
    return [ROOT / name for name in run.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    kept = [p for p in tracked() if p.suffix in TEXT and p != Path(__file__).resolve()]
    return [(str(p.relative_to(ROOT)), p.read_text(encoding="utf-8")) for p in kept]


def absolute_paths(text: str) -> list[str]:
    """Paths that start at the root of a file system, apart from those of every machine."""
    return [p for p in ABSOLUTE.findall(text) if not p.startswith(EVERYWHERE)]


def test_no_path_of_one_machine():
    found = {name: absolute_paths(text) for name, text in texts()}
    assert {name: paths for name, paths in found.items() if paths} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("open('/data/nyu/rgb.png')", ["/data/nyu/rgb.png"]),
        ("cd /opt/tool", ["/opt/tool"]),
        ("https://example.org/a/b", []),
        ("runs/demo/table.csv and ~/.cache/x", []),
        ("#!/usr/bin/env bash", []),
    ],
)
def test_absolute_paths_are_recognised(text: str, found: list[str]):
    assert absolute_paths(text) == found


def test_nothing_left_over():
    found = [(name, LEFTOVER.findall(text)) for name, text in texts() if name.endswith(".py")]
    assert [(name, words) for name, words in found if words] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_typed(package: str):
    assert (ROOT / package / "py.typed").is_file()


def test_files_stay_small():
    sizes = {name: text.count("\n") for name, text in texts() if name.endswith(".py")}
    assert {name: n for name, n in sizes.items() if n > MOST_LINES} == {}


def test_every_test_file_names_its_source():
    """tests/test_data_folder.py tests painter_kit/data/folder.py, and so on."""
    sources = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            sources.add("_".join(parts[1:] if package == "painter_kit" else parts))
    # These hold the project, not a file.
    whole = {"layers", "project", "real_coco", "real_photographs", "real_samples"}
    whole |= {
        "docs_commands",
        "docs_notebook",
        "docs_site",
        "benchmarks_search_replay_scores",
        "security",
        "tracking_http",
        "ui_browser",
    }
    names = {p.stem.removeprefix("test_") for p in (ROOT / "tests").glob("test_*.py")}
    matched = {n for n in names if n in sources or any(s.startswith(f"{n}_") for s in sources)}
    assert sorted(names - whole - matched) == []
