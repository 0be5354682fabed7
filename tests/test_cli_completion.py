"""What a shell is offered, how fast, and where."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from painter_kit import plugins
from painter_kit.cli import completion
from painter_kit.cli.completion import complete
from painter_kit.cli.main import cli
from painter_kit.data.layouts.table import OFFICIAL
from prompt_search.strategies import STRATEGIES
from prompt_tuning.starts import STARTS

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "mlflow", "pandas", "scipy", "skimage", "timm", "optuna")


def offered(*words: str) -> list[str]:
    """What is offered for the last of the words that were typed."""
    shell = ShellComplete(cli, {}, "painterkit", "_PAINTERKIT_COMPLETE")
    items = shell.get_completions(list(words[:-1]), words[-1])
    return [f"({item.type})" if item.type != "plain" else item.value for item in items]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["search-prompt", "--task", "de"], ["deblur", "dehaze", "denoise", "depth", "derain"]),
        (["evaluate", "--data", "fo"], ["folder:"]),
        (["evaluate", "--data", "world-s"], ["world-shifted"]),
        (["train", "--recipe", "finetune"], ["finetune-one-cpu", "finetune-one-gpu"]),
        (["train", "--task", "key"], ["keypoint"]),
        (["search-prompt", "--checkpoint", "wor"], ["world-tiny"]),
        (["search-prompt", "--checkpoint", "runs/"], ["(file)"]),
        (["search-prompt", "--strategy", "halving+"], ["halving+certify"]),
        (["search-prompt", "--also", "ensemble,re"], ["ensemble,retrieval"]),
        (["search-prompt", "--include", ""], ["(dir)"]),
        (["tune-prompt", "--init", "search,r"], ["search,random"]),
        (["tune-prompt", "--device", "c"], ["cpu", "cuda"]),
        (["evaluate", "--prompt", "rel"], ["released"]),
        (["evaluate", "--prompt", "runs/x"], ["(dir)"]),
        (["evaluate", "--split", "se"], ["select"]),
        (["benchmark", "--suite", "fss"], ["fss1000"]),
        (["prepare", "ade"], ["ade20k"]),
        (["datasets", "check", "nyu"], ["nyuv2"]),
        (["world", "--as", "si"], ["sidd"]),
        (["search-prompt", "--conf"], ["--confirm", "--confidence", "--config"]),
        (["tun"], ["tune-prompt"]),
    ],
)
def test_known_names_are_offered(words: list[str], names: list[str]):
    assert offered(*words) == names


def test_lists_are_those_that_the_verbs_take():
    assert completion.STRATEGIES == STRATEGIES
    assert completion.STARTS == STARTS
    assert completion.layouts() == list(OFFICIAL)
    assert "world-tiny" in completion.weights()


def test_tasks_of_a_plugin_are_offered_and_a_broken_one_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(plugins, "_loaded", set())
    monkeypatch.setenv(plugins.VARIABLE, str(tmp_path / "absent.py"))
    assert offered("search-prompt", "--task", "dep") == []
    monkeypatch.setenv(plugins.VARIABLE, "")
    assert offered("search-prompt", "--task", "dep") == ["depth"]


def test_values_with_commas_complete_their_last_name():
    offer = complete(lambda: ("a1", "a2", "b1"))
    with click.Context(cli) as context:
        found = [item.value for item in offer(context, cli.params[0], "b1,a")]
    assert found == ["b1,a1", "b1,a2"]


def shell(words: str, number: int, code: str) -> str:
    """What Python prints when bash asks for the completion of a word."""
    ask = {"_PAINTERKIT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **ask},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_bash_gets_its_words_without_torch():
    code = (
        "import sys\nfrom painter_kit.cli.main import main\n"
        "try:\n    main(prog_name='painterkit')\n"
        f"except SystemExit:\n    print(sorted(set({HEAVY}) & set(sys.modules)))"
    )
    assert shell("painterkit evaluate --task pan", 3, code) == "plain,panoptic\n[]\n"
    verbs = shell("painterkit co", 1, code)
    assert verbs == "plain,compare\n[]\n"


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_for_each_shell_calls_the_program(name: str):
    code = "from painter_kit.cli.main import main\nmain(prog_name='painterkit')"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "_PAINTERKIT_COMPLETE": f"{name}_source"},
        capture_output=True,
        text=True,
    )
    assert f"_PAINTERKIT_COMPLETE={name}_complete" in run.stdout
