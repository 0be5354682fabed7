"""Digests of a run's files leave out what may differ, and nothing else."""

import json
from pathlib import Path

from benchmarks.faults.results import difference, digests


def make(folder: Path, **result: object) -> dict[str, str]:
    (folder / "prompt").mkdir(parents=True, exist_ok=True)
    (folder / "prompt" / "a.png").write_bytes(b"pixels")
    (folder / ".lock").touch()
    (folder / "painterkit.json").write_text(json.dumps(result))
    (folder / "result.json").write_text(json.dumps({"forwards": result}))
    return digests(folder)


def test_time_and_place_and_what_was_reused_do_not_count(tmp_path: Path):
    one = make(tmp_path / "one", new=3, reused=0, select=8, at=str(tmp_path / "one" / "prompt"))
    two = make(tmp_path / "two", new=1, reused=2, select=8, at=str(tmp_path / "two" / "prompt"))
    assert one == two
    assert one.keys() == {"prompt/a.png", "result.json"}
    assert difference(one, two) == ""


def test_results_and_files_do(tmp_path: Path):
    one = make(tmp_path / "one", select=8)
    other = make(tmp_path / "two", select=9)
    assert difference(other, one) == "result.json not as undisturbed"
    (tmp_path / "one" / "prompt" / "a.png").write_bytes(b"pixelx")
    (tmp_path / "one" / "b").touch()
    assert difference(digests(tmp_path / "one"), one) == "b, prompt/a.png not as undisturbed"
