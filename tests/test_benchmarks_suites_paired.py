"""Two runs of a suite against each other: from their Records, and against ``gain.compare``."""

import json
from pathlib import Path

import pandas as pd
import pytest
import torch

from benchmarks.suites.base import load_suite
from benchmarks.suites.cells import open_part
from benchmarks.suites.paired import compare_benchmarks
from benchmarks.suites.recalled import benchmark_runs, recall_run
from painter_kit.errors import InputError
from painter_kit.evaluation.gain import compare
from painter_kit.evaluation.holm import holm
from painter_kit.model.checkpoint import save_painter
from painter_kit.report.source import Access
from painter_kit.types import sum_records
from tests.cli_toys import TINY
from tests.few_shot import COLOURS, write_fss
from tests.ood_toys import run

SUITE = """
format: 1
name: shapes
version: 1
title: Shapes
parts: [{name: shape, task: foreground, data: world-unseen}]
protocols: {clean: {}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs ``a/fss`` and ``b/fss`` of two networks, ``a/shapes`` and ``b/shapes`` of another suite,
    ``few`` with fewer prompts."""
    folder = tmp_path_factory.mktemp("paired")
    write_fss(folder / "data", per_class=10)
    (folder / "shapes.yaml").write_text(SUITE)
    torch.set_num_threads(1)
    for seed, name in enumerate("ab"):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            save_painter(TINY.build(), TINY, folder / f"{name}.safetensors")
        made = benchmark(folder, name, f"{name}/shapes", str(folder / "shapes.yaml"), 1)
        assert made.exit_code == 0, made.stderr
    for name in "ab":
        prompts = f",searched:{given(folder)}"
        made = benchmark(folder, name, f"{name}/fss", "fss1000", 2, prompts)
        assert made.exit_code == 0, made.stderr
    assert benchmark(folder, "b", "few", "fss1000", 1).exit_code == 0
    return folder


def benchmark(folder: Path, weights: str, out: str, suite: str, prompts: int, more: str = ""):
    where = ["--data-root", str(folder / "data"), "--store", str(folder / "store")]
    return run("benchmark", "--checkpoint", str(folder / f"{weights}.safetensors"), "--out",
               str(folder / out), "--suite", suite, "--prompts", f"random:{prompts}{more}",
               "--controls", "0", "--count", "9", "--resamples", "100", "--no-mlflow",
               "--device", "cpu", *where)  # fmt: skip


def given(folder: Path) -> Path:
    """Prompts by category that count as searched: the first picture of each."""
    place = folder / "given"
    if not place.exists():
        opened = open_part(load_suite("fss1000")[0].parts[0], folder / "data", 32)
        for category in COLOURS:
            opened.one(f"{category}/1").save(place / category)
    return place


def _mean(table: pd.DataFrame, kind: str, status: str) -> tuple[float, int]:
    """Value and queries of the mean of a kind of prompts."""
    asked = {"quantity": "mean", "metric": "iou", "kind": kind, "status": status}
    rows = table.to_dict("records")
    (row,) = (r for r in rows if all(r[name] == value for name, value in asked.items()))
    return float(row["value"]), int(row["n"])


def access(folder: Path) -> Access:
    return Access(folder / "store", folder / "data")


def test_differences_are_those_of_the_results(folder: Path):
    found = compare_benchmarks([folder / "a", folder / "b"], access(folder), resamples=200)
    assert [(p.split, p.prompts) for p in found] == [
        ("fss1000/test", "random"),
        ("fss1000/test", "searched"),
        ("shapes/shape", "random"),
    ]
    tables = [pd.read_csv(folder / name / "fss" / "numbers.csv") for name in "ab"]
    for kind, status, pairing in (("random", "all", found[0]), ("searched", "held out", found[1])):
        (a, n), (b, _) = (_mean(table, kind, status) for table in tables)
        told = pairing.to_json()
        assert (told["baseline_value"], told["run_value"]) == pytest.approx((a, b))
        assert told["difference"] == pytest.approx(b - a)
        assert told["ci_low"] <= told["difference"] <= told["ci_high"]
        assert told["n"] == n
    plain = [p.comparison.gain.p_value for p in found]
    assert [p.p_holm for p in found] == pytest.approx(holm(plain))


def test_one_prompt_of_a_whole_part_is_compared_as_elsewhere(folder: Path):
    paths = [folder / name / "shapes" for name in "ab"]
    (pairing,) = compare_benchmarks(paths, access(folder), seed=3, resamples=300)
    rows = []
    for path in paths:
        (found,) = benchmark_runs(path)
        (part,) = recall_run(found, access(folder))
        rows.append(part.records["random"][0])
    base, ours = rows
    opened = part.planned.opened
    expected = compare(opened.task, opened.spec, ours, [base], part.groups,
                       sum_records([*base, *ours]), seed=3, resamples=300)  # fmt: skip
    told, wanted = pairing.comparison.gain.to_json(), expected.gain.to_json()
    assert {k: told[k] for k in ("value", "ci_low", "ci_high", "p_value")} == pytest.approx(
        {k: wanted[k] for k in ("value", "ci_low", "ci_high", "p_value")}
    )


def test_a_run_equals_itself(folder: Path):
    path = folder / "a" / "fss"
    for one in compare_benchmarks([path, path], access(folder), resamples=100):
        gain = one.comparison.gain
        assert (gain.value, gain.ci_low, gain.ci_high, gain.p_value) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a/fss", "few"], "2 prompts on 9 queries and 1 prompts on 9 queries"),
        (["a/fss", "a/shapes"], r"\(fss1000\) and .* \(shapes\) have no suite in common"),
        (["a/fss", "data"], "holds no run of benchmark"),
    ],
)
def test_what_differs_is_said(folder: Path, names: list[str], words: str):
    with pytest.raises(InputError, match=words):
        compare_benchmarks([folder / name for name in names], access(folder), resamples=100)


def test_the_command_takes_them(folder: Path):
    paths = [str(folder / name) for name in "ab"]
    where = ["--store", str(folder / "store"), "--data-root", str(folder / "data")]
    told = run("compare", *paths, "--resamples", "100", *where, "--json")
    assert told.exit_code == 0, told.stderr
    rows = json.loads(told.stdout)["rows"]
    assert {(row["prompts"], row["shots"]) for row in rows} == {("random", 1), ("searched", 1)}
    assert "fss1000/test" in told.stderr
    other = run("compare", *paths, "--store", str(folder / "none"), *where[2:])
    assert other.exit_code == 2
    assert "no store at" in other.stderr
