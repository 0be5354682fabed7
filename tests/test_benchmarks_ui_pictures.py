"""The command that pictures MLflow's pages, without a browser."""

from pathlib import Path

import pytest

from benchmarks import browser, ui_pictures
from benchmarks.ui_pictures import SHOTS, link_of, main

ROOT = Path(__file__).resolve().parents[1]


def test_links_are_found_by_their_words():
    links = {"3 prompts: charts, and pictures": "http://a", "as a table": "http://b"}
    assert link_of(links, "charts") == "http://a"
    assert link_of(links, "table") == "http://b"


def test_the_page_on_mlflow_shows_every_picture():
    text = (ROOT / "docs" / "mlflow.md").read_text(encoding="utf-8")
    for shot in SHOTS:
        assert f"(mlflow-{shot.name}.png)" in text
        assert (ROOT / "docs" / f"mlflow-{shot.name}.png").is_file()


def test_without_a_browser_nothing_is_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setattr(browser, "find_spec", lambda name: None)
    monkeypatch.setattr(ui_pictures, "run_demo", lambda folder: pytest.fail("was run"))
    assert main(["--out", str(tmp_path / "out")]) == 2
    assert "install painterkit[browser]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
