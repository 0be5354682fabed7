"""Runs of suites in the page of benchmarks."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.publish import README
from benchmarks.suites.__main__ import command, publish_run
from benchmarks.suites.base import suite_names
from benchmarks.suites.recalled import benchmark_runs
from painter_kit.errors import InputError


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """What a run leaves, as far as it is read here."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "painterkit.json").write_text('{"verb": "benchmark"}')
    (out / "result.json").write_text(json.dumps({"suite": "mine", "rows": []}))
    (out / "report.md").write_text("# Mine\n\n| part |\n")
    for name in ("curves.png", "pictures.png"):
        (out / name).write_bytes(name.encode())
    return out


def test_a_run_gets_the_section_of_its_suite(out: Path, tmp_path: Path):
    readme = tmp_path / "benchmarks" / "README.md"
    readme.parent.mkdir()
    readme.write_text("<!-- begin suite mine -->\n<!-- end suite mine -->\nkept\n")
    (run,) = benchmark_runs(out)
    publish_run(run, readme, tmp_path / "docs")
    text = readme.read_text()
    assert "## Mine\n\n| part |" in text
    assert text.endswith("kept\n")
    assert "(../docs/suite-mine-curves.png)" in text
    assert (tmp_path / "docs" / "suite-mine-pictures.png").read_bytes() == b"pictures.png"


def test_reports_are_printed_and_others_are_refused(out: Path, tmp_path: Path):
    told = CliRunner().invoke(command, [str(out)])
    assert told.exit_code == 0
    assert "# Mine" in told.stdout
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no run of benchmark"):
        CliRunner().invoke(command, [str(tmp_path / "empty")], catch_exceptions=False)


def test_the_page_has_sections_of_the_suites_of_the_world():
    text = README.read_text()
    for name in suite_names():
        assert (f"<!-- begin suite {name} -->" in text) == name.startswith("world-"), name
