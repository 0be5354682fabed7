import json
from pathlib import Path

import pytest

from painter_kit.errors import InputError
from painter_kit.report.runs import (
    LOGGED,
    RunFolder,
    Scored,
    as_written,
    cells_of,
    open_run,
    read_lines,
    read_object,
    read_run,
    read_scores,
    read_table,
    read_yaml,
)
from tests import report_toys

made = report_toys.made


def folder(path: Path, verb: str = "search-prompt", **files: str) -> Path:
    path.mkdir()
    about = {"verb": verb, "painterkit": "1", "command": ["p", verb, "--seed", "1"]}
    (path / "painterkit.json").write_text(json.dumps(about))
    for name, text in files.items():
        (path / name.replace("_", ".")).write_text(text)
    return path


def test_a_run_is_read_whole(tmp_path: Path):
    path = folder(tmp_path / "a", result_json='{"task": "depth"}', config_yaml="seed: 1")
    (path / "run.yaml").write_text("store: s\nrun_id: abc\n")
    run = open_run(path)
    assert (run.verb, run.version, run.settings) == ("search-prompt", "1", {"seed": 1})
    assert run.command == ("p", "search-prompt", "--seed", "1")
    assert run.rows == [{"task": "depth"}]
    assert run.run_ids == ["abc"]
    (path / LOGGED).write_text('{"run_ids": ["later"]}')
    assert run.run_ids == ["later"]


def test_where_each_verb_notes_its_runs(tmp_path: Path):
    def run(verb: str, **result: object) -> RunFolder:
        return RunFolder(tmp_path, verb, {}, result, {})

    assert run("demo", run_ids=["a", "b"], rows=[]).run_ids == ["a", "b"]
    rows = [{"run_id": "a"}, {"run_id": None}]
    assert run("evaluate", rows=rows).run_ids == ["a"]
    assert run("tune-prompt").run_ids == []
    (tmp_path / ".run").write_text("abc\ngroup\n")
    assert run("tune-prompt").run_ids == ["abc"]
    assert run("search-prompt").run_ids == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p / "none", "no such folder"),
        (lambda p: p, "holds no painterkit.json"),
        (lambda p: folder(p / "a", "train"), "was written by train"),
        (lambda p: folder(p / "a"), "has not ended; finish it with --resume"),
        (lambda p: folder(p / "a", "demo"), "run it again"),
        (lambda p: folder(p / "a", result_json="{"), "not readable as JSON"),
        (lambda p: folder(p / "a", result_json="[]"), "expected a JSON object"),
        (lambda p: folder(p / "a", result_json="{}", config_yaml="a: ["), "not readable as YAML"),
        (lambda p: folder(p / "a", result_json="{}", config_yaml="- 1"), "expected a mapping"),
    ],
)
def test_what_is_no_finished_run(tmp_path: Path, make, words: str):
    with pytest.raises(InputError, match=words):
        open_run(make(tmp_path))


def test_files_that_may_be_missing(tmp_path: Path):
    gone = tmp_path / "gone"
    assert read_object(gone, "default") == "default"
    assert (read_yaml(gone), read_lines(gone), read_scores(gone), read_table(gone)) == (
        {},
        [],
        [],
        [],
    )
    (tmp_path / "bad").write_text("{}\n{")
    with pytest.raises(InputError, match="bad"):
        read_lines(tmp_path / "bad")
    with pytest.raises(InputError, match="has not ended"):
        read_run(tmp_path, "search-prompt", {})


def test_scores_of_a_search(made: report_toys.Made):
    cells = read_scores(made.folder / "search" / "scores.parquet")
    counts = json.loads((made.folder / "search" / "result.json").read_text())["splits"]
    assert {cell.image for cell in cells} <= set(read_lines(
        made.folder / "search" / "decisions.jsonl")[0]["select"])  # fmt: skip
    assert len({cell.image for cell in cells}) == counts["select"]
    assert cells_of(cells, "", 0) == cells
    assert cells_of([Scored("a", "i", 1.0, "x", 1)], "x", 0) == []


def test_what_a_changed_file_breaks_is_bad_input(tmp_path: Path):
    run = open_run(folder(tmp_path / "a", result_json="{}"))
    for error in (KeyError("gain"), TypeError("no"), ZeroDivisionError(), IndexError("far")):
        words = r"a: a file in it is not as painterkit wrote it"
        with pytest.raises(InputError, match=words), as_written(run):
            raise error
    with pytest.raises(InputError, match=r"^own words"), as_written(run):
        raise InputError("own words")


def test_broken_tables_are_named(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"a,b\n\xff,1\n")
    with pytest.raises(InputError, match=r"a\.csv: not readable as CSV"):
        read_table(tmp_path / "a.csv")
    (tmp_path / "scores.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"scores\.parquet: not the scores of a search"):
        read_scores(tmp_path / "scores.parquet")
