from dataclasses import replace
from pathlib import Path

from painter_kit.evaluation.store import Store
from painter_kit.report.about_evaluate import evaluate_sections
from painter_kit.report.document import Chart, Limits, Number, Section, Sheet, Table, Text
from painter_kit.report.illustrated import Amounts, illustrated
from tests import report_toys

made = report_toys.made


def sections(made: report_toys.Made) -> list[Section]:
    run = made.run("one")
    with Store(made.folder / "store") as store:
        return evaluate_sections(
            illustrated(run, run.rows[0], made.access, store, Amounts(first=1, worst=1))
        )


def test_metrics_are_those_of_the_result(made: report_toys.Made):
    result, spread, *galleries = sections(made)
    row = made.run("one").rows[0]
    (table,) = (block for block in result.blocks if isinstance(block, Table))
    assert table.rows[0][0] == "rmse"  # the primary one comes first
    assert {cells[0]: (cells[1], cells[2]) for cells in table.rows} == {
        name: (Number(m["value"]), Limits(m["ci_low"], m["ci_high"]))
        for name, m in row["metrics"].items()
    }
    said = " ".join(block.text for block in result.blocks if isinstance(block, Text))
    assert row["why"][0] in said
    assert any(isinstance(block, Sheet) for block in result.blocks)
    assert isinstance(spread.blocks[0], Chart)
    assert f"{row['n']} pictures" in spread.blocks[0].alt
    assert [section.title for section in galleries] == ["Queries", "Worst queries"]


def test_published_rows_stand_beside(made: report_toys.Made, tmp_path: Path):
    run = made.run("one")
    (tmp_path / "table.csv").write_text(
        "task,data,source,prompt,metric,unit,value,comparable,why\n"
        "depth,other,Paper,random,rmse,m,9,True,\n"
        "depth,nyuv2,this run,random,rmse,m,0.3,,\n"
        "depth,nyuv2,Paper,searched,rmse,m,0.288,True,\n"
        "depth,nyuv2,Paper,x,rmse,m,0.28,False,another model\n"
    )
    row = {**run.rows[0], "data": "nyuv2"}
    about = illustrated(replace(run, path=tmp_path), row, made.access, "no store", Amounts())
    result, spread, _ = evaluate_sections(about)
    published = [block for block in result.blocks if isinstance(block, Table)][1]
    assert [cells[3] for cells in published.rows] == [Number(0.3), Number(0.288), Number(0.28)]
    assert [cells[5] for cells in published.rows] == ["", "yes", "no: another model"]
    assert isinstance(spread.blocks[0], Text)  # nothing is known of single pictures


def test_equal_pictures_need_no_histogram(made: report_toys.Made, tmp_path: Path):
    (tmp_path / "per_image").mkdir()
    (tmp_path / "per_image" / "depth.csv").write_text("id,rmse\na,0.5\nb,0.5\nc,\n")
    run = made.run("one")
    about = illustrated(
        replace(run, path=tmp_path), run.rows[0], made.access, "no store", Amounts()
    )
    (said,) = evaluate_sections(about)[1].blocks
    assert said == Text("rmse is 0.5 on every picture.")
