import shutil
from pathlib import Path

import pandas as pd

from painter_kit.evaluation.store import Store
from painter_kit.report.about_tune import tune_sections
from painter_kit.report.document import Chart, Number, Section, Sheet, Table, Text
from painter_kit.report.illustrated import Amounts, illustrated
from tests import report_toys

made = report_toys.made


def sections(made: report_toys.Made) -> list[Section]:
    run = made.run("tuned")
    with Store(made.folder / "store") as store:
        about = illustrated(run, run.rows[0], made.access, store, Amounts(first=1, worst=0))
        return tune_sections(about)


def test_numbers_are_those_of_the_result(made: report_toys.Made):
    result, course, prompts, *galleries = sections(made)
    row = made.run("tuned").rows[0]
    tables = [block for block in result.blocks if isinstance(block, Table)]
    shown = {c.value for t in tables for cells in t.rows for c in cells if isinstance(c, Number)}
    wanted = {row["winner"]["select"], row["winner"]["confirm"], row["panel"]["mean"]}
    assert wanted | {row["gain"]["value"]} <= shown
    said = next(block.text for block in result.blocks if isinstance(block, Text))
    assert row["chosen"] in said
    (chart,) = (block for block in course.blocks if isinstance(block, Chart))
    steps = pd.read_csv(made.folder / "tuned" / "snapshots.csv")["rmse"]
    assert f"{steps.iloc[0]:.4g}" in chart.alt
    assert f"{steps.iloc[-1]:.4g}" in chart.alt
    (sheet,) = prompts.blocks
    assert isinstance(sheet, Sheet)
    assert [len(card.pictures) for card in sheet.cards] == [2, 2]
    assert [section.title for section in galleries] == ["Queries"]


def test_robustness_is_a_table(made: report_toys.Made, tmp_path: Path):
    run = made.run("tuned")
    shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "run" / "robustness.csv").write_text("change,learned\nas it is,0.25\nnoise,0.5\n")
    (tmp_path / "run" / "snapshots.csv").unlink()
    copied = report_toys.open_run(tmp_path / "run")
    about = illustrated(copied, copied.rows[0], made.access, "no store", Amounts())
    course = tune_sections(about)[1]
    (table,) = course.blocks
    assert isinstance(table, Table)
    assert list(table.rows[1]) == ["noise", Number(0.5)]
