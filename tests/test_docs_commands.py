"""Every command and Python snippet of README and docs does what the page says, in small.

``docs_rules.py`` says which commands are run, with which options behind them, and why the others
are only parsed. Nothing is left out: a command that no rule knows fails.
"""

import contextlib
import io
import json
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from benchmarks.suites.base import load_suite
from painter_kit import plugins
from painter_kit.cli.main import cli
from painter_kit.data.base import dataset_names, open_dataset
from painter_kit.tasks.base import get_task
from tests.docs_pages import (
    DATA,
    ROOT,
    SHELL,
    Block,
    Command,
    blocks,
    commands,
    inline_commands,
    name_of,
    pages,
)
from tests.docs_rules import MADE, NAMED, SNIPPETS, Rule, rule_of

EXAMPLE = ROOT / "docs/examples/own_task.py"
PAGES = pages()
COMMANDS = [command for page in PAGES for command in commands(page)]
INLINE = [command for page in PAGES for command in inline_commands(page)]
BLOCKS = [block for page in PAGES for block in blocks(page)]
ALL_TASKS = "all"
# What pages write where the reader puts in his own.
WORDS = {"N": "2", "X": "2.5", "RATE": "2.5", "NAME": "depth", "+N": "+2", "...": ""}


def ruled(command: Command) -> Rule:
    rule = rule_of(command.text)
    assert rule, f"{command}: no rule of tests/docs_rules.py says how it is tested"
    return rule


def runnable(page: Path) -> list[Command]:
    return [c for c in commands(page) if (rule := rule_of(c.text)) and rule.how == "run"]


def call(text: str) -> Result:
    """A command line of painterkit in this process."""
    program, *args = shlex.split(text)
    assert program == "painterkit"
    return CliRunner().invoke(cli, args)


def done(text: str) -> None:
    result = call(text)
    assert result.exit_code == 0, f"{text}\n{result.output[-2000:]}{result.exception!r}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything of ``MADE`` has been made once, by the commands themselves."""
    folder = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for text in MADE.values():
            done(text if " world " in text else f"{text} --no-mlflow")
    return folder


@pytest.fixture
def desk(made: Path, mlflow_here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a page's reader works: pictures, pairs, a plugin, no results yet."""
    for name in ("my", ".painterkit"):
        shutil.copytree(made / name, mlflow_here / name)
    pictures = sorted((made / "my/pairs/images").iterdir())
    (mlflow_here / "more/photos").mkdir(parents=True)
    shutil.copyfile(pictures[0], mlflow_here / "photo.jpg")
    shutil.copyfile(pictures[1], mlflow_here / "more/photos/other.png")
    shutil.copyfile(EXAMPLE, mlflow_here / "own_task.py")
    monkeypatch.setenv(plugins.VARIABLE, "")
    monkeypatch.setattr(plugins, "_loaded", set())
    return mlflow_here


def provide(desk: Path, made: Path, words: list[str]) -> None:
    """Put there what the command reads and no command before it has made."""
    for before, word in zip(["", *words], words, strict=False):
        for name in [n for n in (*MADE, *NAMED) if word == n or word.startswith(f"{n}/")]:
            if before != "--out" and not (desk / name).exists():
                shutil.copytree(made / NAMED.get(name, name), desk / name)


def in_small(command: Command, rule: Rule, desk: Path) -> str:
    """The command as it is run here; what an earlier one has written is written again."""
    words = [rule.put[1] if word == rule.put[0] else word for word in command.words]
    out = words[words.index("--out") + 1] if "--out" in words else None
    again = ["--overwrite"] if out and (desk / out).exists() and "--resume" not in words else []
    return shlex.join([*words, *shlex.split(rule.more), *again])


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if runnable(p)], ids=name_of)
def test_commands_of_a_page_run_in_their_order(page: Path, desk: Path, made: Path):
    for command in runnable(page):
        provide(desk, made, command.words)
        text = in_small(command, ruled(command), desk)
        if text.startswith("python -m "):
            assert module_main(text) == 0, command
        else:
            result = call(text)
            assert result.exit_code == 0, f"{command}\n{text}\n{result.output[-2000:]}"


def module_main(text: str) -> int:
    """The exit code of ``python -m MODULE ...``, in this process."""
    _, _, name, *args = shlex.split(text)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the module has been imported before
        patch.setattr(sys, "argv", [name, *args])
        try:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_a_command_can_be_read_or_is_not_ours(command: Command):
    rule = ruled(command)
    if command.words[0] == "make":  # what is wanted exists
        subprocess.run(["make", "-n", *command.words[1:]], cwd=ROOT, check=True)
    elif rule.how != "other":
        check([rule.put[1] if word == rule.put[0] else word for word in command.words])


