"""The picture of the winner's curse: numbers from tables that are made by hand."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.concepts.chosen import Candidates, draw, measure
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.splits import Sizes
from painter_kit.evaluation.store import Store
from painter_kit.inference.predictor import Predictor
from painter_kit.model.checkpoint import load_painter

SPEC = open_dataset("world").spec("depth")


def test_the_chosen_one_is_the_best_on_select_alone():
    one = Candidates("world", SPEC, [0.5, 0.4, 0.6], [0.3, 0.7, 0.5])
    assert one.best == 1
    assert one.lead(one.on_select) == pytest.approx(0.1)
    assert one.lead(one.on_confirm) == pytest.approx(-0.2)


def test_more_is_better_where_the_metric_says_so():
    one = Candidates("world", replace(SPEC, direction="max"), [0.5, 0.4, 0.6], [0.3, 0.7, 0.5])
    assert one.best == 2
    assert one.lead(one.on_confirm) == pytest.approx(0.0)


def test_the_sentence_has_both_leads():
    said = Candidates("world", SPEC, [0.5, 0.4, 0.6], [0.3, 0.7, 0.5]).sentence
    assert "+0.100 m on select" in said
    assert "-0.200 m on confirm" in said
    assert "correlation -0.50" in said


def test_a_panel_for_every_dataset():
    one = Candidates("world", SPEC, [0.5, 0.4, 0.6], [0.3, 0.7, 0.5])
    root = ElementTree.fromstring(draw([one, replace(one, data="world-shifted")]))
    axes = [g for g in root.iter() if (g.get("id") or "").startswith("axes_")]
    assert len(axes) == 2


@pytest.mark.slow
def test_candidates_are_measured_on_both_splits_and_kept(tmp_path: Path):
    predictor = Predictor(load_painter("world-tiny"), 4)
    with Store(tmp_path) as store:
        first = measure(predictor, store, "depth", "world", Sizes(3, 2, 4, 2), 0)
        again = measure(predictor, store, "depth", "world", Sizes(3, 2, 4, 2), 0)
    assert len(first.on_select) == len(first.on_confirm) == 3
    assert first == again
    assert first.on_select != first.on_confirm
