import math
from dataclasses import replace

import pytest

from painter_kit.cli.late_prompt import late_prompts
from painter_kit.evaluation.store import Store
from painter_kit.report.illustrated import Amounts, illustrated
from tests import report_toys

made = report_toys.made


@pytest.mark.parametrize(
    ("name", "kind", "split"),
    [
        ("search", "searched", "confirm"),
        ("tuned", "learned", "confirm"),
        ("one", "searched", "test"),
    ],
)
def test_numbers_pictures_and_rows(made: report_toys.Made, name: str, kind: str, split: str):
    run = made.run(name)
    access = replace(made.access, repaint=True)
    with Store(made.folder / "store") as store:
        (late,) = late_prompts(illustrated(run, run.rows[0], access, store, Amounts()))
    assert (late.prompt.kind, late.about.split) == (kind, split)
    value = late.metrics["rmse"]
    assert value.low < value.value < value.high
    assert len(late.rows) == late.about.n
    assert len(late.queries) == min(4, late.about.n)
    assert late.queries[0].painted.shape == late.queries[0].input.shape
    assert (late.gain is None) == (name == "one")
    if late.gain:
        assert late.gain.to_json() == run.rows[0]["gain"]


def test_numbers_alone_when_nothing_else_is_left(made: report_toys.Made):
    run = made.run("search")
    row = {**run.rows[0], "gain": {**run.rows[0]["gain"], "ci_low": None}}
    (late,) = late_prompts(illustrated(run, row, made.access, "no store", Amounts()))
    assert (list(late.queries), list(late.rows)) == ([], [])
    assert late.gain is not None
    assert math.isnan(late.gain.ci_low)