@pytest.mark.parametrize("command", INLINE, ids=str)
def test_a_command_in_running_text_can_be_read(command: Command):
    if "VERB" in command.words:
        return
    with contextlib.suppress(click.MissingParameter):  # a verb or two options stand for a command
        check([word for w in command.words if (word := WORDS.get(w, w))])


def check(words: list[str]) -> None:
    """The project's part of a command line is one that the real command takes."""
    if words[:2] == ["python", "-m"] and words[2].startswith("benchmarks"):
        check_module(words[2:])
        return
    args = arguments(words)
    args = args[2:] if args[0] == "--plugin" else args  # the file is on the reader's desk
    try:
        parsed = leaf(args)
    except click.exceptions.Exit:  # --version and --help have printed what there is to see
        return
    given = parsed.params
    if given.get("task") not in (None, ALL_TASKS) and "--plugin" not in words:
        get_task(given["task"])
    if given.get("data"):
        assert given["data"].partition(":")[0] in {*dataset_names(), "mine"}
    settles = any(p.name == "print_config" for p in parsed.command.params)
    if settles and not {"print_config", "resume", "listing"} & {n for n, v in given.items() if v}:
        result = CliRunner().invoke(cli, [*args, "--print-config"])
        assert result.exit_code == 0, result.stderr
        assert isinstance(yaml.safe_load(result.stdout), dict)


def arguments(words: list[str]) -> list[str]:
    """What painterkit is given, by itself or as a module under torchrun or srun."""
    if words[0] == "painterkit":
        return words[1:]
    for word in words:
        if " -m painter_kit " in word:  # srun bash -c '...'
            return arguments(shlex.split(word))
    place = words.index("painter_kit")
    assert words[place - 1] == "-m"
    return [word for word in words[place + 1 :] if word != "..."]


def leaf(args: list[str]) -> click.Context:
    """The context of the verb, options and their values read; nothing is run."""
    context, command = cli.make_context("painterkit", list(args)), cli
    while isinstance(command, click.Group) and (rest := [*context._protected_args, *context.args]):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        context, command = found.make_context(name, rest, parent=context), found
    return context


def check_module(words: list[str]) -> None:
    """The module exists and its help knows every option."""
    told, first = io.StringIO(), next((i for i, w in enumerate(words) if w[0] == "-"), len(words))
    with redirect_stdout(told), redirect_stderr(told):
        assert module_main(shlex.join(["python", "-m", *words[:first], "--help"])) == 0
    for option in [w.partition("=")[0] for w in words[first:] if w.startswith("--")]:
        assert re.search(rf"{option}\b", told.getvalue()), f"{words[0]} has no {option}"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: f"{b.page}:{b.line}")
def test_a_block_is_commands_python_or_data(block: Block):
    assert block.language in (*SHELL, *DATA, "python", "python-excerpt")
    if block.language == "json":
        json.loads(block.text)
    if block.language == "yaml":
        yaml.safe_load(block.text)


def snippets(page: Path) -> list[Block]:
    return [b for b in blocks(page) if b.language == "python"]


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if snippets(p)], ids=name_of)
def test_python_of_a_page_runs_in_its_order(page: Path, desk: Path, made: Path):
    before = SNIPPETS.get(name_of(page), "")
    provide(desk, made, ["runs/mine", "my/rooms"])
    names: dict[str, object] = {}
    if before != "compile":
        exec(before, names)
    for block in snippets(page):
        code = compile(block.text, f"{block.page}:{block.line}", "exec")
        if before != "compile":
            exec(code, names)


def test_the_own_task_of_the_page_is_the_file():
    first = snippets(ROOT / "docs/own-task.md")[0]
    assert f"{first.text}\n" == EXAMPLE.read_text(encoding="utf-8")
    assert sum(bool(line.strip()) for line in first.text.splitlines()) <= 35


def test_what_the_own_task_leaves_can_be_read_as_its_truth(desk: Path):
    done(f"painterkit --plugin {EXAMPLE} tasks")
    data = open_dataset("folder:my/rooms")
    task, spec, example = (
        get_task("obstacle"),
        data.spec("obstacle"),
        data.examples("obstacle", "all")[0],
    )
    size = example.image.shape[:2]
    painted = task.encode(example.truth, spec, size)
    record = task.measure(task.decode(painted / 255, spec, size), example.truth, spec)
    assert task.summarise([record], spec) == {"iou": 1.0}
    assert task.score([record], record).tolist() == [1.0]
    nothing = task.measure(example.truth["near"] * 0, example.truth, spec)
    assert task.summarise([nothing], spec) == {"iou": 0.0}


def test_the_suite_of_the_page_is_one(desk: Path):
    (text,) = [b.text for b in blocks(ROOT / "docs/suites.md") if b.language == "yaml"]
    Path("leaves.yaml").write_text(text)
    assert load_suite("leaves.yaml")[0].name == "leaves"
