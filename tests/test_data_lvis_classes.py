"""Which categories of LVIS count as seen."""

import json
import os
from pathlib import Path

import pytest

from painter_kit.data.coco_categories import IDS, NAMES, THINGS
from painter_kit.data.lvis_classes import STUFF_NAMES, THING_SYNSETS, kind_of, known_name
from painter_kit.tasks.kinds import KINDS

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")


def category(synset: str, name: str, *synonyms: str) -> dict:
    return {"synset": synset, "name": name, "synonyms": [name, *synonyms]}


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (category("dog.n.01", "dog"), "things"),
        (category("frank.n.02", "hot_dog"), "things"),
        (category("mouse.n.01", "mouse_(animal_rodent)"), "novel"),  # COCO's mouse is of a computer
        (category("curtain.n.01", "curtain", "drapery"), "stuff"),
        (category("table.n.02", "table"), "stuff"),
        (category("hand_towel.n.01", "hand_towel", "face_towel"), "novel"),
        (category("rug.n.01", "carpet", "rug"), "stuff"),
        (category("chandelier.n.01", "chandelier"), "novel"),
        (category("window_box.n.01", "window_box_(for_plants)"), "novel"),
    ],
)
def test_kinds_go_by_synset_and_then_by_name(entry: dict, kind: str):
    assert KINDS[kind_of(entry)] == kind


def test_tables_have_every_class_of_coco_once():
    assert len(THING_SYNSETS) == len(set(THING_SYNSETS)) == THINGS == 80
    assert {"mirror", "wall", "sky", "floor", "window"} <= STUFF_NAMES
    assert not any(name.endswith(("-merged", "-stuff", "-other")) for name in STUFF_NAMES)


@pytest.mark.skipif(not SAMPLES, reason="PAINTERKIT_SAMPLES is not set")
def test_synsets_are_those_that_lvis_publishes():
    meta = json.loads((Path(str(SAMPLES)) / "meta" / "lvis_coco_to_synset.json").read_text())
    expected = {entry["coco_cat_id"]: entry["synset"] for entry in meta["map"].values()}
    assert dict(zip(IDS[:THINGS], THING_SYNSETS, strict=True)) == expected
    assert set(meta["map"]) == set(NAMES[:THINGS])


def test_a_thing_is_named_as_coco_does_and_others_without_brackets():
    television = {"synset": "television_receiver.n.01", "name": "television_set"}
    assert television["synset"] in THING_SYNSETS
    assert known_name(television) == "tv"
    assert known_name({"synset": "crane.n.05", "name": "crane_(bird)"}) == "crane"
    assert known_name({"synset": "x.n.01", "name": "ice_cream"}) == "ice cream"
