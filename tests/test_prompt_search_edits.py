from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.edits import Box
from painter_kit.data.world.truth import PAINTED_TASKS
from painter_kit.errors import InputError
from painter_kit.evaluation.pool import pool_prompt
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Example
from prompt_search.edits import Edits, edit_example, edited_prompt, expose

WORLD = open_dataset("world")
PHOTOMETRIC = ("brightness", "contrast", "saturation", "gamma")
ALL = Edits(0.7, 0.2, 0.9, True, 1.3, 0.8, 1.4, 0.9)


def example_of(task: str, index: int = 3) -> Example:
    return WORLD.examples(task, "train")[index]


def test_nothing_is_done_by_default():
    example, spec = example_of("depth"), WORLD.spec("depth")
    assert edit_example(example, spec, Edits()).digest == example.digest


@pytest.mark.parametrize(
    ("edits", "box"),
    [
        (Edits(), Box(0, 0, 80, 40)),
        (Edits(zoom=0.5, x=0, y=1), Box(0, 20, 40, 20)),
        (Edits(zoom=0.5, x=1, y=0.5), Box(40, 10, 40, 20)),
        (Edits(zoom=1e-6), Box(40, 20, 1, 1)),
    ],
)
def test_boxes_lie_in_the_room_that_is_left(edits: Edits, box: Box):
    assert edits.box((40, 80)) == box


@pytest.mark.parametrize("name", PAINTED_TASKS)
def test_pairs_of_every_task_can_be_edited(name: str):
    task, spec, example = get_task(name), WORLD.spec(name), example_of(name)
    made = edit_example(example, spec, ALL)
    pair, whole = make_pair(task, spec, made), make_pair(task, spec, example)
    assert pair.digest != whole.digest
    assert pair.coding == whole.coding
    assert made.image.dtype == np.uint8


@pytest.mark.parametrize("name", ["depth", "coco-semantic", "foreground"])
def test_targets_are_cut_and_mirrored_with_the_picture(name: str):
    task, spec, example = get_task(name), WORLD.spec(name), example_of(name)
    edits = Edits(zoom=0.5, x=0.25, y=0.75, flip=True, brightness=1.4)
    target = make_pair(task, spec, edit_example(example, spec, edits)).target
    box = edits.box((64, 64))
    whole = make_pair(task, spec, example).target
    np.testing.assert_array_equal(target, box.cut(whole)[:, ::-1])


def test_instances_get_the_colours_of_their_new_places():
    task, spec, example = get_task("instance"), WORLD.spec("instance"), example_of("instance")
    edits = Edits(zoom=0.75, x=0.0, y=0.0, flip=True)
    made = edit_example(example, spec, edits)
    target = make_pair(task, spec, made).target
    box = edits.box((64, 64))
    pasted = box.cut(make_pair(task, spec, example).target)[:, ::-1]
    assert (target.any(2) == pasted.any(2)).all()
    assert (target != pasted).any()
    found = task.decode(target / 255, spec, (box.height, box.width))
    seen = found.masks.any(0)
    assert (seen == made.truth["masks"].any(0)).mean() > 0.98


@pytest.mark.parametrize("name", PHOTOMETRIC)
def test_exposure_is_the_librarys_and_leaves_the_truth(name: str):
    from PIL import Image, ImageEnhance

    example, spec = example_of("depth"), WORLD.spec("depth")
    made = edit_example(example, spec, replace(Edits(), **{name: 1.5}))
    assert (made.image != example.image).any()
    np.testing.assert_array_equal(made.truth["depth_m"], example.truth["depth_m"])
    if name == "gamma":
        expected = 255 * (example.image / 255) ** 1.5
    else:
        kind = {"saturation": "Color"}.get(name, name.title())
        enhanced = getattr(ImageEnhance, kind)(Image.fromarray(example.image)).enhance(1.5)
        expected = np.asarray(enhanced).astype(float)
    assert np.abs(made.image - expected).max() <= 2


def test_restoration_exposes_both_pictures_as_one():
    example, spec = example_of("denoise"), WORLD.spec("denoise")
    made = edit_example(example, spec, Edits(contrast=1.5, gamma=0.7))
    image, clean = made.image, made.truth["clean"]
    assert (clean != example.truth["clean"]).any()
    # What was equal stays equal, and order stays: one curve for both pictures.
    before = np.concatenate([example.image.ravel(), example.truth["clean"].ravel()])
    after = np.concatenate([image.ravel(), clean.ravel()])
    order = np.argsort(before, kind="stable")
    for level in np.unique(before):
        assert len(set(after[before == level].tolist())) == 1
    assert (np.diff(after[order].astype(int)) >= 0).all()


def test_pictures_of_any_sizes_are_one():
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((5, 7), (2, 3))]
    assert all((a == b).all() for a, b in zip(expose(pictures, Edits()), pictures, strict=True))
    exposed = expose(pictures, Edits(contrast=0.5))
    assert [p.shape for p in exposed] == [(5, 7, 3), (2, 3, 3)]
    alone = expose(pictures[1:], Edits(contrast=0.5))[0]
    assert (alone != exposed[1]).any()  # the mean is another


def test_provenance_rebuilds_the_pair():
    task, spec, example = get_task("instance"), WORLD.spec("instance"), example_of("instance")
    prompt = pool_prompt(task, spec, example, make_pair(task, spec, example))
    made, reason = edited_prompt(task, spec, example, prompt, ALL)
    assert reason == ""
    assert made.provenance["candidate"] == example.id
    noted = dict(made.provenance["edits"])
    box = Box(*noted.pop("box"))
    assert box == ALL.box((64, 64))
    assert noted == asdict(ALL)
    assert set(noted) == {f.name for f in fields(Edits)}
    again, _ = edited_prompt(task, spec, example, prompt, Edits(**noted))
    assert again.digest == made.digest


def test_what_shows_nothing_is_no_prompt():
    task, spec = get_task("instance"), WORLD.spec("instance")
    example = example_of("instance")
    corner = replace(example, truth={"masks": np.zeros_like(example.truth["masks"])})
    corner.truth["masks"][0, :6, :6] = True
    prompt = pool_prompt(task, spec, corner, make_pair(task, spec, corner))
    _, reason = edited_prompt(task, spec, corner, prompt, Edits(zoom=0.5, x=1, y=1))
    assert reason == "no ground truth that counts"


def test_a_truth_that_cannot_be_cut():
    example = replace(example_of("depth"), truth={"volume": np.zeros((3, 4, 5, 6))})
    with pytest.raises(InputError, match="do not know what volume"):
        edit_example(example, WORLD.spec("depth"), Edits(zoom=0.5))
