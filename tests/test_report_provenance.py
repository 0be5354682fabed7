from pathlib import Path

from click.testing import CliRunner

from painter_kit.cli.main import cli
from painter_kit.report.document import Code, Section, Table
from painter_kit.report.provenance import command_line, provenance
from painter_kit.report.runs import RunFolder
from tests import report_toys
from tests.report_toys import search_result

made = report_toys.made


def facts(section: Section) -> dict[str, str]:
    (table,) = (block for block in section.blocks if isinstance(block, Table))
    return {str(name): str(value) for name, value in table.rows}


def test_what_was_used_is_told(made: report_toys.Made):
    run = made.run("search")
    section = provenance(run)
    told = facts(section)
    assert told["digest of the weights"] == run.rows[0]["model_digest"]
    assert told["store"] == str(made.folder / "store")
    assert told["seed"] == "0"
    assert "MLflow runs" not in told
    (settings,) = section.sections
    assert settings.folded
    assert ("pool", "4") in settings.blocks[0].rows  # pyright: ignore


def test_commands_can_be_run_again(made: report_toys.Made):
    """The search's own words, and the line that repeats it, which costs nothing but the plan."""
    section = provenance(made.run("search"))
    codes = [block.text for block in section.blocks if isinstance(block, Code)]
    again, evaluate = codes[-1].splitlines()
    assert again.startswith("painterkit search-prompt --config ")
    plan = CliRunner().invoke(cli, [*again.split()[1:], "--plan", "--device", "cpu"])
    assert plan.exit_code == 0, plan.stderr
    plan = CliRunner().invoke(cli, [*evaluate.split()[1:], "--plan"])
    assert plan.exit_code == 0, plan.stderr


def test_command_line_is_quoted(tmp_path: Path):
    command = ("script", "search-prompt", "--data", "folder:my pairs")
    run = RunFolder(tmp_path, "search-prompt", {}, search_result(), {}, command)
    assert command_line(run) == "painterkit search-prompt --data 'folder:my pairs'"
    unknown = RunFolder(tmp_path, "search-prompt", {}, search_result(), {})
    assert command_line(unknown) == ""
    assert [block for block in provenance(unknown).blocks if isinstance(block, Code)] == []


def test_an_evaluation_of_many_tasks_names_them_all(tmp_path: Path):
    rows = [{**search_result(), "task": task} for task in ("depth", "semantic")]
    run = RunFolder(tmp_path, "evaluate", {"seed": 3}, {"rows": rows}, {"data_root": "data"})
    codes = [block.text for block in provenance(run).blocks if isinstance(block, Code)]
    assert "--data-root data" in codes[0]
    assert f"--task all --data world --prompt {tmp_path / 'prompts'}" in codes[0]
