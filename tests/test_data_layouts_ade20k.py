import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.layouts.ade20k import ADE_NUMBERS, LAYOUT, annotation
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.world.scene import CLASSES, render_scene
from painter_kit.data.world.shapes import SEEN

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")


def test_pictures_and_labels_share_names_and_sizes(tmp_path: Path):
    write_layout(LAYOUT, tmp_path, LayoutOptions(count=3, size=(48, 64)))
    root = tmp_path / "ade20k"
    images = sorted(p.relative_to(root / "images") for p in root.glob("images/*/*"))
    labels = sorted(p.relative_to(root / "annotations") for p in root.glob("annotations/*/*"))
    assert [p.with_suffix("") for p in images] == [p.with_suffix("") for p in labels]
    assert [p.name for p in images] == [
        "ADE_train_00000001.jpg",
        "ADE_train_00009574.jpg",
        "ADE_train_00014165.jpg",
        "ADE_val_00000001.jpg",
        "ADE_val_00000002.jpg",
        "ADE_val_00000003.jpg",
    ]
    with Image.open(root / "annotations" / labels[0]) as picture:
        assert (picture.mode, picture.size) == ("L", (64, 48))
        values = set(np.unique(np.array(picture)))
    assert 0 in values
    assert values <= {0, *ADE_NUMBERS.values()}


def test_labels_are_the_scene_s():
    scene = render_scene(0, "train", 0, (96, 96))
    labels = annotation(scene)
    for name, number in ADE_NUMBERS.items():
        where = labels == number
        assert np.all(scene.labels[where] == CLASSES.index(name))
    assert 0.8 < np.mean(labels > 0) < 1


def test_every_class_of_the_world_has_a_number_of_its_own():
    assert set(ADE_NUMBERS) == {"wall", "floor", *SEEN}
    assert len(set(ADE_NUMBERS.values())) == len(ADE_NUMBERS)


@pytest.mark.skipif(not SAMPLES, reason="needs PAINTERKIT_SAMPLES")
def test_numbers_mean_what_the_comments_say():
    table = Path(str(SAMPLES), "ade20k", "objectInfo150.txt").read_text().splitlines()[1:]
    names = {int(line.split("\t")[0]): line.split("\t")[4].strip() for line in table}
    wanted = ("wall", "floor", "ball", "box", "tent", "clock", "sculpture", "fan")
    for number, name in zip(ADE_NUMBERS.values(), wanted, strict=True):
        assert names[number].startswith(name)


def test_sizes_vary_as_in_the_real_set():
    sizes = LAYOUT.sizes(LayoutOptions(count=6))
    assert {(512, 683), (683, 512), (256, 256)} <= set(sizes)


def test_the_released_prompts_come_once(tmp_path: Path):
    items = LAYOUT.items(tmp_path, LayoutOptions(count=9575))
    assert len({item.outputs[0] for item in items}) == len(items)
