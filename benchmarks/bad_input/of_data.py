"""Readers of data sets, each on the world written in that set's official layout."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bad_input.table import Reader
from benchmarks.bad_input.using import use_dataset
from painter_kit.data import nyuv2, nyuv2_labeled, sidd_blocks, sidd_record
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.pairs import PAIR_TYPES, PairEntry, read_pair_list, write_pair_list
from painter_kit.files import write_text

SIZE = (48, 40)
Use = tuple[str, str, str]  # data, task, subset


def written(folder: Path, layout: str, count: int = 1, **options: Any) -> None:
    """The world in a layout, without the note that tells it from real data."""
    chosen: dict[str, Any] = {"count": count, "size": SIZE, **options}
    write_layout(get_layout(layout), folder, LayoutOptions(**chosen))
    (folder / f"world-{layout}.json").unlink()


def used(uses: Sequence[Use], folder: Path) -> None:
    """Everything that is asked of the data in ``folder``; ``DIR`` stands for its path."""
    for data, task, subset in uses:
        use_dataset(data.replace("DIR", str(folder)), folder, task, subset)


def _folder(task: str) -> Reader:
    reading = partial(used, [("folder:DIR", task, "all")])
    return Reader(f"folder-{task}", partial(written, layout="folder", count=2, task=task), reading)


def _data(name: str, uses: Sequence[Use], layout: str, *patterns: str, **options: Any) -> Reader:
    sample = partial(written, layout=layout, **options)
    return Reader(name, sample, partial(used, uses), patterns or ("*",))


def _photos(folder: Path) -> None:
    written(folder, "folder", count=2, task="denoise")
    (folder / "images").rename(folder / "photos")
    shutil.rmtree(folder / "targets")


def _nyuv2(folder: Path) -> None:
    written(folder, "nyuv2", size=None)
    for path in (folder / nyuv2.FOLDER).glob("*.mat"):
        path.unlink()
    test = folder / nyuv2.FOLDER / nyuv2.OFFICIAL / "test" / "kitchen"
    test.mkdir(parents=True)
    frame = nyuv2.frame_images(folder / nyuv2.FOLDER / nyuv2.SYNC)[0]
    for path in (frame, nyuv2.depth_file(frame)):
        shutil.copy(path, test / path.name)
    scenes = {nyuv2.frame_id(test / frame.name): "kitchen_0001"}
    write_text(test.parent.parent / nyuv2.SCENES, json.dumps(scenes))


def _labeled(folder: Path) -> None:
    written(folder, "nyuv2", size=None)
    shutil.rmtree(folder / nyuv2.FOLDER / nyuv2.SYNC)


def _read_labeled(folder: Path) -> None:
    path = nyuv2_labeled.labeled_file(folder / nyuv2.FOLDER)
    for entry in nyuv2_labeled.read_entries(path)[:1]:
        image, depth = nyuv2_labeled.read_picture(path, entry.number)
        assert image.shape[:2] == depth.shape


def _blocks(folder: Path, hdf5: bool) -> None:
    rng = np.random.default_rng(3)
    place = folder / "denoise"
    place.mkdir()
    for name in (sidd_blocks.NOISY_BLOCKS, sidd_blocks.CLEAN_BLOCKS):
        blocks = rng.integers(0, 256, (1, 2, 16, 16, 3), np.uint8)
        if hdf5:
            import h5py

            with h5py.File(place / f"{name}.mat", "w") as file:
                file[name] = blocks.T
        else:
            from scipy.io import savemat

            savemat(place / f"{name}.mat", {name: blocks})


def _patches(folder: Path) -> None:
    written(folder, "folder", count=2, task="denoise")
    place = folder / "denoise" / "train"
    place.mkdir(parents=True)
    for old, new in (("images", "input"), ("targets", "groundtruth")):
        (folder / old).rename(place / new)
        for number, path in enumerate(sorted((place / new).iterdir()), start=1):
            path.rename(path.with_name(f"{number}_1.png"))
    record = sidd_record.PatchRecord(0, 1, ("Data/0001/a.PNG", "Data/0002/b.PNG"), "")
    text = json.dumps(record.__dict__)
    write_text(place / sidd_record.RECORD, text)


def _pairs(folder: Path) -> None:
    entries = [PairEntry(f"a/{t}.jpg", f"b/{t}.png", t) for t in PAIR_TYPES]
    write_pair_list(folder / "pairs.json", entries)


def _few_shot(name: str) -> Reader:
    uses = [(name, "foreground", "trn"), (name, "foreground", "val")]
    return _data(name, uses, name)


READERS = (
    *map(_folder, ("depth", "semantic", "instance", "foreground", "keypoint", "denoise")),
    _data("ade20k", [("ade20k", "semantic", "train"), ("ade20k", "semantic", "test")], "ade20k"),
    _data("derain", [("derain", "derain", "train"), ("derain", "derain", "test")], "derain"),
    _data("lol", [("lol", "enhance", "train"), ("lol", "enhance", "test")], "lol"),
    Reader(
        "unseen", _photos, partial(used, [("haze", "dehaze", "all"), ("blur", "deblur", "all")])
    ),
    Reader(
        "nyuv2",
        _nyuv2,
        partial(used, [("nyuv2", "depth", "train"), ("nyuv2", "depth", "test")]),
        share=0.3,  # pictures of 480 x 640
    ),
    Reader("nyuv2-labeled", _labeled, _read_labeled, share=0.5),
    Reader(
        "sidd-blocks-5", partial(_blocks, hdf5=False), partial(used, [("sidd", "denoise", "test")])
    ),
    Reader(
        "sidd-blocks-7.3", partial(_blocks, hdf5=True), partial(used, [("sidd", "denoise", "test")])
    ),
    Reader("sidd-patches", _patches, partial(used, [("sidd", "denoise", "train")])),
    Reader(
        "fss1000",
        partial(written, layout="fss1000"),
        partial(used, [("fss1000", "foreground", "test")]),
    ),
    _few_shot("pascal5i"),
    _few_shot("coco20i"),
    Reader("pair-list", _pairs, lambda folder: read_pair_list(folder / "pairs.json")),
)
