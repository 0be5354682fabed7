from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.coco import CocoData, paintable, panoptic_entries
from painter_kit.data.coco_files import read_segments
from painter_kit.data.pairs import PairEntry, read_pair_list
from painter_kit.data.pictures import read_image, write_png
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.data.prepare.coco_instances import (
    COPIES,
    SIDE,
    STEPS,
    TYPE,
    CopyFiles,
    Placement,
    copy_folders,
    copy_pair,
    copy_pairs,
    make_copies,
    placed_image,
    placed_segments,
    placement,
)
from painter_kit.tasks.instance import place_colour
from tests.coco_roots import COUNT, copied_root, written_root

(STEP,) = STEPS


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_root(tmp_path_factory, written_root(tmp_path_factory))


def test_plain_mirrored_and_drawn_places():
    assert placement("train_org", 0, 9) == placement("val_org", 1, 7) == Placement()
    assert placement("train_orgflip", 0, 9) == Placement(mirrored=True)
    drawn = [placement(f"train_aug{n}", 0, 9) for n in range(300)]
    assert drawn == [placement(f"train_aug{n}", 0, 9) for n in range(300)]
    assert placement("train_aug3", 0, 9) != placement("train_aug3", 1, 9)
    assert placement("train_aug3", 0, 9) != placement("train_aug3", 0, 10)
    assert 0.4 < np.mean([p.mirrored for p in drawn]) < 0.6
    sides = np.array([p.side for p in drawn])
    assert int(0.7 * SIDE) <= sides.min() < 0.75 * SIDE
    assert 1.95 * SIDE < sides.max() <= 2 * SIDE
    for place in drawn:
        most = max(place.side - SIDE, 0)
        assert 0 <= min(place.top, place.left) <= max(place.top, place.left) <= most
    assert len({(p.top, p.left) for p in drawn}) > 150


def test_pictures_are_resized_without_their_aspect():
    ramp = np.zeros((60, 80, 3), np.uint8)
    ramp[..., 0], ramp[..., 1] = 3 * np.arange(80), 4 * np.arange(60)[:, None]
    placed = placed_image(ramp, Placement())
    # Bilinear at pixel centres: output i lies at (i + 0.5) / scale - 0.5.
    column = np.clip((np.arange(SIDE) + 0.5) * 80 / SIDE - 0.5, 0, 79)
    row = np.clip((np.arange(SIDE) + 0.5) * 60 / SIDE - 0.5, 0, 59)
    np.testing.assert_allclose(placed[500, :, 0], np.floor(3 * column), atol=1)
    np.testing.assert_allclose(placed[:, 500, 1], np.floor(4 * row), atol=1)
    mirrored = placed_image(ramp, Placement(mirrored=True))
    np.testing.assert_array_equal(mirrored, placed[:, ::-1])


def test_small_ones_are_padded_and_large_ones_cut():
    image = np.full((60, 80, 3), 200, np.uint8)
    small = placed_image(image, Placement(side=800))
    assert (small[:800, :800] == 200).all()
    assert not small[800:].any()
    assert not small[:, 800:].any()
    segments = np.arange(4).repeat(15)[:, None].repeat(80, axis=1).astype(np.int32)
    whole = placed_segments(segments, Placement(side=2048))
    cut = placed_segments(segments, Placement(side=2048, top=1000, left=7))
    assert set(np.unique(whole)) == {0, 1}
    np.testing.assert_array_equal(cut[:24], whole[1000:])
    assert set(np.unique(cut)) == {1, 2, 3}


def test_a_copy_has_things_in_the_colours_of_their_places(own: Path):
    spec = CocoData(None).spec("instance")
    entry = next(filter(paintable, panoptic_entries(own / "coco", "train2017")))
    for where in (Placement(), Placement(mirrored=True), Placement(side=1500, top=300, left=100)):
        pair = copy_pair(entry, where)
        segments = placed_segments(read_segments(entry.png, entry.segments), where)
        for number, segment in enumerate(entry.segments, start=1):
            mask = segments == number
            if not mask.any():
                continue
            rows, columns = np.nonzero(mask)
            painted = segment["instance"] and place_colour(
                rows.mean(), columns.mean(), spec, (SIDE, SIDE)
            )
            assert (pair.target[mask] == painted).all()
        assert not pair.target[segments == 0].any()


