from pathlib import Path

import numpy as np
import pytest

from painter_kit.data import coco_files as files
from painter_kit.data import coco_truth as truths
from painter_kit.data.coco import panoptic_entries
from painter_kit.data.coco_truth import Entry
from painter_kit.data.pictures import write_png
from painter_kit.errors import InputError
from tests.coco_roots import SIZE, sample_folder, written_root


@pytest.fixture(scope="module", params=["world", "samples"])
def entries(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[Entry]:
    """The pictures of val2017, with the instance annotations of those that have them."""
    root = written_root(tmp_path_factory) if request.param == "world" else sample_folder()
    folder = files.coco_folder(root)
    known = {p.stem: p for p in files.read_instances(files.instances_file(folder, files.VAL))}
    found = panoptic_entries(folder, files.VAL)
    return [entry._replace(outlined=known.get(entry.name)) for entry in found]


def test_labels_are_the_classes_of_segments_crowds_too(entries: list[Entry]):
    for entry in entries:
        labels = truths.semantic_truth(entry)["labels"]
        segments = files.read_segments(entry.png, entry.segments)
        assert labels.dtype == np.uint8
        assert (labels[segments == 0] == 255).all()
        for number, segment in enumerate(entry.segments, start=1):
            assert (labels[segments == number] == segment["category"]).all()


def test_things_do_not_overlap_and_are_no_crowds(entries: list[Entry]):
    for entry in entries:
        truth = truths.thing_truth(entry)
        chosen = entry.segments[entry.segments["instance"]]
        assert truth["masks"].shape == (len(chosen), *entry.size)
        assert truth["masks"].sum(axis=0).max(initial=0) <= 1
        assert truth["categories"].tolist() == chosen["category"].tolist()
        assert (truth["categories"] < 80).all()
        assert not truth["crowd"].any()


def test_outlines_have_annotated_areas(entries: list[Entry]):
    some = [entry for entry in entries if entry.outlined is not None]
    assert some
    for entry in some:
        truth = truths.outline_truth(entry)
        count = len(entry.objects)
        assert truth["masks"].shape == (count, *entry.size)
        assert truth["crowd"].shape == truth["areas"].shape == truth["categories"].shape == (count,)
        pixels = truth["masks"].sum(axis=(1, 2))
        # Areas of polygons are a little off the drawn pixels.
        np.testing.assert_allclose(truth["areas"], pixels, rtol=0.15, atol=30)


def test_panoptic_truth_is_segments_and_instances(entries: list[Entry]):
    for entry in entries:
        truth = truths.panoptic_truth(entry)
        assert truth["segments"].shape == entry.size
        assert truth["segments"].max() <= len(truth["categories"]) == len(truth["crowd"])
        labels = np.concatenate([[255], truth["categories"]])[truth["segments"]]
        np.testing.assert_array_equal(labels, truths.semantic_truth(entry)["labels"])
        assert ("masks" in truth) == (entry.outlined is not None)
        if entry.outlined is not None:
            assert {"mask_categories", "mask_crowd", "mask_areas"} <= set(truth)
            assert len(truth["mask_areas"]) == len(truth["masks"])


def test_index_maps(tmp_path: Path):
    entry = Entry(tmp_path, files.VAL, "000000000007")
    labels = np.array([[0, 132], [255, 80]], np.uint8)
    write_png(entry.index_png, labels)
    np.testing.assert_array_equal(truths.index_truth(entry)["labels"], labels)
    write_png(entry.index_png, np.array([[133]], np.uint8))
    with pytest.raises(InputError, match=r"000000000007\.png holds class 133; expected 0\.\.132"):
        truths.index_truth(entry)


def test_an_entry_without_annotations_is_empty(tmp_path: Path):
    entry = Entry(tmp_path, files.VAL, "7")
    assert entry.size == (0, 0)
    assert len(entry.segments) == len(entry.objects) == 0
    assert entry.image == tmp_path / "val2017" / "7.jpg"
    outlined = entry._replace(outlined=files.Outlined(7, "7", SIZE, ()))
    assert outlined.size == SIZE
    assert truths.outline_truth(outlined)["masks"].shape == (0, *SIZE)
