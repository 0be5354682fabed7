"""A suite from plan to report with random weights: folds, novelty, published figures, leftovers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.suites.base import PublishedFigure, Suite, load_suite
from benchmarks.suites.beside import beside
from benchmarks.suites.novelty import training_of
from benchmarks.suites.report import category_rows, markdown, numbers, write
from benchmarks.suites.resample import resample
from benchmarks.suites.run import SuiteResult, batch_of, plan_suite, run_suite
from benchmarks.suites.settings import BenchmarkSettings
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.errors import InputError
from painter_kit.evaluation.store import Store
from painter_kit.types import Record
from tests.cli_toys import TINY

SETTINGS = BenchmarkSettings(
    suite="coco20i", prompts="random:2", controls=1, resamples=100, checkpoint="tiny"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_layout(get_layout("coco20i"), folder, LayoutOptions(16, size=(32, 32)))
    return folder


@pytest.fixture(scope="module")
def result(root: Path, tmp_path_factory: pytest.TempPathFactory) -> SuiteResult:
    suite, digest = load_suite("coco20i")
    planned = plan_suite(suite, SETTINGS, root, 32)
    out = tmp_path_factory.mktemp("out")
    training = training_of("painter", "tiny")
    with Store(out / "store") as store:
        return run_suite(
            suite, digest, SETTINGS, planned, TINY.build(), training, store, out, quiet=True
        )


def test_the_mean_is_over_all_categories(result: SuiteResult):
    mean = result.means[1]
    by_class = {
        (one.planned.opened.part.name, name): value
        for one in result.parts
        for name, value in one.categories.items()
    }
    assert len(by_class) > 4
    assert set(mean.categories) == {name for _, name in by_class}
    rows: dict[str, list[Record]] = {}
    for one in result.parts:
        for name, record in zip(one.asked.categories, one.asked.records["random"][0], strict=True):
            rows.setdefault(name, []).append(record)
    task, spec = mean.asked.opened.task, mean.asked.opened.spec
    expected = np.mean([task.summarise(found, spec)["miou"] for found in rows.values()])
    asked = mean.asked
    boot = resample(task, spec, asked.records["random"], asked.groups, asked.categories, 0, 100)
    assert boot.values["miou"][0] == pytest.approx(expected)
    assert expected > 0.1


def test_what_was_asked_is_not_asked_again(root: Path, tmp_path: Path, result: SuiteResult):
    assert result.reused == 0
    suite, digest = load_suite("coco20i")
    settings, model = replace(SETTINGS, parts=("fold0",)), TINY.build()
    with Store(tmp_path / "store") as store:
        for _ in range(2):
            planned = plan_suite(suite, settings, root, 32)
            again = run_suite(
                suite, digest, settings, planned, model, result.training, store, tmp_path
            )
    assert again.new == 0
    assert again.reused > 0
    assert again.means == {}


def test_published_figures_say_why_they_do_not_compare(result: SuiteResult):
    rows = {(r.published.system, r.published.shots): r for r in beside(result)}
    one = rows["Painter", 1]
    assert one.measured == result.means[1].figures.kinds["random"]
    assert any("parameters" in reason for reason in one.reasons)
    assert any("clean protocol" in reason for reason in one.reasons)
    assert any("canvas 32, not 448" in reason for reason in one.reasons)
    assert rows["Painter", 5].reasons == ("not measured here",)
    assert any("not SegGPT" in reason for reason in rows["SegGPT", 1].reasons)


def test_the_same_question_compares(result: SuiteResult):
    """Were everything as published, nothing would stand against it."""
    suite = replace(result.suite, canvas=32)
    settings = replace(SETTINGS, protocol="published")
    same = replace(result, suite=suite, settings=settings, parameters=370_721_155)
    (one,) = (r for r in beside(same) if (r.published.system, r.published.shots) == ("Painter", 1))
    assert one.reasons == ()
    assert "yes" in str(one.cells()["comparable"])


def test_systems_have_their_size_and_their_way_to_paint_together(result: SuiteResult):
    """Nothing but these two stands against a figure of SegGPT."""
    suite = replace(
        result.suite,
        canvas=32,
        published=(
            PublishedFigure("SegGPT", "miou", 67.9, 5),
            PublishedFigure("Painter", "miou", 32.6, 5),
        ),
    )
    settings = replace(SETTINGS, protocol="published")
    same = replace(result, suite=suite, settings=settings, means={5: result.means[1]},
                   training=training_of("seggpt", "tiny"))  # fmt: skip
    seggpt, painter = (one.reasons for one in beside(same))
    assert len(seggpt) == 2
    assert "not 370,723,203" in seggpt[0]
    assert "--how features" in seggpt[1]
    assert "was not published" in painter[-1]
    features = replace(same, settings=replace(settings, how="features"), parameters=370_723_203)
    assert beside(features)[0].reasons == ()


def test_files(result: SuiteResult, tmp_path: Path):
    write(result, tmp_path)
    data = json.loads((tmp_path / "result.json").read_text())
    assert set(data["episodes"]) == {f"fold{f}/1" for f in range(4)}
    episodes = json.loads((tmp_path / "episodes/fold0-1.json").read_text())
    assert episodes["digest"] == data["episodes"]["fold0/1"]
    assert {row["part"] for row in numbers(result)} == {*(f"fold{f}" for f in range(4)), "mean"}
    assert {row["status"] for row in category_rows(result)} == {"seen"}
    text = markdown(result)
    assert "mean over categories of iou" in text
    assert "those of the best of k over queries alone" in text
    bare = markdown(replace(result, suite=replace(result.suite, published=())))
    assert "no figure is known of what this suite asks" in bare
    assert "no figure is known" not in text
    assert "no figure here is about unseen categories" in text


def test_folds_without_pictures_are_left_out_and_told(root: Path, tmp_path: Path):
    lists = sorted((root / "coco20i/splits/val").iterdir())
    copy = tmp_path / "coco20i"
    copy.mkdir()
    (copy / "COCO2014").symlink_to(root / "coco20i/COCO2014")
    (copy / "splits/val").mkdir(parents=True)
    (copy / "splits/val" / lists[2].name).write_bytes(lists[2].read_bytes())
    suite, _ = load_suite("coco20i")
    planned = plan_suite(suite, SETTINGS, tmp_path, 32)
    assert [p.opened.part.name for p in planned] == ["fold2"]
    with pytest.raises(InputError, match=r"fold0.pkl does not exist"):
        plan_suite(suite, replace(SETTINGS, parts=("fold0",)), tmp_path, 32)
    with pytest.raises(InputError, match="--data-root"):
        plan_suite(suite, SETTINGS, None, 32)


def test_batches_are_as_large_as_prompts_have_queries(root: Path):
    suite: Suite = load_suite("coco20i")[0]
    shared = plan_suite(suite, SETTINGS, root, 32)
    own = plan_suite(suite, replace(SETTINGS, protocol="published", shots=(1,)), root, 32)
    assert batch_of(own, SETTINGS) > 0
    asked = len(shared[0].episodes.of_draw(0))
    prompts = len({row.supports for row in shared[0].episodes.of_draw(0)})
    assert batch_of(shared[:1], SETTINGS) <= max(1, asked / prompts)
    assert batch_of(shared, replace(SETTINGS, forward_batch=3)) == 3
