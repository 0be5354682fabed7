"""Which categories of LVIS a model trained on COCO has seen under the same name.

``things``: the category has the synset of one of COCO's 80 things, which instances were learned on.
``stuff``: it is not among them, but one of its names is that of one of COCO's 53 classes of stuff,
seen in semantic segmentation alone. ``novel``: neither. Names are compared, not looks: an armchair
is novel though COCO annotates it as a chair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from painter_kit.data.coco_categories import NAMES, THINGS
from painter_kit.tasks.kinds import KINDS

# The synsets of COCO's things, in COCO's order.
THING_SYNSETS = (
    "person.n.01",
    "bicycle.n.01",
    "car.n.01",
    "motorcycle.n.01",
    "airplane.n.01",
    "bus.n.01",
    "train.n.01",
    "truck.n.01",
    "boat.n.01",
    "traffic_light.n.01",
    "fireplug.n.01",
    "stop_sign.n.01",
    "parking_meter.n.01",
    "bench.n.01",
    "bird.n.01",
    "cat.n.01",
    "dog.n.01",
    "horse.n.01",
    "sheep.n.01",
    "beef.n.01",
    "elephant.n.01",
    "bear.n.01",
    "zebra.n.01",
    "giraffe.n.01",
    "backpack.n.01",
    "umbrella.n.01",
    "bag.n.04",
    "necktie.n.01",
    "bag.n.06",
    "frisbee.n.01",
    "ski.n.01",
    "snowboard.n.01",
    "ball.n.06",
    "kite.n.03",
    "baseball_bat.n.01",
    "baseball_glove.n.01",
    "skateboard.n.01",
    "surfboard.n.01",
    "tennis_racket.n.01",
    "bottle.n.01",
    "wineglass.n.01",
    "cup.n.01",
    "fork.n.01",
    "knife.n.01",
    "spoon.n.01",
    "bowl.n.03",
    "banana.n.02",
    "apple.n.01",
    "sandwich.n.01",
    "orange.n.01",
    "broccoli.n.01",
    "carrot.n.01",
    "frank.n.02",
    "pizza.n.01",
    "doughnut.n.02",
    "cake.n.03",
    "chair.n.01",
    "sofa.n.01",
    "pot.n.04",
    "bed.n.01",
    "dining_table.n.01",
    "toilet.n.02",
    "television_receiver.n.01",
    "laptop.n.01",
    "mouse.n.04",
    "remote_control.n.01",
    "computer_keyboard.n.01",
    "cellular_telephone.n.01",
    "microwave.n.02",
    "oven.n.01",
    "toaster.n.02",
    "sink.n.01",
    "electric_refrigerator.n.01",
    "book.n.01",
    "clock.n.01",
    "vase.n.01",
    "scissors.n.01",
    "teddy.n.01",
    "hand_blower.n.01",
    "toothbrush.n.01",
)
_ENDINGS = ("-stuff", "-merged", "-other", "-wood", "-brick", "-stone", "-tile")


def _plain(name: str) -> str:
    """COCO's stuff by the thing it names: ``table-merged`` -> ``table``."""
    for ending in ("-merged", *_ENDINGS):
        name = name.removesuffix(ending)
    return name


STUFF_NAMES = frozenset(_plain(name) for name in NAMES[THINGS:])


def kind_of(category: Mapping[str, Any]) -> int:
    """The place in ``KINDS`` of an entry of LVIS's ``categories`` (``synset``, ``name`` and
    ``synonyms``)."""
    if category["synset"] in THING_SYNSETS:
        return KINDS.index("things")
    names = {str(category["name"]), *map(str, category.get("synonyms", ()))}
    plain = {name.partition("_(")[0].replace("_", "-") for name in names}
    return KINDS.index("novel" if plain.isdisjoint(STUFF_NAMES) else "stuff")


def known_name(category: Mapping[str, Any]) -> str:
    """COCO's name of one of its things, else the name of an entry of ``categories`` without what
    tells it from others of that name: ``crane_(bird)`` -> ``crane``."""
    if category["synset"] in THING_SYNSETS:
        return NAMES[THING_SYNSETS.index(category["synset"])]
    return str(category["name"]).partition("_(")[0].replace("_", " ")
