from pathlib import Path
from typing import Any

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.store import Store
from painter_kit.report.about_search import confirm_of, panel_shown, search_sections
from painter_kit.report.document import Chart, Number, Section, Table, Text
from painter_kit.report.illustrated import Amounts, Illustrated, illustrated
from painter_kit.report.runs import RunFolder, read_lines
from tests import report_toys
from tests.report_toys import search_result

made = report_toys.made


def bare(tmp_path: Path, **changes: Any) -> list[Section]:
    """The sections of a search whose folder holds nothing but its result."""
    result = search_result(**changes)
    run = RunFolder(tmp_path, "search-prompt", {}, result, {})
    return search_sections(Illustrated(run, result, Amounts(), why="no store"))


def numbers(section: Section) -> list[object]:
    tables = [block for block in section.blocks if isinstance(block, Table)]
    cells = (cell for table in tables for row in table.rows for cell in row)
    return [cell.value for cell in cells if isinstance(cell, Number)]


def texts(section: Section) -> str:
    return " ".join(block.text for block in section.blocks if isinstance(block, Text))


def test_numbers_are_those_of_the_result(made: report_toys.Made):
    run = made.run("search")
    row = run.rows[0]
    with Store(made.folder / "store") as store:
        about = illustrated(run, row, made.access, store, Amounts(first=1, worst=1))
        sections = search_sections(about)
    assert [section.title for section in sections] == [
        "Result",
        "Course of the search",
        "What prompts and pictures vary by",
        "Best and worst prompts",
        "Queries",
        "Worst queries",
    ]
    shown = numbers(sections[0])
    wanted = [row["winner"]["select"], row["winner"]["confirm"], row["panel"]["mean"]]
    wanted += [row["gain"]["value"], row["gain"]["optimism"], *row["forwards"].values()]
    assert set(wanted) <= set(shown)
    outlook = row["outlook"][0]
    assert numbers(sections[2]) == [outlook[f"{k}_sd"] for k in ("prompt", "image", "interaction")]
    moments = [d for d in read_lines(run.path / "decisions.jsonl") if d["event"] == "rung"]
    assert [d["cells"] for d in moments] == numbers(sections[1])[::4]


def test_the_panel_is_found_again(made: report_toys.Made):
    run = made.run("search")
    with Store(made.folder / "store") as store:
        about = illustrated(run, run.rows[0], made.access, store, Amounts())
        examples = about.measured()
        assert examples is not None
        panel = panel_shown(about, read_lines(run.path / "decisions.jsonl"), examples)
        assert about.source is not None
        task, spec = about.source.task, about.source.spec
        values = [primary(task, spec, one.records) for one in panel if one.records]
    assert sum(values) / len(values) == run.rows[0]["panel"]["mean"]


def test_confirm_has_the_limits_that_the_prompt_notes(made: report_toys.Made):
    run = made.run("search")
    about = illustrated(run, run.rows[0], made.access, "no store", Amounts())
    confirm = confirm_of(about, about.prompt("prompt"))
    assert confirm["value"] == run.rows[0]["winner"]["confirm"]
    assert confirm["ci_low"] < confirm["value"] < confirm["ci_high"]
    assert confirm_of(about, None) == {"value": confirm["value"]}


def test_a_report_without_files_keeps_the_numbers(tmp_path: Path):
    result, course, components, sheet, queries = bare(tmp_path)
    assert {0.5, 0.6, 0.7, 0.1, 0.03} <= set(numbers(result))
    assert "No race" in texts(course)
    assert "no variance components" in texts(components)
    assert "no store" in texts(sheet)
    assert "no store" in texts(queries)


def test_everything_a_search_may_say(tmp_path: Path):
    gain = {"value": -0.2, "ci_low": -0.3, "ci_high": -0.1}
    result = bare(
        tmp_path,
        interchangeable=True,
        stopped="budget",
        dropped={"near copy": 2},
        certificates=[{"sentence": "nobody is better"}],
        sensitivity={"verdicts": ["the prompt is ignored"]},
        alternatives=[{"name": "ensemble", "gain": gain, "note": "do not ensemble"}],
        over_released={**gain, "p_value": 0.5},
    )[0]
    said = texts(result)
    for words in ("interchangeable", "stopped early: budget", "2 (near copy)", "nobody is better"):
        assert words.lower() in said.lower()
    assert "prompt is ignored" in said
    assert "Do not ensemble." in said
    assert numbers(result).count(-0.2) == 2
    (chart,) = (block for block in result.blocks if isinstance(block, Chart))
    assert "+0.1" in chart.alt


def test_other_metrics_stand_in_a_table_of_their_own(tmp_path: Path):
    def of(value: float) -> dict[str, float | None]:
        return {"value": value, "ci_low": value - 0.1, "ci_high": None}

    metrics = {"rmse": {"searched": of(0.6), "panel": of(0.7)}}
    alone = bare(tmp_path, metrics=metrics)[0]
    assert not any(isinstance(b, Table) and "All metrics" in b.caption for b in alone.blocks)
    metrics["a1"] = {"searched": of(0.91), "panel": of(0.87)}
    section = bare(tmp_path, metrics=metrics, skipped=["--diagnose"])[0]
    (table,) = (b for b in section.blocks if isinstance(b, Table) and "All metrics" in b.caption)
    assert [row[0] for row in table.rows] == ["rmse", "a1"]
    assert {0.91, 0.87} <= set(numbers(section))
    assert "because the search was ended: --diagnose" in texts(section)


def test_finalists_stand_by_all_metrics_once_there_are_several(tmp_path: Path):
    def row(name: str, turn: int, free: bool, ap: float | None = 0.5) -> dict[str, Any]:
        metrics = {"ap": ap, "ar": 0.25}
        return {"part": "one", "round": turn, "id": name, "metrics": metrics, "pareto": free}

    rows = [row("old", 0, True), row("a", 1, True), row("b", 1, False, None)]
    (table,) = [
        block
        for block in bare(tmp_path, finalists=rows)[0].blocks
        if isinstance(block, Table) and block.heads[0] == "finalist"
    ]
    assert table.heads == ("finalist", "ap", "ar", "not beaten")
    assert [[str(cell) for cell in line] for line in table.rows] == [
        ["a", "0.5", "0.25", "yes"],
        ["b", "-", "0.25", ""],
    ]
    assert table.caption.startswith("one: finalists on select")
    assert "finalist" not in str(bare(tmp_path, finalists=rows[:1])[0].blocks)
