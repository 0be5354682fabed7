"""Tasks and data of one's own: named files and modules, and entry points of other packages."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from painter_kit import plugins
from painter_kit.cli.main import cli
from painter_kit.data import base as data_base
from painter_kit.data.base import dataset_names, open_dataset, register_dataset
from painter_kit.errors import InputError
from painter_kit.plugins import VARIABLE, add_plugin, load_plugins, plugin_names
from painter_kit.tasks import base as task_base
from painter_kit.tasks.base import get_task, task_names

PLUGIN = """
from dataclasses import replace
from painter_kit import get_task, open_dataset, register_dataset, register_task
register_task(replace(get_task("foreground"), name="leaves"))
register_dataset("garden", lambda argument, root: open_dataset(argument or "world"))
"""
# As pip writes them beside an installed package.
ENTRY_POINTS = """[painterkit.tasks]
petals = flowers:PETALS
[painterkit.datasets]
meadow = flowers:open_meadow
"""
FLOWERS = """
from dataclasses import replace
from painter_kit import get_task, open_dataset
PETALS = replace(get_task("foreground"), name="petals")
def open_meadow(argument, root):
    return open_dataset("world-shifted")
"""


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing registered before, and nothing left behind."""
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setattr(plugins, "_loaded", set())
    monkeypatch.setattr(task_base, "_registered", {})
    monkeypatch.setattr(data_base, "_registered", {})


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_named_file_registers_tasks_and_data(tmp_path: Path):
    add_plugin(str(write(tmp_path, "garden.py", PLUGIN)))
    assert get_task("leaves").name == "leaves"
    assert "leaves" in task_names()
    assert "garden" in dataset_names()
    assert open_dataset("garden:world-shifted").name == "world-shifted"
    assert open_dataset("garden").name == "world"


def test_a_plugin_is_named_once_and_absolutely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path, "garden.py", PLUGIN)
    monkeypatch.chdir(tmp_path)
    for name in ("garden.py", "json", "garden.py"):
        add_plugin(name)
    assert plugin_names() == [str(tmp_path / "garden.py"), "json"]
    load_plugins()
    monkeypatch.chdir(tmp_path.parent)
    load_plugins()


def test_the_option_reaches_a_process_started_from_here(tmp_path: Path):
    path = write(tmp_path, "garden.py", PLUGIN)
    result = CliRunner().invoke(cli, ["--plugin", str(path), "tasks"])
    assert result.exit_code == 0
    assert "\nleaves" in result.stdout
    code = "from painter_kit import get_task; print(get_task('leaves').name)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[1],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "leaves\n"


def test_a_module_is_imported_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path, "garden_module.py", PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(VARIABLE, "garden_module")
    assert get_task("leaves").name == "leaves"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 / 0", "cannot be loaded: ZeroDivisionError: division by zero"),
        ("def broken(:", "cannot be loaded: SyntaxError"),
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
    ],
)
def test_a_broken_plugin_is_named(tmp_path: Path, text: str, said: str):
    path = write(tmp_path, "mine.py", text)
    result = CliRunner().invoke(cli, ["--plugin", str(path), "tasks"])
    assert result.exit_code == 2
    assert f"plugin {path}" in result.stderr
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["absent.py", "no_such_module"])
def test_a_missing_plugin_is_bad_input(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, name)
    with pytest.raises(InputError, match=f"plugin {name}"):
        get_task("depth")
    monkeypatch.setenv(VARIABLE, "")
    result = CliRunner().invoke(cli, ["--plugin", name, "tasks"])
    assert (result.exit_code, result.stderr[:7]) == (2, "Error: ")


def test_an_installed_package_brings_a_task_and_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write(tmp_path, "flowers.py", FLOWERS)
    info = tmp_path / "flowers-1.0.dist-info"
    info.mkdir()
    write(info, "METADATA", "Metadata-Version: 2.1\nName: flowers\nVersion: 1.0\n")
    write(info, "entry_points.txt", ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    assert get_task("petals").name == "petals"
    assert {"petals"} <= set(task_names())
    assert "meadow" in dataset_names()
    assert open_dataset("meadow").name == "world-shifted"


def test_unknown_names_say_how_own_ones_come_in():
    with pytest.raises(InputError, match=r"--plugin FILE\.py"):
        get_task("leaves")
    register_dataset("garden", lambda argument, root: open_dataset("world"))
    with pytest.raises(InputError, match="Did you mean 'garden'"):
        open_dataset("gardn")


def test_a_registered_name_replaces_a_built_in_one():
    mine = replace(get_task("depth"), tells="place")
    task_base.register_task(mine)
    assert get_task("depth") is mine
    register_dataset("builtin", lambda argument, root: open_dataset("world"))
    assert open_dataset("builtin").name == "world"
