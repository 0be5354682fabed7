"""What training had seen: by name, by another name, as a kind of something, or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.suites.base import Part, Shows, load_suite
from benchmarks.suites.novelty import (
    audit,
    by_queries,
    by_status,
    part_status,
    restricted,
    training_names,
    training_of,
)
from painter_kit.data.ade20k_classes import NAMES as ADE20K
from painter_kit.data.ap10k import FORM
from painter_kit.data.coco_categories import NAMES as COCO
from painter_kit.data.fss1000_classes import TEST
from painter_kit.data.pascal5i import CLASSES
from painter_kit.data.world.shapes import SEEN, UNSEEN
from painter_kit.data.world.specs import world_spec
from painter_kit.errors import InputError
from painter_kit.model.checkpoint import load_painter
from painter_kit.tasks.base import get_task
from tests.cli_toys import TINY

PAINTER, WORLD = training_of("painter", ""), training_of("world", "")
DATA = json.loads((Path(__file__).parents[1] / "benchmarks" / "suites" / "seen.json").read_text())


def test_lists_hold_the_training_sets():
    assert {*DATA["lists"]["painter"]["category"]} == {*ADE20K, *COCO}
    assert {*DATA["lists"]["world"]["category"]} == {"wall", "floor", *SEEN}
    assert {*DATA["broader"]} <= {n.replace("_", " ") for n in (*TEST, "chihuahua", *FORM.audited)}
    assert {*DATA["broader"].values()} <= {*ADE20K, *COCO}
    assert training_names() == ["painter", "seggpt", "world"]


def test_all_of_pascal_and_coco_are_seen_categories_for_painter():
    assert {PAINTER.status("category", name)[0] for name in CLASSES} == {"seen"}
    assert {PAINTER.status("category", name)[0] for name in COCO[:80]} == {"seen"}


@pytest.mark.parametrize(
    ("name", "status", "because"),
    [
        ("pizza", "seen", "pizza"),
        ("motorbike", "seen", "motorcycle"),
        ("crt_screen", "seen", "crt screen"),
        ("whippet", "related", "dog"),
        ("big_ben", "related", "tower"),
        ("harmonica", "unseen", ""),
        ("fold0/tvmonitor", "seen", "tv"),
    ],
)
def test_statuses(name: str, status: str, because: str):
    assert PAINTER.status("category", name) == (status, because)


def test_most_of_fss_1000_has_all_three_statuses():
    counts = {s: sum(k) for s, k in by_status([f"x/{n}" for n in TEST], PAINTER).items()}
    assert set(counts) == {"seen", "related", "unseen"}
    assert sum(counts.values()) == 240
    assert counts["unseen"] > 60


def test_the_world_of_the_small_painter():
    for name in ("world-unseen-categories", "world-unseen-skeletons", "world-unseen-tasks"):
        for part in load_suite(name)[0].parts:
            assert "unseen" in {row.status for row in audit(part, [], WORLD)}
    assert {WORLD.status("category", name)[0] for name in UNSEEN} == {"unseen"}
    assert WORLD.status("pictures", "photographs")[0] == "unseen"
    assert PAINTER.status("pictures", "photographs")[0] == "seen"


def test_parts_are_audited_by_what_they_show_and_ask():
    part = Part("p", "depth", "x", shows=(Shows("task", "depth"), Shows("skeleton", "horse")))
    rows = audit(part, ["a/pizza", ""], PAINTER)
    assert [(r.kind, r.name, r.status) for r in rows] == [
        ("task", "depth", "seen"),
        ("skeleton", "horse", "unseen"),
        ("category", "a/pizza", "seen"),
    ]
    assert part_status(rows) == "unseen: skeleton horse"
    assert part_status(rows[:1]) == "seen"


def test_the_list_follows_the_checkpoint():
    assert training_of("auto", "world-tiny", load_painter("world-tiny")).name == "world"
    assert training_of("auto", "mine.safetensors", load_painter("world-tiny")).name == "world"
    for name in ("x.safetensors", "world-of-mine.safetensors", "worlds/painter_vit_large.pth"):
        assert training_of("auto", name, TINY.build()).name == "unknown"
    assert training_of("unknown", "").status("category", "dog") == ("unknown", "")
    with pytest.raises(InputError, match="painter, seggpt, world"):
        training_of("mine", "")


def test_every_species_has_a_status_and_none_is_taken_for_a_thing():
    found = {name: PAINTER.status("category", name) for name in FORM.audited}
    assert {status for status, _ in found.values()} == {"seen", "related"}
    assert found["mouse (animal)"] == ("related", "animal")  # COCO's is one of computers
    assert found["polar bear"] == ("related", "bear")
    assert sum(status == "seen" for status, _ in found.values()) == 8


def test_pictures_are_sorted_by_what_they_show():
    shown = [("dog",), ("whippet",), ("dog", "cat"), ("dog", "harmonica"), (), ("harmonica",)]
    assert by_queries(shown, PAINTER) == {
        "unseen": [False, False, False, False, False, True],
        "related": [False, True, False, False, False, False],
        "seen": [True, False, True, False, False, False],
        "mixed": [False, False, False, True, False, False],
    }


def test_a_folder_of_training_says_what_it_learned(tmp_path: Path):
    (tmp_path / "painterkit.json").write_text('{"verb": "train"}')
    for settings, name in (("data: world", "world"), ("data: folder:x", "unknown"),
                           ("{data: world, init: other.pth}", "unknown")):  # fmt: skip
        (tmp_path / "config.yaml").write_text(settings)
        for checkpoint in (tmp_path, tmp_path / "model.safetensors"):
            assert training_of("auto", str(checkpoint), TINY.build()).name == name


def test_label_maps_are_cut_to_classes():
    task, spec = get_task("semantic"), world_spec("semantic", "world-unseen")
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 12, (2, 20, 20))
    record = task.measure(found, {"labels": truth}, spec)
    keep = [index >= 8 for index in range(12)]
    part = task.summarise([restricted(record, keep)], spec)["miou"]
    expected = [
        ((truth == c) & (found == c)).sum() / ((truth == c) | (found == c)).sum()
        for c in range(8, 12)
    ]
    assert part == pytest.approx(np.mean(expected))
