"""``painterkit report`` from options to files, JSON and MLflow."""

import json
import shutil
from pathlib import Path

import pytest

from painter_kit.tracking import start_tracking
from tests import report_toys
from tests.page_checks import checked

made = report_toys.made
FEW = ["--queries", "1", "--worst", "1", "--prompts", "1"]


def test_files_and_json(made: report_toys.Made, tmp_path: Path):
    out = tmp_path / "out"
    run = str(made.folder / "one")
    first = made.tell(
        "report", run, *FEW, "--repaint", "--device", "cpu", "--out", str(out), "--json"
    )
    assert first.exit_code == 0, first.stderr
    assert first.stdout.count("\n") == 1
    told = json.loads(first.stdout)
    assert told["runs"] == [{"folder": run, "verb": "evaluate", "missing": [], "run_ids": []}]
    assert told["painted"]["missing"] == 0
    checked((out / "report.html").read_text())
    text = (out / "report.md").read_text()
    assert all((out / name).is_file() for name in _shown(text))
    assert len(_shown(text)) == len(list((out / "pictures").iterdir()))
    again = made.tell("report", run, "--out", str(out))
    assert again.exit_code == 2  # nothing is overwritten unasked
    assert "--overwrite" in again.stderr


def _shown(text: str) -> list[str]:
    return [part.partition(")")[0] for part in text.split("](")[1:]]


def test_the_plan_tells_the_cost(made: report_toys.Made, tmp_path: Path):
    run = str(made.folder / "search")
    args = ["report", run, *FEW, "--out", str(tmp_path / "out"), "--plan"]
    assert "at most 0 forwards" in made.tell(*args).stdout
    planned = made.tell(*args, "--repaint", "--device", "cpu", "--json")
    assert json.loads(planned.stdout) == {"runs": [run], "forwards": 4}
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "give at least one RUN"),
        (["nothing"], "no such folder"),
        (["pairs"], "holds no painterkit.json"),
        (["--log", "one", "--no-mlflow"], "leave --no-mlflow out"),
    ],
)
def test_bad_usage(made: report_toys.Made, tmp_path: Path, args: list[str], words: str):
    named = [a if a.startswith("-") else str(made.folder / a) for a in args]
    result = made.tell("report", *named, "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "out").exists()


def test_the_page_is_kept_with_the_run_it_is_of(
    made: report_toys.Made, mlflow_here: Path, tmp_path: Path
):
    out = made.folder / "tracked"
    args = [*report_toys.SETS, "--prompt", "random:7", "--out", str(out)]
    tracked = made.call("evaluate", *[a for a in args if a != "--no-mlflow"], "--json")
    run_id = json.loads(tracked.stdout)["run_id"]
    page = ["--out", str(tmp_path / "page")]
    told = json.loads(made.tell("report", str(out), *FEW, *page, "--json").stdout)
    assert told["runs"][0]["run_ids"] == [run_id]
    client = start_tracking().client
    assert client is not None
    kept = [item.path for item in client.list_artifacts(run_id, "report")]
    assert kept == ["report/report.html"]


def test_the_page_does_not_need_the_server(
    made: report_toys.Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    run = tmp_path / "run"
    shutil.copytree(made.folder / "one", run)
    result = json.loads((run / "result.json").read_text())
    (run / "result.json").write_text(json.dumps({**result, "run_id": "0" * 32}))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "file:gone")
    page = made.tell("report", str(run), *FEW, "--out", str(tmp_path / "page"))
    assert page.exit_code == 0, page.stderr
    assert "was not added" in page.stderr
    assert (tmp_path / "page" / "report.html").is_file()
    late = made.tell("report", "--log", str(run), *FEW, "--out", str(tmp_path / "late"))
    assert late.exit_code == 2
    assert "no longer keeps runs in plain folders" in late.stderr