def test_copies_of_both_splits_and_their_lists(own: Path):
    few = PrepareOptions(copies=1)
    items = STEP.items(own, few)
    paintables = [
        entry
        for split in ("train2017", "val2017")
        for entry in panoptic_entries(own / "coco", split)
        if paintable(entry)
    ]
    assert len(items) == len(paintables)
    assert [len(item.outputs) for item in items] == [6] * (len(items) - COUNT) + [2] * COUNT
    chosen = [items[0], items[-1]]
    assert run_items(chosen) == 2
    assert run_items(chosen) == 0
    train, val = STEP.finish(own, few)
    place, name = "coco/pano_ca_inst", paintables[0].name
    assert read_pair_list(train) == [
        PairEntry(
            f"{place}/{copy}/{name}_image_{copy}.png",
            f"{place}/{copy}/{name}_label_{copy}.png",
            TYPE,
        )
        for copy in ("train_aug0", "train_org", "train_orgflip")
    ]
    assert [p.image_path for p in read_pair_list(val)] == [
        f"{place}/val_org/{paintables[-1].name}_image_val_org.png"
    ]
    for entry in read_pair_list(train):
        assert Image.open(own / entry.target_path).size == (SIDE, SIDE)
        assert read_image(own / entry.target_path).any()


def test_a_missing_copy_alone_is_made_again(own: Path):
    entry = next(filter(paintable, panoptic_entries(own / "coco", "val2017")))
    files = CopyFiles(own / "coco" / "pano_ca_inst", entry.name, ("val_org", "train_org"))
    make_copies(entry, files, seed=0)
    kept = files[0].stat().st_mtime_ns
    files[3].unlink()
    make_copies(entry, files, seed=0)
    assert files[0].stat().st_mtime_ns == kept
    np.testing.assert_array_equal(read_image(files[3]), read_image(files[1]))


def test_a_copy_without_any_thing_is_not_saved(own: Path):
    entry = panoptic_entries(own / "coco", "val2017")[0]
    nothing = entry.segments.copy()
    nothing["instance"] = False
    assert entry.segmented is not None
    bare = entry._replace(segmented=entry.segmented._replace(segments=nothing))
    files = CopyFiles(own / "coco" / "pano_ca_inst", entry.name, ("val_org",))
    make_copies(bare, files, seed=0)
    assert not any(path.exists() for path in files)


def test_names_of_copies():
    outputs = CopyFiles(Path("x"), "7", ("a", "b"))
    assert COPIES == 30
    assert len(outputs) == 4
    assert [path.as_posix() for path in outputs] == [
        "x/a/7_image_a.png",
        "x/a/7_label_a.png",
        "x/b/7_image_b.png",
        "x/b/7_label_b.png",
    ]


def test_folders_prepared_by_the_authors_tools_are_listed_as_they_are(tmp_path: Path):
    folder = tmp_path / "coco" / "pano_ca_inst"
    for name in ("train_aug0", "train_aug2", "train_aug10", "train_flip", "train_org", "val_org"):
        for kind in ("image", "label"):
            write_png(folder / name / f"7_{kind}_{name}_1.png", np.zeros((2, 2, 3), np.uint8))
    write_png(folder / "train_org" / "8_image_train_org.png", np.zeros((2, 2, 3), np.uint8))
    found = [path.name for path in copy_folders(tmp_path / "coco", "train")]
    assert found == ["train_aug0", "train_aug2", "train_aug10", "train_flip", "train_org"]
    pairs = list(copy_pairs(tmp_path, folder / "train_org"))
    assert pairs == [
        PairEntry(
            "coco/pano_ca_inst/train_org/7_image_train_org_1.png",
            "coco/pano_ca_inst/train_org/7_label_train_org_1.png",
            TYPE,
        )
    ]
    train, val = STEP.finish(tmp_path, PrepareOptions())
    assert (len(read_pair_list(train)), len(read_pair_list(val))) == (5, 1)
