from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.inference.parted import PartedPrompt
from prompt_search.certificate import Certificate, is_linearised, rounded_up
from prompt_search.setting import prompt_of
from tests.test_prompt_search_search import PARTS, QUICK, decisions, search, search_both
from tests.toys import TOY, ToyPainter, toy_data

CERTIFY = replace(QUICK, strategy="halving+certify")


def test_sentences():
    found = Certificate(0.95, 512, 300, 280, mean=-0.5, highest=-0.48)
    text = found.sentence("p1", "rmse", "m", linearised=False)
    for words in ("95%", "300", "by more than 0.02 m", "512 select images", "mean rmse", "280"):
        assert words in text
    sure = found.about(-0.48).sentence("p1", "miou", "", linearised=True)
    assert "more than" not in sure
    assert "miou linearised at the panel's" in sure
    unknown = Certificate(0.95, 512, 300, 2, -0.5, np.inf)
    assert "nothing is certain" in unknown.sentence("p1", "rmse", "m", linearised=False)
    assert unknown.to_json()["highest"] is None
    assert found.to_json()["epsilon"] == pytest.approx(0.02)


def test_nothing_is_said_that_was_not_shown():
    for confidence, words in ((0.999, "99.9%"), (0.975, "97.5%"), (0.95, "with 95%")):
        told = Certificate(confidence, 9, 4, 4, -0.5, -0.5).sentence("p", "rmse", "m", False)
        assert words in told
    assert [rounded_up(v) for v in (0.020004, 0.02, 123456.0, 1e-7)] == [0.0201, 0.02, 124000, 1e-7]
    assert rounded_up(np.inf) == np.inf


def test_a_single_finalist_does_not_hide_that_scores_are_linearised(tmp_path: Path):
    def summarise(records, spec):
        return {"error": float(np.median([r.values[1] / r.values[0] for r in records]))}

    task = replace(TOY, summarise=summarise)
    config = replace(CERTIFY, keep=1)
    (certificate,) = search(tmp_path, toy_data(pool=20), config=config, task=task).certificates
    assert certificate["linearised"]
    (plain,) = search(tmp_path / "plain", toy_data(pool=20), config=config).certificates
    assert not plain["linearised"]


def test_a_mean_is_told_from_what_is_linearised():
    means = [0.1, 0.2, 0.4]
    assert not is_linearised([-0.9, -0.8, -0.6], means)
    assert is_linearised([0.1, 0.21, 0.4], means)
    assert not is_linearised([np.nan, 1.0], [0.0, 1.0])
    assert not is_linearised([np.nan], [0.0])


def test_a_certificate_names_the_select_images(tmp_path: Path):
    data, painter = toy_data(pool=40, select=48, best=17), ToyPainter(noise=0.01)
    result = search(tmp_path, data, painter, CERTIFY)
    assert result.winner.id == "p0017"
    assert result.forwards["select"] < 40 * 48 / 2
    (certificate,) = result.certificates
    assert (certificate["epsilon"], certificate["settled"], certificate["images"]) == (0, 40, 48)
    assert "beats p0017 on these 48 select images (in mean error)" in result.summary
    assert result.to_json()["certificates"][0]["confidence"] == 0.95
    assert (certificate["id"], certificate["of_prompt"]) == ("p0017", True)
    again = search(tmp_path, data, painter, CERTIFY)
    assert decisions(again) == decisions(result)
    assert len(painter.cells) == len(set(painter.cells)) == result.forwards["new"]
    assert search(tmp_path, data).certificates == []


def test_a_certificate_says_that_its_score_is_linearised(tmp_path: Path):
    """The metric is no mean over images; the winner may then not be the best by mean score."""

    def summarise(records, spec):
        return {"error": float(np.median([r.values[1] / r.values[0] for r in records]))}

    task = replace(TOY, summarise=summarise)
    result = search(tmp_path, toy_data(pool=20), config=CERTIFY, task=task)
    (certificate,) = result.certificates
    assert certificate["linearised"]
    assert "error linearised at the panel's" in certificate["sentence"]
    rows = {row["id"]: row for row in result.trace.candidates}
    assert certificate["mean"] == pytest.approx(rows[result.winner.id]["mean_score"])


def test_each_part_has_its_certificate(tmp_path: Path):
    result = search_both(tmp_path, toy_data(pool=20), config=CERTIFY)
    assert [certificate["part"] for certificate in result.certificates] == list(PARTS)
    for certificate in result.certificates:
        assert f"  {certificate['part']} {certificate['sentence']}" in result.summary
        assert certificate["of_prompt"]
        assert certificate["id"] in result.winner.id


def test_a_certificate_is_of_the_candidate_and_not_of_an_edit_of_it(tmp_path: Path):
    result = search(tmp_path, toy_data(pool=8, best=5), config=replace(CERTIFY, refine=8))
    assert result.refined
    assert result.refined.used
    (certificate,) = result.certificates
    assert (certificate["id"], certificate["of_prompt"]) == ("p0005", False)
    assert "beats p0005" in certificate["sentence"]
    told = certificate["sentence"]
    assert told.endswith("; the prompt is an edit of it, of which this says nothing")
    assert told in result.summary
    assert result.to_json()["certificates"][0]["sentence"] == told


def test_a_certificate_is_not_of_what_the_parts_chose_together(tmp_path: Path):
    result = search_both(tmp_path, toy_data(pool=20), config=CERTIFY)
    assert isinstance(result.prompt, PartedPrompt)
    own, members = result.prompt.parts, [prompt_of(p, "one") for p in result.panel_prompts]
    other = next(member for member in members if member.digest != own["one"].digest)
    together = replace(result.prompt, parts={"one": other, "two": own["two"]})
    one, two = replace(result, prompt=together).certificates
    assert (one["of_prompt"], two["of_prompt"]) == (False, True)
    name = other.provenance["candidate"]
    assert f"; the prompt is {name}, the better one by error, of which" in one["sentence"]
