"""``painterkit benchmark`` through every suite that ships: on twins made by the world, on pictures
of packages, and on real samples; and its runs in the page of benchmarks."""

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks.publish import README
from benchmarks.suites.__main__ import command, publish_run
from benchmarks.suites.base import load_suite, suite_names
from benchmarks.suites.recalled import benchmark_runs
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.errors import InputError
from painter_kit.model.checkpoint import save_painter
from tests.cli_toys import TINY
from tests.ood_toys import run
from tests.samples import copy_samples

# Suites on official data, which the world writes in their layout.
TWINS = {"fss1000": 6, "pascal5i": 12, "coco20i": 12, "ap10k": 7, "animalpose": 7, "lvis": 7}
AS_THEY_ARE = ("builtin", "packaged", "corruptions", "world-unseen-categories",
               "world-unseen-skeletons", "world-unseen-tasks")  # fmt: skip
CONTROLS = {"blank", "wrong task", "shuffled target"}


def test_every_suite_is_tried_here():
    assert sorted((*TWINS, *AS_THEY_ARE)) == suite_names()


def benchmark(folder: Path, suite: str, root: Path) -> dict:
    """What the suite gives with random weights, two queries a part and two random prompts."""
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_painter(TINY.build(), TINY, folder / "tiny.safetensors")
    found = run("benchmark", "--suite", suite, "--checkpoint", str(folder / "tiny.safetensors"),
                "--data-root", str(root), "--store", str(folder / "store"), "--count", "2",
                "--prompts", "random:2,released", "--controls", "1", "--resamples", "100",
                "--trained-on", "painter", "--device", "cpu", "--no-mlflow", "--json",
                "--out", str(folder / "out"))  # fmt: skip
    assert found.exit_code == 0, found.stderr
    return json.loads(found.stdout)


def check(folder: Path, suite: str, told: dict) -> None:
    """Every part has figures, controls and a status for everything that it shows."""
    stated, _ = load_suite(suite)
    rows = told["rows"]
    asked = {row["part"] for row in rows} - {"mean"}
    assert asked <= {part.name for part in stated.parts}
    for name in asked:
        own = [row for row in rows if row["part"] == name and row["status"] == "all"]
        means = {row["kind"]: row["value"] for row in own if row["quantity"] == "mean"}
        assert CONTROLS | {"random"} <= {*means}, name
        assert any(value is not None for value in means.values()), name
        assert {row["kind"] for row in own if row["quantity"] == "gain"} >= CONTROLS, name
    assert {row["part"] for row in told["novelty"]} == asked
    assert {row["status"] for row in told["novelty"]} <= {"seen", "related", "unseen"}
    report = (folder / "out" / "report.md").read_text()
    assert "not asked under a released prompt" in report
    for head in ("Random prompts", "Controls", "Novelty"):
        assert f"## {head}\n" in report
    for picture in ("curves.png", "pictures.png"):
        assert (folder / "out" / picture).stat().st_size > 1000


@pytest.mark.parametrize("suite", sorted(TWINS))
def test_twins_of_the_world(suite: str, tmp_path: Path):
    root = tmp_path / "data"
    write_layout(get_layout(suite), root, LayoutOptions(TWINS[suite], size=(64, 64)))
    told = benchmark(tmp_path, suite, root)
    check(tmp_path, suite, told)
    if suite in ("ap10k", "lvis"):
        assert "category" in {row["kind"] for row in told["novelty"]}
    if suite == "animalpose":
        assert sum(row["kind"] == "category" for row in told["novelty"]) == 5


@pytest.mark.parametrize("suite", AS_THEY_ARE)
def test_suites_that_need_no_data(suite: str, tmp_path: Path):
    told = benchmark(tmp_path, suite, tmp_path)
    check(tmp_path, suite, told)
    if suite != "packaged":  # whose packages are optional
        assert {row["part"] for row in told["rows"]} == {p.name for p in load_suite(suite)[0].parts}


# AP-10K and Animal-Pose have one picture among the samples, which cannot be asked under itself;
# LVIS has two, too few to cut a pool from, which are asked under each other below.
SAMPLED = ("coco20i", "fss1000", "pascal5i")
LVIS = """
{format: 1, name: sampled, version: 1, title: Samples of LVIS, protocols: {clean: {}},
 parts: [{name: instance, task: instance, data: lvis:v0.5, queries: test, supports: test,
          shows: [{kind: task, name: instance}]}]}
"""


@pytest.mark.parametrize("suite", SAMPLED)
def test_real_samples(suite: str, tmp_path: Path):
    folder = copy_samples(suite, tmp_path / "data")
    if suite == "fss1000":
        (folder / "fss_test_set.txt").write_text("eiffel_tower\n")
    check(tmp_path, suite, benchmark(tmp_path, suite, tmp_path / "data"))


def test_real_samples_by_a_suite_of_ones_own(tmp_path: Path):
    copy_samples("lvis", tmp_path / "data")
    (tmp_path / "mine.yaml").write_text(LVIS)
    told = benchmark(tmp_path, str(tmp_path / "mine.yaml"), tmp_path / "data")
    check(tmp_path, str(tmp_path / "mine.yaml"), told)
    assert {row["kind"] for row in told["novelty"]} == {"task", "category"}


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
