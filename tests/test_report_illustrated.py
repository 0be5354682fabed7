import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.evaluation.store import Store
from painter_kit.inference.prompt import Prompt
from painter_kit.report.document import Text
from painter_kit.report.illustrated import Amounts, candidate_prompts, illustrated
from painter_kit.report.paintings import Counts
from painter_kit.report.runs import read_lines
from painter_kit.report.source import open_source
from tests import report_toys

made = report_toys.made


def test_everything_is_found(made: report_toys.Made):
    run = made.run("search")
    with Store(made.folder / "store") as store:
        about = illustrated(run, run.rows[0], made.access, store, Amounts())
        examples = about.measured()
        prompt = about.prompt("prompt")
        assert examples is not None
        assert prompt is not None
        assert about.shown("searched", prompt, examples).records is not None
    assert (about.unit, about.missing, about.why) == ("m", [], "")


@pytest.mark.parametrize("what", ["store", "data", "weights"])
def test_what_is_gone_is_noted_and_nothing_raised(
    made: report_toys.Made, what: str, tmp_path: Path
):
    run = made.run("search")
    row = dict(run.rows[0])
    if what == "data":
        row["data"] = f"folder:{tmp_path / 'gone'}"
    if what == "weights":
        row["checkpoint"] = str(tmp_path / "gone.safetensors")
    with Store(made.folder / "store") as store:
        given = "no store here" if what == "store" else store
        about = illustrated(run, row, made.access, given, Amounts())
    assert about.source is None
    assert about.missing == [about.why]
    assert {"store": "no store here", "data": "gone", "weights": "--checkpoint"}[what] in about.why
    (section,) = about.galleries(about.measured(), "confirm", [])
    assert isinstance(section.blocks[0], Text)
    assert about.why in section.blocks[0].text
    assert (about.unit, about.counts) == ("", Counts())


def test_a_prompt_that_is_gone(made: report_toys.Made, tmp_path: Path):
    run = made.run("search")
    shutil.copytree(run.path, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "prompt")
    about = illustrated(
        replace(run, path=tmp_path / "run"), run.rows[0], made.access, "no store", Amounts()
    )
    assert about.prompt("prompt") is None
    assert "no such folder" in about.missing[-1]


def test_candidates_are_pairs_of_the_pool(made: report_toys.Made):
    run = made.run("search")
    start = read_lines(run.path / "decisions.jsonl")[0]
    winner = run.rows[0]["winner"]["id"]
    with Store(made.folder / "store") as store:
        source = open_source(run, run.rows[0], made.access, store)
        prompts = candidate_prompts(source, [*start["candidates"], "p00+flip", "given"])
    assert list(prompts) == start["candidates"]
    assert prompts[winner].digest == Prompt.load(run.path / "prompt").digest
