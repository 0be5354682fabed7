import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.search_kills import BLOCK, Kill, Searcher, main, run_kills, write_report
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.store import Store
from painter_kit.types import Record

TINY = ("--pool", "6", "--select", "6", "--confirm", "4", "--test", "2", "--panel", "2")
GOOD = Kill(1, 1, 3.4, 2.5, 24, 20, 4, same_log=True, valid=True)


def test_every_check_counts():
    assert GOOD.good
    assert not replace(GOOD, lost=BLOCK + 1).good
    assert not replace(GOOD, lost=-1).good
    assert not replace(GOOD, same_log=False).good
    assert not replace(GOOD, valid=False).good


def test_the_report_has_a_line_per_kill(tmp_path: Path):
    text = write_report(tmp_path, [GOOD, replace(GOOD, kill=2, same_log=False)], 5)
    assert "| 2 | 1 | 3.4 | 2.5 | 24 | 20 | 4 | False | True |" in text
    assert "1 of 2 kills passed: 8 examples measured again in all" in text
    assert (tmp_path / "kills.md").read_text() == text + "\n"
    kept = json.loads((tmp_path / "kills.json").read_text())
    assert (kept["seed"], [k["kill"] for k in kept["kills"]]) == (5, [1, 2])


def test_records_are_read_as_they_are(tmp_path: Path):
    searcher = Searcher(tmp_path, ())
    assert searcher.records() == {}
    with Store(tmp_path / "store") as store:
        assert searcher.records() == {}
        store.put_many({b"key": Record(np.ones(2))})
    assert list(searcher.records()) == [b"key"]


def test_a_search_that_fails_is_told(tmp_path: Path):
    with pytest.raises(PainterKitError, match=r"a search failed: .*--pool must be at least 2"):
        Searcher(tmp_path, ("--pool", "1")).run()


def test_a_filled_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "mine").touch()
    monkeypatch.setattr(sys, "argv", ["x", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.slow
def test_two_kills_of_real_searches(tmp_path: Path):
    kills = run_kills(tmp_path, 2, seed=1, args=TINY)
    assert [kill.kill for kill in kills] == [1, 2]
    assert all(kill.good for kill in kills), kills
